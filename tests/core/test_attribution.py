"""What a change of manifests causes, as tables of two plans that are held against each other, and as laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.attribution import Attributed, Attribution, Cause, Impact, attribute
from reconciler.core.change import Action, Change, FieldChange, sort_key
from support.plans import changes

PLACES = {"people": "people.yaml:1:1", "guests": "guests.yaml:1:1"}
NAME = FieldChange("fullName", "Ada", "Ada L.", "people.yaml:9:5")
MAIL = FieldChange("email", "", "ada@example.org", "people.yaml:10:5")
UPDATE = Change(Action.UPDATE, "ada", (NAME,), source="people", account_id="7")
CREATE = Change(Action.CREATE, "bob", (NAME, MAIL), source="guests", pins=1)
LEAVE = Change(Action.DEACTIVATE, "cy", source="people", account_id="8")
GROUP = Change(Action.GROUP_CREATE, "Staff|IT", (FieldChange("path", "", "Staff|IT", "groups.yaml:3:7"),))
NOTHING = frozenset[str]()

CASES: dict[str, tuple[list[Change], list[Change], Attributed]] = {
    "all-is-there-anyway": (
        [CREATE, UPDATE, LEAVE],
        [CREATE, UPDATE, LEAVE],
        Attributed({}, frozenset({"create/bob", "update/ada", "deactivate/cy"}), (), ()),
    ),
    "a-line-that-moved-is-no-change": (
        [UPDATE],
        [UPDATE._replace(fields=(NAME._replace(rule="people.yaml:30:5"),), reason="other", record="x:1")],
        Attributed({}, frozenset({"update/ada"}), (), ()),
    ),
    "a-rule-changes-a-field": (
        [UPDATE],
        [],
        Attributed({}, NOTHING, (), (Impact("people.yaml:9:5", Action.UPDATE, "fullName", 1),)),
    ),
    "one-more-field-of-a-change-that-is-there-anyway": (
        [UPDATE._replace(fields=(NAME, MAIL))],
        [UPDATE],
        Attributed(
            {"update/ada": ("email",)}, NOTHING, (), (Impact("people.yaml:10:5", Action.UPDATE, "email", 1),)
        ),
    ),
    "one-field-less": (
        [UPDATE],
        [UPDATE._replace(fields=(NAME, MAIL))],
        Attributed({"update/ada": ()}, NOTHING, (), ()),
    ),
    "another-value": (
        [UPDATE],
        [UPDATE._replace(fields=(NAME._replace(after="ADA"),))],
        Attributed(
            {"update/ada": ("fullName",)},
            NOTHING,
            (),
            (Impact("people.yaml:9:5", Action.UPDATE, "fullName", 1),),
        ),
    ),
    "of-another-account": (
        [UPDATE],
        [UPDATE._replace(account_id="9")],
        Attributed({"update/ada": ()}, NOTHING, (), ()),
    ),
    "with-other-pins": (
        [CREATE],
        [CREATE._replace(pins=0)],
        Attributed({"create/bob": ()}, NOTHING, (), ()),
    ),
    "with-other-pins-handed-over": (
        [UPDATE],
        [UPDATE._replace(handed="f1")],
        Attributed({"update/ada": ()}, NOTHING, (), ()),
    ),
    "the-same-fields-in-another-order": (
        [UPDATE._replace(fields=(NAME, MAIL))],
        [UPDATE._replace(fields=(MAIL, NAME))],
        Attributed({}, frozenset({"update/ada"}), (), ()),
    ),
    "a-renaming-goes-back-to-the-line-that-renames": (
        [Change(Action.REKEY, "ada", (FieldChange("userName", "ada", "eva", "people.yaml:8:5"),))],
        [],
        Attributed({}, NOTHING, (), (Impact("people.yaml:8:5", Action.REKEY, "userName", 1),)),
    ),
    "pins-alone-go-back-to-the-source": (
        [UPDATE._replace(fields=(), handed="f1")],
        [],
        Attributed({}, NOTHING, (), (Impact("people.yaml:1:1", Action.UPDATE, "", 1),)),
    ),
    "what-is-of-no-source-goes-back-to-no-line": (
        [LEAVE._replace(source=""), UPDATE._replace(source="", fields=(NAME._replace(rule=""),))],
        [],
        Attributed(
            {}, NOTHING, (), (Impact("", Action.UPDATE, "fullName", 1), Impact("", Action.DEACTIVATE, "", 1))
        ),
    ),
    "a-new-account-goes-back-to-its-source": (
        [CREATE],
        [],
        Attributed({}, NOTHING, (), (Impact("guests.yaml:1:1", Action.CREATE, "", 1),)),
    ),
    "a-removal-goes-back-to-its-source": (
        [LEAVE],
        [],
        Attributed({}, NOTHING, (), (Impact("people.yaml:1:1", Action.DEACTIVATE, "", 1),)),
    ),
    "a-group-goes-back-to-its-line": (
        [GROUP],
        [],
        Attributed({}, NOTHING, (), (Impact("groups.yaml:3:7", Action.GROUP_CREATE, "", 1),)),
    ),
    "what-no-longer-happens": ([], [UPDATE, LEAVE], Attributed({}, NOTHING, (UPDATE, LEAVE), ())),
    "the-same-person-in-another-way": (
        [UPDATE],
        [UPDATE._replace(action=Action.DEACTIVATE, fields=())],
        Attributed(
            {},
            NOTHING,
            (UPDATE._replace(action=Action.DEACTIVATE, fields=()),),
            (Impact("people.yaml:9:5", Action.UPDATE, "fullName", 1),),
        ),
    ),
}


@pytest.mark.parametrize(("made", "base", "expected"), CASES.values(), ids=[*CASES])
def test_two_plans_held_against_each_other(
    made: list[Change], base: list[Change], expected: Attributed
) -> None:
    assert attribute(made, base, PLACES) == expected


def test_the_lines_that_change_the_most_come_first() -> None:
    several = [UPDATE._replace(name=name, fields=(MAIL, NAME)) for name in ("a", "b")]
    found = attribute([*several, UPDATE, CREATE, LEAVE], [], PLACES).impact
    assert [(one.rule, one.action.value, one.field, one.amount) for one in found] == [
        ("people.yaml:9:5", "update", "fullName", 3),
        ("people.yaml:10:5", "update", "email", 2),
        ("guests.yaml:1:1", "create", "", 1),
        ("people.yaml:1:1", "deactivate", "", 1),
    ]


def test_a_field_without_a_line_goes_back_to_its_source() -> None:
    (line,) = attribute([UPDATE._replace(fields=(NAME._replace(rule=""),))], [], PLACES).impact
    assert line.rule == "people.yaml:1:1"


def test_each_change_has_one_cause() -> None:
    told = Attribution("main", altered={"update/ada": ()}, anyway=frozenset({"deactivate/cy"}))
    assert [told.cause(change) for change in (CREATE, UPDATE, LEAVE)] == [
        Cause.MANIFESTS,
        Cause.ALTERED,
        Cause.ANYWAY,
    ]
    assert Attribution("main").cause(LEAVE) is Cause.MANIFESTS


_lists = st.lists(changes, max_size=5, unique_by=sort_key).map(lambda some: sorted(some, key=sort_key))


@given(_lists, _lists)
def test_every_change_is_told_once(made: list[Change], base: list[Change]) -> None:
    told = attribute(made, base, {})
    ids = {change.id for change in made}
    assert told.altered.keys() | told.anyway <= ids
    assert not told.altered.keys() & told.anyway
    assert len(told.gone) + len(told.altered) + len(told.anyway) == len(base)


@given(_lists)
def test_against_itself_a_plan_causes_nothing(made: list[Change]) -> None:
    told = attribute(made, made, {})
    assert told == ({}, frozenset(change.id for change in made), (), ())


@pytest.mark.parametrize(
    ("held", "cause"),
    [
        pytest.param(Attribution("main"), Cause.MANIFESTS, id="nothing-is-there-anyway"),
        pytest.param(Attribution("main", altered={"update/ada": ()}), Cause.ALTERED, id="altered"),
        pytest.param(Attribution("main", anyway=frozenset({"update/ada"})), Cause.ANYWAY, id="anyway"),
        pytest.param(Attribution("main", altered={"update/eve": ()}), Cause.MANIFESTS, id="another-altered"),
    ],
)
def test_why_a_change_is_there(held: Attribution, cause: Cause) -> None:
    assert held.cause(UPDATE) is cause


def test_a_base_that_was_planned_has_no_problem() -> None:
    assert Attribution("main") == Attribution("main", "", "", {}, frozenset(), (), (), (), "")
