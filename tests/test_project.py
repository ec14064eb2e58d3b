"""The project itself: sizes, names, generated files, workflows, the changelog."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from support.golden import Golden
from support.process import CommandLine

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "reconciler"
MODULE_LINES = 300
FUNCTION_LINES = 40

MODULES = sorted(PACKAGE.rglob("*.py"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607 - git of the PATH
    return [ROOT / name for name in listed.stdout.decode("utf-8").split("\0") if name]


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("module", MODULES, ids=_short)
def test_a_module_fits_on_a_few_screens_and_a_function_on_one(module: Path) -> None:
    text = _text(module)
    functions = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    # The arguments of a command are the table of its flags, and may be as long as that is.
    commands = module.is_relative_to(PACKAGE / "cli")
    lines = {
        f"{_short(module)}:{node.lineno}: {node.name}": (node.end_lineno or 0)
        - (node.body[0].lineno if commands else node.lineno)
        + 1
        for node in functions
    }
    assert [place for place, count in lines.items() if count > FUNCTION_LINES] == []
    assert len(text.splitlines()) <= MODULE_LINES


def test_no_module_takes_a_name_of_the_standard_library() -> None:
    names = {module.stem: _short(module) for module in MODULES}
    assert {names[name] for name in names.keys() & sys.stdlib_module_names} == set()


def test_the_published_schemas_are_those_of_the_models(
    golden: Golden, reconciler: CommandLine, tmp_path: Path
) -> None:
    reconciler("schema", "--out", "schemas")
    written = {path.name: _text(path) for path in (tmp_path / "schemas").iterdir()}
    assert written.keys() == {path.name for path in (ROOT / "schemas").iterdir()}
    for name, text in written.items():
        golden(ROOT / "schemas" / name, text)


def test_suppressions_say_why() -> None:
    codes = (
        r"(noqa(: *[A-Z]+[0-9]+(, *[A-Z]+[0-9]+)*)?|type: ignore(\[[a-z, -]*\])?|pragma: no (cover|branch))"
    )
    bare = re.compile(rf"#\s*{codes}\s*$", re.MULTILINE)
    assert [(_short(path), found.group()) for path in MODULES for found in bare.finditer(_text(path))] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=_short)
def test_a_workflow_grants_nothing_by_default_and_pins_what_it_uses(workflow: Path) -> None:
    text = _text(workflow)
    parsed = yaml.safe_load(text)
    assert parsed["permissions"] == {}
    assert all("timeout-minutes" in job for job in parsed["jobs"].values())
    used = re.findall(r"uses: (\S+)(.*)", text)
    loose = [
        action
        for action, rest in used
        if not action.startswith("./")  # of this repository, at the commit that was checked out
        if not re.search(r"@[0-9a-f]{40}$", action) or not re.fullmatch(r" # v[0-9.]+", rest)
    ]
    assert loose == []


def test_the_workflow_runs_what_people_run() -> None:
    assert ".ci/run" in _text(ROOT / ".github" / "workflows" / "test.yml")
    assert "make test" in _text(ROOT / ".ci" / "run")


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\]", _text(ROOT / "CHANGELOG.md"), re.MULTILINE)


def test_decisions_are_numbered_without_gaps_and_tell_context_choice_and_price() -> None:
    records = sorted((ROOT / ".github" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for path in records:
        assert re.findall(r"^## (.*)$", _text(path), re.MULTILINE) == ["Context", "Choice", "Price"]


def test_no_tracked_file_knows_one_machine() -> None:
    home = re.compile(rb"/(work|root|home)/[a-z]")
    assert [_short(path) for path in _tracked() if path.exists() and home.search(path.read_bytes())] == []
