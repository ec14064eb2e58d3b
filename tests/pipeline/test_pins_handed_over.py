"""PINs that change in a source, to a MyQ that shows none: planned, approved, handed over, remembered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import LedgerError
from reconciler.ledger.store import Store
from support.project import Project

KEY = "0123456789abcdef0123456789abcdef"
FIRST, SECOND, THIRD = "804713", "804926", "805137"


@pytest.fixture
def keyed(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The example applied, with PINs mapped and a key for them."""
    monkeypatch.setenv("PIN_KEY", KEY)
    project.manifest("people.yaml", "fullName: FULLNAME", "fullName: FULLNAME\n    pins: PIN")
    project.manifest("policy.yaml", "  protected:", "  pinKey: env:PIN_KEY\n  protected:")
    project("apply", "-a", project.approved("--waive", "identities-moved", "--reason", "it is meant"))
    return project


def give(project: Project, pin: str, name: str = "kofi.mensah") -> None:
    """Give somebody a PIN in the source, in place of any other."""
    people = project.path("sources.d/data/people.csv")
    lines = people.read_text(encoding="utf-8").splitlines()
    changed = [
        line.rpartition(",")[0] + f",{pin}" if f",{name}" in line or f'"{name}' in line else line
        for line in lines
    ]
    people.write_text("\n".join(changed) + "\n", encoding="utf-8", newline="\n")


def held(project: Project, name: str = "kofi.mensah") -> list[str]:
    pins: list[str] = project.myq.users()[name]["pins"]
    return pins


def planned(project: Project) -> list[tuple[str, int]]:
    plan: dict[str, Any] = json.loads(Path(project.planned()).read_bytes())
    return [(change["id"], change["pins"]) for change in plan["changes"]]


def test_a_pin_that_changes_in_the_source_reaches_the_account_once_it_is_approved(keyed: Project) -> None:
    give(keyed, FIRST)
    assert planned(keyed) == []  # nobody knows what the account has; from now on changes are seen
    assert held(keyed) == []
    give(keyed, SECOND)
    assert planned(keyed) == [("update/kofi.mensah", 1)]
    approval = keyed.approved()
    ended = keyed("apply", "-a", approval, "--result", str(keyed.path("a.result.json")))
    assert held(keyed) == [SECOND]
    assert (
        "nothing is left to do" in ended.out
        or json.loads(keyed.path("a.result.json").read_bytes())["remaining"] == []
    )
    assert planned(keyed) == []
    written = [
        path.read_bytes() for path in keyed.folder.rglob("*") if path.is_file() and path.suffix != ".csv"
    ]
    for pin in (FIRST, SECOND):
        assert not [content for content in written if pin.encode() in content]
        assert pin not in ended.out + ended.err


def test_an_approval_does_not_hold_for_a_pin_that_came_later(keyed: Project) -> None:
    give(keyed, FIRST)
    planned(keyed)
    give(keyed, SECOND)
    approval = keyed.approved()
    give(keyed, THIRD)
    keyed("apply", "-a", approval, code=4)
    assert held(keyed) == []


def test_a_new_account_is_given_its_pin_and_the_next_one_too(keyed: Project) -> None:
    people = keyed.path("sources.d/data/people.csv")
    with people.open("a", encoding="utf-8", newline="\n") as file:
        file.write(f"New One,new.one,new@uni.example,,Students,1999,,{FIRST}\n")
    keyed("apply", "-a", keyed.approved())
    assert held(keyed, "new.one") == [FIRST]
    give(keyed, SECOND, "new.one")
    assert planned(keyed) == [("update/new.one", 1)]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        pytest.param(None, "the secret env:PIN_KEY is not set", id="not-set"),
        pytest.param("too short", "has fewer than 16 characters", id="too-short"),
    ],
)
def test_a_key_that_is_none_stops_the_run(
    keyed: Project, monkeypatch: pytest.MonkeyPatch, key: str | None, told: str
) -> None:
    if key is None:
        monkeypatch.delenv("PIN_KEY")
    else:
        monkeypatch.setenv("PIN_KEY", key)
    ended = keyed("plan", code=6)
    assert told in ended.err
    assert "too short" not in ended.err


def test_where_the_ledger_cannot_note_it_the_pin_is_handed_over_once_more(
    keyed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(keyed, FIRST)
    planned(keyed)
    give(keyed, SECOND)

    def fails(*_: object) -> None:
        raise LedgerError("gone", hint="none")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "remember_pins", fails)
        keyed("apply", "-a", keyed.approved())
    assert held(keyed) == [SECOND]
    assert planned(keyed) == [("update/kofi.mensah", 1)]
    keyed("apply", "-a", keyed.approved())
    assert held(keyed) == [SECOND]
    assert planned(keyed) == []
