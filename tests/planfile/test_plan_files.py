"""Plans, approvals and results survive their files, and no file that was touched is believed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.approval import Approval
from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.outcome import Result
from reconciler.core.plan import Plan
from reconciler.core.render.documents import change_documents
from reconciler.errors import PlanFileError
from reconciler.planfile import (
    approval_document,
    plan_digest,
    plan_document,
    read_approval,
    read_plan,
    read_result,
    result_document,
    write_approval,
    write_plan,
    write_result,
)
from reconciler.planfile.files import LARGEST, read_file
from support.plans import APPROVAL, a_plan, a_result, approvals, plans, results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@given(plan=plans)
def test_a_plan_read_back_is_the_plan_that_was_written(folder: Path, plan: Plan) -> None:
    path = folder / "plan.json"
    digest = write_plan(path, plan)
    stored = read_plan(path)
    assert stored.plan == plan
    assert stored.digest == digest == plan_document(plan)["digest"] == plan_digest(plan)
    assert plan_document(stored.plan) == plan_document(plan)


@given(approval=approvals)
def test_an_approval_read_back_is_the_approval_that_was_written(folder: Path, approval: Approval) -> None:
    path = folder / "approval.json"
    digest = write_approval(path, approval)
    stored = read_approval(path)
    assert stored.approval == approval
    assert stored.digest == digest == approval_document(approval)["digest"]


@given(result=results)
def test_a_result_read_back_is_the_result_that_was_written(folder: Path, result: Result) -> None:
    path = folder / "result.json"
    digest = write_result(path, result)
    stored = read_result(path)
    assert stored.result == result
    assert stored.digest == digest == result_document(result)["digest"]


@given(plan=plans, shuffle=st.randoms(use_true_random=False))
def test_a_plan_put_together_in_any_order_has_the_same_document(plan: Plan, shuffle: Random) -> None:
    parts = {
        name: shuffle.sample(getattr(plan, name), len(getattr(plan, name)))
        for name in ("evidence", "verdicts", "changes", "notices", "groups")
    }
    unreachable = dict(shuffle.sample(sorted(plan.unreachable.items()), len(plan.unreachable)))
    put_together = {name: tuple(part) for name, part in parts.items()}
    told = plan.attribution
    if told is not None:
        gone, impact = (tuple(shuffle.sample(one, len(one))) for one in (told.gone, told.impact))
        told = replace(told, gone=gone, impact=impact)
    other = Plan(plan.target, plan.stamp, **put_together, unreachable=unreachable, attribution=told)
    assert plan_document(other) == plan_document(plan)


def test_two_processes_write_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from support.plans import CHANGES, STAMP, TARGET, EVIDENCE, GROUPS, NOTICES, VERDICTS\n"
        "from reconciler.core.plan import Plan\n"
        "from reconciler.planfile import write_plan\n"
        "parts = [tuple({*some}) for some in (EVIDENCE, VERDICTS, CHANGES, NOTICES, GROUPS)]\n"
        "write_plan(pathlib.Path(sys.argv[1]), Plan(TARGET, STAMP, *parts))\n"
        "print([change.id for change in parts[2]])\n"
    )
    tests = Path(__file__).parent.parent
    printed = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / f"{seed}.json")],
            env={**os.environ, "PYTHONPATH": str(tests), "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] != printed[1], "the seeds ought to build the plan in different orders"
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    write_plan(tmp_path / "here.json", a_plan())
    assert (tmp_path / "here.json").read_bytes() == (tmp_path / "1.json").read_bytes()


def test_the_digest_is_one_that_anybody_can_compute(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", a_plan())
    document = json.loads((tmp_path / "plan.json").read_bytes())
    digest = document.pop("digest")
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert digest == f"sha256:{hashlib.sha256(canonical).hexdigest()}"


def test_a_change_is_one_line_that_hides_nothing_and_commands_no_log(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", a_plan())
    text = (tmp_path / "plan.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert sum('"effect":' in line for line in text.splitlines()) == len(a_plan().changes)
    assert "".join(text.split("\n")).isprintable()
    assert "##" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def written(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"{kind}.json"
    match kind:
        case "plan":
            write_plan(path, a_plan())
        case "approval":
            write_approval(path, APPROVAL)
        case _:
            write_result(path, a_result())
    return path


READ: dict[str, Callable[[Path], object]] = {
    "plan": read_plan,
    "approval": read_approval,
    "result": read_result,
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    return {kind: written(folder, kind).read_bytes() for kind in READ}


@given(drawn=st.data(), kind=st.sampled_from(sorted(READ)), new=st.integers(0, 255))
def test_an_edited_byte_is_refused_or_means_the_same(
    folder: Path, originals: dict[str, bytes], drawn: st.DataObject, kind: str, new: int
) -> None:
    original = originals[kind]
    at = drawn.draw(st.integers(0, len(original) - 1))
    path, edited = folder / "original.json", folder / "edited.json"
    path.write_bytes(original)
    edited.write_bytes(original[:at] + bytes([new]) + original[at + 1 :])
    try:
        read = READ[kind](edited)
    except PlanFileError:
        return
    assert read == READ[kind](path)


def test_another_layout_of_the_same_document_is_believed(tmp_path: Path) -> None:
    path = written(tmp_path, "plan")
    stored = read_plan(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_plan(path) == stored
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=4), encoding="utf-8")
    assert read_plan(path) == stored


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change a file's document and give it the digest that fits, as somebody with time would."""
    document = json.loads(path.read_bytes())
    change(document)
    document.pop("digest", None)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    document["digest"] = f"sha256:{hashlib.sha256(canonical).hexdigest()}"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_keys_of_a_later_minor_version_are_ignored(tmp_path: Path) -> None:
    path = written(tmp_path, "plan")
    stored = read_plan(path)

    def later(document: dict[str, Any]) -> None:
        document |= {"format_version": "1.7", "signature": {"by": "somebody"}}
        document["target"]["region"] = "north"
        document["changes"][0]["cost"] = 12.5

    assert read_plan(edit(path, later)).plan == stored.plan


