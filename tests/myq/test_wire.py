"""MyQ's JSON and our values: nothing misread, nothing guessed, nothing lost on the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.model import INDEX, MANY, Account, Property, User
from reconciler.errors import TargetError
from reconciler.myq.operations import BUILT_IN
from reconciler.myq.wire import Wire, shows_rights
from reconciler.sources.myq_binding import Reference
from reconciler.sources.myq_fields import FIELDS

ADA = {"id": 7, "username": "ada", "fullname": "Ada"}


def nobody(told: object, reference: Reference) -> str:
    raise AssertionError(f"{reference} {told!r}: groups have paths here")


WIRE = Wire(BUILT_IN, nobody, nobody)

texts = st.text(max_size=5)
many = st.frozensets(texts, max_size=3).map(lambda values: tuple(sorted(values)))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, Account(User("ada", "Ada"), "7"), id="the-least"),
        pytest.param({"id": "7"}, Account(User("ada", "Ada"), "7"), id="an-id-of-text"),
        pytest.param({"id": 0}, Account(User("ada", "Ada"), "0"), id="the-id-zero"),
        pytest.param({"deleted": True}, Account(User("ada", "Ada"), "7", active=False), id="deleted"),
        pytest.param({"deleted": False}, Account(User("ada", "Ada"), "7"), id="not-deleted"),
        pytest.param({"deleted": None}, Account(User("ada", "Ada"), "7"), id="null-is-not-deleted"),
        pytest.param({"deleted": 1}, Account(User("ada", "Ada"), "7", active=False), id="one-is-true"),
        pytest.param(
            {"permissions": ["any"], "delegates": ["bob"]},
            Account(User("ada", "Ada"), "7", rights=("delegates", "permissions")),
            id="rights-and-delegates",
        ),
        pytest.param(
            {"permissions": [], "delegates": None}, Account(User("ada", "Ada"), "7"), id="no-rights-at-all"
        ),
        pytest.param({"email": None, "cards": None}, Account(User("ada", "Ada"), "7"), id="null-is-nothing"),
        pytest.param(
            {"code": "007"}, Account(User("ada", "Ada", personal_number="007"), "7"), id="a-number-as-text"
        ),
        pytest.param(
            {"cards": ["2", "1", "2"]},
            Account(User("ada", "Ada", cards=("1", "2")), "7"),
            id="values-sorted-and-once",
        ),
        pytest.param(
            {"groups": ["Staff", "All users"]},
            Account(User("ada", "Ada", groups=("Staff",)), "7"),
            id="everybodys-group-is-left-out",
        ),
        pytest.param({"syncSource": "HR"}, Account(User("ada", "Ada", source="HR"), "7"), id="whose-it-is"),
        pytest.param({"unknown": [1, {}]}, Account(User("ada", "Ada"), "7"), id="keys-of-a-later-release"),
        pytest.param(
            {"pins": ["4711"], "pin": "1"}, Account(User("ada", "Ada"), "7"), id="pins-are-not-read"
        ),
    ],
)
def test_an_account_is_what_the_answer_says(more: dict[str, object], expected: Account) -> None:
    assert WIRE.account(ADA | more) == expected


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(None, "without id or username", id="null"),
        pytest.param([], "without id or username", id="a-list"),
        pytest.param("ada", "without id or username", id="a-text"),
        pytest.param({"username": "ada"}, "without id or username", id="no-id"),
        pytest.param(ADA | {"id": None}, "without id or username", id="null-for-an-id"),
        pytest.param(ADA | {"id": ""}, "without id or username", id="an-empty-id"),
        pytest.param(ADA | {"id": [7]}, "id is no number and no text", id="a-list-for-an-id"),
        pytest.param(ADA | {"id": True}, "id is no number and no text", id="a-truth-value-for-an-id"),
        pytest.param({"id": 7}, "without id or username", id="no-name"),
        pytest.param(ADA | {"username": ""}, "without id or username", id="an-empty-name"),
        pytest.param(ADA | {"username": 12}, "username is no text", id="a-number-for-a-name"),
        pytest.param(ADA | {"code": 123}, "code is no text", id="a-number-for-a-personal-number"),
        pytest.param(ADA | {"code": 0}, "code is no text", id="zero-for-a-personal-number"),
        pytest.param(ADA | {"email": False}, "email is no text", id="false-for-a-text"),
        pytest.param(ADA | {"email": ["a@x"]}, "email is no text", id="a-list-for-a-text"),
        pytest.param(ADA | {"email": []}, "email is no text", id="an-empty-list-for-a-text"),
        pytest.param(ADA | {"cards": "C"}, "cards is no list of texts", id="a-text-for-a-list"),
        pytest.param(ADA | {"cards": ""}, "cards is no list of texts", id="an-empty-text-for-a-list"),
        pytest.param(ADA | {"cards": [1]}, "cards is no list of texts", id="a-number-in-a-list"),
        pytest.param(ADA | {"groups": {"a": "b"}}, "groups is no list of texts", id="an-object-for-a-list"),
        pytest.param(ADA | {"deleted": "no"}, "deleted is neither", id="a-text-for-deleted"),
        pytest.param(ADA | {"deleted": 2}, "deleted is neither", id="a-number-for-deleted"),
    ],
)
def test_what_cannot_be_understood_is_not_guessed_at(answer: object, words: str) -> None:
    with pytest.raises(TargetError, match=words) as raised:
        WIRE.account(answer)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, False, id="not-shown"),
        pytest.param({"permissions": []}, True, id="none-is-an-answer"),
        pytest.param({"delegates": ["bob"]}, True, id="delegates"),
    ],
)
def test_whether_rights_are_shown(more: dict[str, object], *, expected: bool) -> None:
    assert shows_rights({**ADA, **more}) is expected
    assert not shows_rights("no user")


def test_every_property_has_a_key_of_its_own() -> None:
    assert set(FIELDS) == set(INDEX)
    assert len(set(FIELDS.values())) == len(FIELDS)


@given(
    st.fixed_dictionaries(
        {prop: many if prop in MANY else texts for prop in INDEX if prop is not Property.USER_NAME}
    ),
    st.text(min_size=1, max_size=5),
)
def test_what_is_written_is_read_back(values: dict[Property, str | tuple[str, ...]], name: str) -> None:
    held = {prop.value: value for prop, value in values.items()} | {"userName": name}
    body = WIRE.body(held)
    read = WIRE.account({"id": 1, **body}).user
    expected = {**held, "groups": tuple(path for path in values[Property.GROUPS] if path != "All users")}
    assert {prop.value: read[at] for prop, at in INDEX.items()} == expected


def test_what_is_cleared_is_written_as_empty() -> None:
    assert WIRE.body({"email": "", "cards": ()}) == {"email": "", "cards": []}
