"""What runs in the CI systems of others, held to their own checkers at their strictest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reconciler.cli import forge
from reconciler.cli.app import app

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
GITLAB = GITHUB / "gitlab" / "templates" / "reconciler" / "template.yml"
AZURE = sorted((GITHUB / "azure").glob("*.yml"))
TOOLS = Path(sys.executable).parent


def run(*words: str | Path) -> str:
    ended = subprocess.run(
        [TOOLS / str(words[0]), *words[1:]],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_actionlint_finds_nothing() -> None:
    run("actionlint", *WORKFLOWS)


def test_zizmor_finds_nothing_as_an_auditor() -> None:
    run("zizmor", "--offline", "--persona=auditor", "--no-progress", GITHUB)


def test_what_zizmor_is_told_to_pass_over_says_why() -> None:
    told = [
        line
        for path in (*WORKFLOWS, *GITHUB.glob("actions/*/action.yml"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "zizmor: ignore" in line
    ]
    assert told
    assert [line for line in told if not re.search(r"zizmor: ignore\[[a-z-]+\] \w+", line)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_fits_the_schema(workflow: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)


def test_the_action_fits_the_schema() -> None:
    action = GITHUB / "actions" / "reconciler" / "action.yml"
    run("check-jsonschema", "--builtin-schema", "vendor.github-actions", action)


@pytest.mark.parametrize("template", AZURE, ids=lambda path: path.name)
def test_a_template_of_azure_fits_the_schema(template: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.azure-pipelines", template)


def gitlab(tmp_path: Path) -> Path:
    """Write the component as GitLab reads it once its inputs are filled in with their defaults."""
    spec, jobs = GITLAB.read_text(encoding="utf-8").split("\n---\n")
    for name, about in yaml.safe_load(spec)["spec"]["inputs"].items():
        jobs = jobs.replace(f"$[[ inputs.{name} ]]", about["default"])
    assert "$[[" not in jobs
    path = tmp_path / "template.yml"
    path.write_text(jobs, encoding="utf-8")
    return path


def test_the_component_of_gitlab_fits_the_schema(tmp_path: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", gitlab(tmp_path))


def scripts() -> list[tuple[str, str]]:
    """Return the shell of all templates that no checker of workflows looks at."""
    found = []
    for template in AZURE:
        text = re.sub(r"\$\{\{.*?\}\}", "x", template.read_text(encoding="utf-8"))
        parts = re.findall(r"- bash: \|\n((?:(?: +.*)?\n)+?)(?= *(?:name|displayName):)", text)
        found += [(f"{template.name} {at}", part) for at, part in enumerate(parts)]
    for name, job in yaml.safe_load(GITLAB.read_text(encoding="utf-8").split("\n---\n")[1]).items():
        lines = [*job.get("before_script", ()), *job.get("script", ())]
        found.append((f"gitlab {name}", re.sub(r"\$\[\[.*?\]\]", "x", "\n".join(lines))))
    return found


@pytest.mark.parametrize(("name", "script"), scripts(), ids=[name for name, _ in scripts()])
def test_the_shell_of_a_template_can_be_parsed(name: str, script: str) -> None:
    shell = "sh" if name.startswith("gitlab") else "bash"
    ended = subprocess.run([shell, "-n"], input=script, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr
    assert script.strip()


def test_every_command_in_the_templates_exists() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (*WORKFLOWS, GITLAB, *AZURE)]
    used = {found for text in texts for found in re.findall(r"\breconciler ((?:forge )?[a-z]+)\b", text)}
    known = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    known |= {f"forge {one.callback.__name__}" for one in forge.group.registered_commands if one.callback}
    assert {"plan", "apply", "forge approve", "forge comment"} <= used
    assert used - known == set()