def nameless(document: dict[str, Any]) -> None:
    """Put a rename without a new name in, with an effect that fits."""
    renaming = Change(Action.REKEY, "carol")
    document["changes"] = [next(change_documents(document["target"]["identity"], [renaming]))]


MALFORMED = [
    pytest.param("plan", nameless, "rekey/carol gives no new name", id="a-rename-to-nothing"),
    pytest.param("plan", lambda d: d.update(format_version="2.0"), "version 2.0", id="another-major-version"),
    pytest.param(
        "plan", lambda d: d.update(format_version="1.x"), "format_version", id="a-version-that-is-none"
    ),
    pytest.param(
        "plan", lambda d: d.update(format_version=1), "format_version", id="a-version-that-is-a-number"
    ),
    pytest.param("plan", lambda d: d.update(kind="approval"), "kind 'approval'", id="another-kind"),
    pytest.param("plan", lambda d: d.pop("kind"), "no file of this program", id="no-kind"),
    pytest.param("plan", lambda d: d.pop("guards"), "guards: Field required", id="a-key-is-missing"),
    pytest.param("plan", lambda d: d.update(changes={}), "changes: Input", id="changes-that-are-no-list"),
    pytest.param(
        "plan", lambda d: d.update(changes=[7]), "changes[0]: an object", id="a-change-that-is-none"
    ),
    pytest.param(
        "plan", lambda d: d["changes"][1].update(pins="1"), "changes[1].pins: Input", id="a-number-as-text"
    ),
    pytest.param(
        "plan",
        lambda d: d["changes"][2]["fields"][0].update(before=None),
        "changes[2].fields[0].before",
        id="nothing-where-a-value-belongs",
    ),
    pytest.param(
        "plan",
        lambda d: d["changes"][0].update(action="remove"),
        "changes[0].action",
        id="an-action-there-is-not",
    ),
    pytest.param(
        "plan",
        lambda d: d["changes"][4].update(name="mallory"),
        "changes[4]: the effect of create/mallory is not",
        id="an-effect-of-somebody-else",
    ),
    pytest.param(
        "plan",
        lambda d: d["target"].update(identity="https://other.example.org"),
        "changes[0]: the effect of",
        id="effects-on-another-server",
    ),
    pytest.param(
        "plan", lambda d: d.update(expires="never"), "expires: String", id="a-time-that-never-comes"
    ),
    pytest.param("plan", lambda d: d.update(x=[[]] * 2, y=1e400), "this is not JSON", id="infinity"),
    pytest.param(
        "approval",
        lambda d: d.update(expires="3026-01-01"),
        "expires: String",
        id="an-expiry-in-another-spelling",
    ),
    pytest.param(
        "approval",
        lambda d: d["waived"].update(removals=""),
        "waived.removals",
        id="a-waiver-without-a-reason",
    ),
    pytest.param(
        "approval", lambda d: d["effects"].update(all="*"), "effects.all", id="an-effect-that-is-none"
    ),
    pytest.param("approval", lambda d: d.update(target=""), "target: String", id="an-approval-for-no-server"),
    pytest.param(
        "result",
        lambda d: d["outcomes"][0].update(status="fine"),
        "outcomes[0].status",
        id="a-status-there-is-not",
    ),
    pytest.param(
        "result",
        lambda d: d["outcomes"][3]["fields"][0].update(after="root"),
        "outcomes[3]: the effect of",
        id="an-outcome-of-something-else",
    ),
]


