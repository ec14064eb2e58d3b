"""What a binding cannot carry out is known of each change before anything is tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.model import Property
from reconciler.myq.limits import Limits, lacking, takes_pins
from reconciler.myq.operations import BUILT_IN
from support.bindings import binding

FIND = {"method": "GET", "path": "/people/{name}"}
ONE = {"method": "GET", "path": "/people/{user}"}
ALL: dict[str, Any] = {
    "findUsers": FIND,
    "getUser": ONE,
    "createUser": {"method": "POST", "path": "/people"},
    "updateUser": ONE | {"method": "PUT"},
    "deleteUser": ONE | {"method": "DELETE"},
    "undeleteUser": ONE | {"method": "POST"},
    "listGroups": {"method": "GET", "path": "/teams", "paging": {"style": "none", "count": "n"}},
    "createGroup": {"method": "POST", "path": "/teams"},
    "moveGroup": {"method": "PUT", "path": "/teams/{group}"},
    "addToGroup": {"method": "PUT", "path": "/teams/{group}/{user}"},
    "removeFromGroup": {"method": "DELETE", "path": "/teams/{group}/{user}"},
    "addPin": {"method": "PUT", "path": "/people/{user}/pins/{value}"},
}
MAIL = FieldChange("email", "", "ada@x")
JOINS = FieldChange("groups", (), ("Staff",))
LEAVES = FieldChange("groups", ("Staff",), ())
NAME = FieldChange("userName", "ada", "eve")


def of(without: str, change: Change, **changes: Any) -> str:  # noqa: ANN401  what YAML can hold
    """Return what is said of a change where the server lacks an operation."""
    operations = {f"operations__{name}": said for name, said in ALL.items() if name != without}
    return Limits(binding(user__fields__email="mail", **operations, **changes)).of(change)


def change(action: Action, *fields: FieldChange, id: str = "7", pins: int = 0) -> Change:  # noqa: A002  MyQ's word
    return Change(action, "ada", fields, account_id=id, pins=pins)


@pytest.mark.parametrize(
    ("lacks", "wanted", "words"),
    [
        ("deleteUser", change(Action.DEACTIVATE, LEAVES), "deactivate a user (delete_user)"),
        ("undeleteUser", change(Action.REACTIVATE, MAIL), "bring a deactivated user back"),
        ("createUser", change(Action.CREATE, MAIL), "make a user"),
        ("findUsers", change(Action.CREATE, MAIL), "look a user up by name"),
        ("findUsers", change(Action.UPDATE, MAIL, id=""), "look a user up by name"),
        ("getUser", change(Action.UPDATE, MAIL), "read one user"),
        ("updateUser", change(Action.UPDATE, MAIL), "change a user"),
        ("updateUser", change(Action.REKEY, NAME), "change a user"),
        ("listGroups", change(Action.UPDATE, JOINS), "read every group"),
        ("addToGroup", change(Action.UPDATE, JOINS), "no place for it"),
        ("removeFromGroup", change(Action.UPDATE, LEAVES), "take a user out of a group"),
        ("createGroup", Change(Action.GROUP_CREATE, "A", (FieldChange("path", "", "A"),)), "make a group"),
        ("moveGroup", Change(Action.GROUP_MOVE, "A", (FieldChange("path", "A", "B"),)), "rename or move"),
        ("addPin", change(Action.CREATE, MAIL, pins=1), "give a user a PIN"),
    ],
)
def test_what_lacks_an_operation_cannot_be_applied(lacks: str, wanted: Change, words: str) -> None:
    assert words in of(lacks, wanted)
    assert of("", wanted) == ""


@pytest.mark.parametrize(
    "wanted",
    [
        change(Action.UPDATE, JOINS),
        change(Action.UPDATE, MAIL),
        change(Action.DEACTIVATE, LEAVES),
    ],
)
def test_what_does_not_need_it_can_be_applied(wanted: Change) -> None:
    assert of("createGroup", wanted) == ""


def test_a_property_without_a_place_cannot_be_written() -> None:
    phone = change(Action.UPDATE, FieldChange("phone", "", "1"))
    assert of("", phone) == "phone cannot be written: this server has no place for it"
    assert of("", phone, user__fields__phone={"key": "tel", "readOnly": "true"})
    assert not of("", phone, user__fields__phone="tel")


def test_a_property_that_one_body_does_not_take_can_be_written_by_the_other() -> None:
    create = ALL["createUser"] | {"accepts": ["userName", "fullName"]}
    limits = Limits(
        binding(
            user__fields__email="mail",
            **{f"operations__{k}": v for k, v in (ALL | {"createUser": create}).items()},
        )
    )
    assert "email cannot be written" in limits.of(change(Action.CREATE, MAIL))
    assert not limits.of(change(Action.UPDATE, MAIL))


def test_a_name_that_holds_the_sign_between_levels_cannot_be_written() -> None:
    slashes = {"path": "path", "separator": "/"}
    group = Change(Action.GROUP_CREATE, "A/B", (FieldChange("path", "", "A/B"),))
    assert "stands between the levels" in of("", group, group=slashes)
    joins = change(Action.UPDATE, FieldChange("groups", (), ("Staff|R/D",)))
    assert "stands between the levels" in of("", joins, group=slashes)
    assert not of("", joins)


def test_a_value_that_holds_the_sign_between_values_cannot_be_written() -> None:
    aliases = {"user__fields__aliases": {"key": "others", "joined": ";"}}
    assert "stands between the values" in of(
        "", change(Action.UPDATE, FieldChange("aliases", (), ("a;b",))), **aliases
    )
    assert not of("", change(Action.UPDATE, FieldChange("aliases", (), ("a",))), **aliases)


def test_of_a_server_that_can_do_everything_nothing_is_asked() -> None:
    assert lacking(BUILT_IN) is None
    assert lacking(binding()) is not None


@pytest.mark.parametrize(
    ("without", "shape", "words"),
    [
        pytest.param("addPin", {"user__pins": "codes"}, "", id="with-the-user"),
        pytest.param("", {}, "", id="by-an-operation-of-its-own"),
        pytest.param("addPin", {}, "give a user a PIN (add_pin)", id="not-at-all"),
    ],
)
def test_how_an_account_that_exists_is_given_pins(without: str, shape: dict[str, Any], words: str) -> None:
    assert words in of(without, change(Action.UPDATE, MAIL, pins=1), **shape)
    assert bool(of(without, change(Action.UPDATE, MAIL, pins=1), **shape)) is bool(words)


def test_a_binding_that_cannot_change_users_takes_no_pins_with_them() -> None:
    without = {name: said for name, said in BUILT_IN.operations.items() if name != "update_user"}
    assert takes_pins(BUILT_IN)
    assert not takes_pins(replace(BUILT_IN, operations=without))
    assert not takes_pins(replace(BUILT_IN, user=replace(BUILT_IN.user, pins="")))
    closed = replace(BUILT_IN.operations["update_user"], accepts=frozenset({Property.EMAIL}))
    assert not takes_pins(replace(BUILT_IN, operations={**without, "update_user": closed}))
