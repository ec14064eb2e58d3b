"""Input that is hostile, huge, or cut off: it ends soon, with words, and writes nothing."""

from __future__ import annotations

import errno
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from support.project import Project

PEOPLE = "sources.d/data/people.csv"
GIGABYTE = 1 << 30
WAIVED = ("--waive", "identities-moved", "--reason", "Nadia took over the desk")


def _sparse(path: Path, beginning: bytes) -> None:
    """Make a file of a gigabyte that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(beginning)
        file.truncate(GIGABYTE)


def _one_line(project: Project) -> Path:
    path = project.path(PEOPLE)
    header = path.read_bytes().splitlines(keepends=True)[0]
    _sparse(path, header + b"x" * (5 << 20))
    return path


def _one_field(project: Project) -> Path:
    path = project.path(PEOPLE)
    header = path.read_bytes().splitlines(keepends=True)[0]
    _sparse(path, header + b'"' + b"x\n" * (3 << 20))
    return path


def _blank_lines(project: Project) -> Path:
    path = project.path(PEOPLE)
    path.write_bytes(path.read_bytes() + b"\r\n" * (6 << 20))
    return path


def _zeros(project: Project) -> Path:
    path = project.path(PEOPLE)
    _sparse(path, b"")
    return path


def _a_manifest(project: Project) -> Path:
    path = project.path("sources.d/big.yaml")
    _sparse(path, b"a: " + b"x" * 1000)
    return path


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        pytest.param(_one_line, 6, "a line is longer than", id="one-line-of-a-gigabyte"),
        pytest.param(_one_field, 6, "people.csv:2", id="one-field-of-a-gigabyte"),
        pytest.param(_zeros, 6, "a NUL character", id="a-gigabyte-of-nothing"),
        pytest.param(_blank_lines, 6, "people.csv", id="millions-of-blank-lines"),
        pytest.param(_a_manifest, 1, "big.yaml", id="a-manifest-of-a-gigabyte"),
    ],
)
def test_a_gigabyte_is_refused_early_and_in_little_memory(
    project: Project, spoil: Callable[[Project], Path], code: int, words: str
) -> None:
    spoil(project)
    tracemalloc.start()
    try:
        ended = project("plan", code=code)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert words in ended.err
    assert "hint:" in ended.err
    assert peak < 100 << 20


@pytest.mark.parametrize("command", ["show", "approve", "verify"])
def test_a_plan_file_of_more_than_a_gigabyte_is_refused(project: Project, command: str) -> None:
    path = project.path("a.plan.json")
    _sparse(path, b"{")
    with path.open("ab") as file:
        file.truncate(GIGABYTE + 1)
    ended = project(command, str(path), code=1)
    assert "larger than 1,073,741,824 bytes" in ended.err


ANCHORS = b"".join(
    b"a%d: &a%d [%s]\n" % (at, at, b",".join([b"*a%d" % (at - 1)] * 10)) for at in range(1, 12)
)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a: &a [x]\nb: [" + b"*a," * 1_000_000 + b"]\n", id="a-million-aliases"),
        pytest.param(b"a0: &a0 [x]\n" + ANCHORS, id="aliases-of-aliases-of-aliases"),
        pytest.param(b"[" * 100_000, id="a-hundred-thousand-brackets"),
        pytest.param(b"{a: " * 50_000, id="fifty-thousand-mappings"),
        pytest.param(b"- " * 100_000 + b"x", id="lists-in-lists-in-lists"),
        pytest.param(b"".join(b" " * at + b"a:\n" for at in range(2_000)), id="two-thousand-levels"),
        pytest.param(b"a: " + b"9" * 100_000, id="a-number-of-a-hundred-thousand-digits"),
        pytest.param(b"a: !!python/object/apply:os.system [id]\n", id="a-call"),
        pytest.param(b"\x00" * 1000, id="nul-bytes"),
        pytest.param(b"\xff\xfe\x00\x00" * 100, id="bytes-of-no-encoding"),
        pytest.param(b"--- a\n" * 100_000, id="a-hundred-thousand-documents"),
    ],
)
def test_yaml_that_means_harm_ends_soon_with_words(project: Project, content: bytes) -> None:
    project.path("sources.d/z.yaml").write_bytes(content)
    ended = project("validate", code=1)
    assert "sources.d/z.yaml" in ended.out
    assert "hint:" in ended.out
    assert len(ended.out) < 1 << 20


def test_a_tree_of_300_levels_is_refused(project: Project) -> None:
    path = project.path("sources.d/deep.yaml")
    head = "apiVersion: myq.reconciler/v1\nkind: GroupTree\nmetadata:\n  name: deep\nspec:\n  groups:\n"
    nested, indent = "", "    "
    for at in range(300):
        nested += f"{indent}- name: g{at}\n" + (f"{indent}  groups:\n" if at < 299 else "")
        indent += "    "
    path.write_text(head + nested, encoding="utf-8")
    ended = project("plan", code=1)
    assert "deep.yaml" in ended.err
    assert "20 levels" in ended.err or "deep" in ended.err


def test_a_file_cut_off_at_any_of_its_last_200_bytes_removes_nobody_more(project: Project) -> None:
    whole = project.path(PEOPLE).read_bytes()
    known = {"deactivate/tom.leaver"}
    readable = 0
    for length in range(len(whole) - 200, len(whole)):
        project.path(PEOPLE).write_bytes(whole[:length])
        ended = project("plan", "--format", "json", "--limit", "0", code=None)
        assert ended.code in {0, 3, 6}, ended.err
        if ended.code != 6:
            readable += 1
            changes = json.loads(ended.out)["changes"]
            assert {one["id"] for one in changes if one["action"] == "deactivate"} == known
    assert readable <= 2


def _waive(document: dict[str, object]) -> None:
    document["waived"] = {"identities-moved": "because"}


def _extend(document: dict[str, object]) -> None:
    document["expires"] = "2999-01-01T00:00:00Z"


def _approve_more(document: dict[str, object]) -> None:
    document["effects"] = {**document["effects"], "0" * 64: "deactivate/ada.lindqvist"}


def _for_others(document: dict[str, object]) -> None:
    document["target"] = "https://another.example.org"


def _another_major(document: dict[str, object]) -> None:
    document["format_version"] = "2.0"


def _another_kind(document: dict[str, object]) -> None:
    document["kind"] = "plan"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        pytest.param(_waive, "edited by hand", id="a-guard-waived-by-hand"),
        pytest.param(_extend, "edited by hand", id="its-end-moved"),
        pytest.param(_approve_more, "edited by hand", id="more-approved"),
        pytest.param(_for_others, "edited by hand", id="another-server"),
        pytest.param(_another_major, "version 2.0", id="another-format"),
        pytest.param(_another_kind, "an approval is expected", id="another-kind"),
    ],
)
def test_an_approval_edited_by_hand_approves_nothing(
    project: Project, edit: Callable[[dict[str, object]], None], words: str
) -> None:
    path = Path(project.approved())
    document = json.loads(path.read_bytes())
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    before = project.myq.log()
    ended = project("apply", "-a", str(path), code=1)
    assert words in ended.err
    assert "hint:" in ended.err
    assert project.myq.log() == before


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a-list"),
        pytest.param(b"{}", id="an-empty-object"),
        pytest.param(b'{"kind":"approval"}', id="hardly-anything"),
        pytest.param(b"\x00\xff", id="bytes"),
        pytest.param(b"[" * 100_000, id="brackets"),
        pytest.param(
            b'{"digest":"sha256:%s","kind":"approval"}' % (b"0" * 64), id="a-digest-of-something-else"
        ),
    ],
)
def test_what_is_no_approval_approves_nothing(project: Project, content: bytes) -> None:
    path = project.path("a.approval.json")
    path.write_bytes(content)
    before = project.myq.log()
    ended = project("apply", "-a", str(path), code=1)
    assert ended.err.startswith(f"error: {path}: ")
    assert "hint:" in ended.err
    assert project.myq.log() == before


def full(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_plan_and_no_half_of_a_new_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Path(project.planned())
    before = plan.read_bytes()
    people = project.path(PEOPLE)
    people.write_bytes(people.read_bytes().replace(b"Kofi Mensah", b"Kofi A. Mensah"))
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        ended = project("plan", "--out", str(plan), code=1)
        approval = project("approve", str(plan), code=1)
    assert "No space left on device" in ended.err
    assert "No space left on device" in approval.err
    assert plan.read_bytes() == before
    names = sorted(path.name for path in project.folder.iterdir())
    assert names == [".reconciler", "a.plan.json", "sources.d"]


def test_a_disk_that_fills_up_while_applying_loses_no_word_of_the_result(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval, result = project.approved(*WAIVED), project.path("a.result.json")
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        ended = project("apply", "-a", approval, "--result", str(result), "--format", "json", code=1)
    assert json.loads(ended.out)["summary"] == {"applied": 11}
    assert "No space left on device" in ended.err
    assert not result.exists()


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        pytest.param("env:NOBODY_SET_THIS", "env:NOBODY_SET_THIS", id="a-variable-that-is-not-set"),
        pytest.param("file:secrets/absent", "secrets/absent", id="a-file-that-is-not-there"),
        pytest.param("file:sources.d", "sources.d", id="a-folder"),
        pytest.param("file:empty", "empty", id="an-empty-file"),
    ],
)
def test_a_secret_that_is_not_there_is_named(project: Project, secret: str, words: str) -> None:
    project.path("empty").write_bytes(b"")
    project.manifest("target.yaml", "env:MYQ_CLIENT_SECRET", secret)
    ended = project("plan", code=None)
    assert ended.code in {1, 6}
    assert words in ended.err
    assert "hint:" in ended.err
    assert ended.out == ""