@pytest.mark.parametrize(("kind", "change", "told"), MALFORMED)
def test_a_file_that_does_not_hold_together_is_refused_although_its_digest_fits(
    tmp_path: Path, kind: str, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    path = edit(written(tmp_path, kind), change)
    with pytest.raises(PlanFileError) as caught:
        READ[kind](path)
    assert told in caught.value.message
    assert caught.value.where == str(path)
    assert "reconciler" in caught.value.hint


DAMAGED = [
    pytest.param(b"", "not JSON", id="empty"),
    pytest.param(b'{"kind":"plan"', "not JSON", id="cut-off"),
    pytest.param("{}".encode("utf-16"), "not JSON", id="utf-16"),
    pytest.param(b'{"kind":"plan\xff"}', "not JSON", id="bytes-that-are-no-utf-8"),
    pytest.param(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON", id="100000-levels"),
    pytest.param(b"[]", "this is a list", id="a-list"),
    pytest.param(b'"plan"', "this is a text", id="a-text"),
    pytest.param(b"12", "this is a number", id="a-number"),
    pytest.param(b"1.5", "this is a number", id="a-fraction"),
    pytest.param(b"true", "this is a truth value", id="a-truth-value"),
    pytest.param(b"null", "this is a null", id="null"),
    pytest.param(b"{}", "no file of this program", id="an-object-of-nobody"),
    pytest.param(b'{"kind":"plan"}', "digest: Field required", id="no-digest"),
    pytest.param(b'{"kind":"plan","digest":7}', "digest: Field required", id="a-digest-that-is-none"),
    pytest.param(b'{"kind":"plan","digest":"sha256:1"}', "edited by hand", id="another-digest"),
    pytest.param(
        b'{"kind":"plan","digest":"x","a":' + b"[" * 300 + b"]" * 300 + b"}", "go deeper", id="300-levels"
    ),
]


@pytest.mark.parametrize(("content", "told"), DAMAGED)
def test_what_is_no_plan_is_refused_with_the_reason(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(PlanFileError) as caught:
        read_plan(path)
    assert told in caught.value.message
    assert caught.value.where == str(path)


def test_a_key_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "approval")
    path.write_bytes(
        path.read_bytes().replace(b'"expires":', b'"expires":"2026-01-06T00:00:00Z",\n  "expires":')
    )
    with pytest.raises(PlanFileError, match="a key stands in it twice"):
        read_approval(path)


def test_a_file_that_is_not_there_is_told_how_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match="there is no such file") as caught:
        read_approval(tmp_path / "none.json")
    assert "reconciler approve" in caught.value.hint


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match="cannot be read"):
        read_plan(tmp_path)


def test_a_file_beyond_the_largest_size_is_not_read_further(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"x" * 11)
    assert read_file(path, "x", largest=11) == b"x" * 11
    with pytest.raises(PlanFileError, match="larger than 10 bytes"):
        read_file(path, "x", largest=10)


def test_a_gigabyte_is_no_plan_and_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    try:
        with pytest.raises(PlanFileError, match="larger than 1,073,741,824 bytes"):
            read_plan(path)
    finally:
        path.unlink()


def test_a_plan_that_cannot_be_written_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path, "plan")
    before = path.read_bytes()
    half = Change(Action.CREATE, "ada", (FieldChange("fullName", "", "\ud800"),))
    with pytest.raises(PlanFileError, match="cannot be written as JSON") as caught:
        write_plan(path, a_plan((half,)))
    assert "half a character" in caught.value.hint
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("name", ["file/plan.json", "taken"], ids=["below-a-file", "a-folder-is-there"])
def test_a_path_that_cannot_be_written_to_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PlanFileError, match="cannot be"):
        write_approval(tmp_path / name, APPROVAL)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "taken"]


def test_a_folder_for_what_is_written_is_made(tmp_path: Path) -> None:
    write_approval(tmp_path / "approvals" / "tonight.json", APPROVAL)
    assert read_approval(tmp_path / "approvals" / "tonight.json").approval == APPROVAL


def test_an_inverse_stands_beside_what_was_applied_and_only_there() -> None:
    document = result_document(a_result())
    outcomes: Any = document["outcomes"]
    inverses = {one["id"]: one["inverse"] for one in outcomes}
    assert [id_ for id_, back in inverses.items() if back] == [
        one["id"] for one in outcomes if one["status"] == "applied" and one["action"] != "group-create"
    ]
    assert all(back["reason"] == f"takes back {id_}" for id_, back in inverses.items() if back)
