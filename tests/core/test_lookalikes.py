"""New names that look like others, as a table; and that looking takes no longer than reading."""

from __future__ import annotations

from time import process_time

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.guards import Question, alike, evaluate
from reconciler.core.lookalikes import lookalikes
from reconciler.core.model import Account, User
from reconciler.core.policy import Policy
from support.world import rules, state

GRETA = Account(User("greta", aliases=("gg",), groups=("Staff",)), "1")
HIDDEN = "gr\u200beta"
CASE, UNSEEN, LETTERS = (
    "letters in another case",
    "characters that are not seen, or of another width",
    "letters of another alphabet",
)


def new(name: str, *aliases: str) -> Change:
    return Change(Action.CREATE, name, (FieldChange("aliases", (), aliases),) if aliases else ())


def renamed(name: str, after: str, id_: str = "1") -> Change:
    return Change(Action.REKEY, name, (FieldChange("userName", name, after),), account_id=id_)


def group(path: str) -> Change:
    return Change(Action.GROUP_CREATE, path, (FieldChange("path", "", path),))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([new("Greta")], [("Greta", "greta", CASE)], id="another-case"),
        pytest.param([new(HIDDEN)], [(HIDDEN, "greta", UNSEEN)], id="a-zero-width-space"),
        pytest.param([new("greta\u202e")], [("greta\u202e", "greta", UNSEEN)], id="a-right-to-left-override"),
        pytest.param([new("\uff47reta")], [("\uff47reta", "greta", UNSEEN)], id="a-full-width-letter"),
        pytest.param([new("gret\u0430")], [("gret\u0430", "greta", LETTERS)], id="a-cyrillic-letter"),
        pytest.param([new("gret\u03b1")], [("gret\u03b1", "greta", LETTERS)], id="a-greek-letter"),
        pytest.param([new("GRET\u0410")], [("GRET\u0410", "greta", LETTERS)], id="a-cyrillic-capital"),
        pytest.param([new("eve", "G\u0261")], [("G\u0261", "gg", LETTERS)], id="an-alias-like-an-alias"),
        pytest.param([new("eve", "GRETA")], [("GRETA", "greta", CASE)], id="an-alias-like-a-name"),
        pytest.param([renamed("bob", "Greta", "2")], [("Greta", "greta", CASE)], id="a-renaming"),
        pytest.param([new("ann"), new("Ann")], [("ann", "Ann", CASE)], id="two-new-ones"),
        pytest.param([group("staff")], [("staff", "Staff", CASE)], id="a-group"),
        pytest.param(
            [Change(Action.GROUP_MOVE, "Old", (FieldChange("path", "Old", "St\u0430ff"),))],
            [("St\u0430ff", "Staff", LETTERS)],
            id="a-group-that-moves",
        ),
        pytest.param([renamed("greta", "Greta")], [], id="the-own-name-in-another-case"),
        pytest.param(
            [
                Change(
                    Action.UPDATE, "greta", (FieldChange("aliases", ("gg",), ("GG", "gg")),), account_id="1"
                )
            ],
            [],
            id="the-own-alias-in-another-case",
        ),
        pytest.param(
            [Change(Action.GROUP_MOVE, "Staff", (FieldChange("path", "Staff", "STAFF"),))],
            [],
            id="the-own-group-in-another-case",
        ),
        pytest.param(
            [new("ann"), new("aNn"), new("Ann")],
            [("aNn", "Ann", CASE), ("ann", "Ann", CASE)],
            id="of-several-new-ones-the-first-by-name-stands-for-all",
        ),
        pytest.param(
            [
                group("staff"),
                new("gReta"),
                new("GReta"),
                new("Greta"),
                new(HIDDEN),
                renamed("bob", "GG", "2"),
            ],
            [
                ("GG", "gg", CASE),
                ("GReta", "greta", CASE),
                ("Greta", "greta", CASE),
                ("gReta", "greta", CASE),
                (HIDDEN, "greta", UNSEEN),
                ("staff", "Staff", CASE),
            ],
            id="many-by-name",
        ),
        pytest.param([new("gr\u00e9ta")], [], id="an-accent-is-seen"),
        pytest.param([new("margreta"), new("eve", "greta2")], [], id="another-name"),
        pytest.param([new("greta")], [], id="the-very-same-name-is-no-twin"),
        pytest.param([new("staff"), group("greta")], [], id="people-do-not-look-like-groups"),
        pytest.param([new("ann", "Ann")], [], id="an-alias-like-the-own-new-name"),
        pytest.param([Change(Action.DEACTIVATE, "Greta", account_id="9")], [], id="nothing-new"),
    ],
)
def test_what_looks_like_another(changes: list[Change], expected: list[tuple[str, str, str]]) -> None:
    found = lookalikes(changes, state(GRETA))
    assert [(one.name, one.like, one.why) for one in found] == expected


def test_of_several_that_are_there_the_first_by_name_stands_for_all() -> None:
    there = [Account(User(name), name) for name in ("greta", "GReta", "GRETA", "Greta", "gReta")]
    found = lookalikes([new(HIDDEN)], state(*there))
    assert [(one.name, one.like) for one in found] == [(HIDDEN, "GRETA")]


def test_a_plain_new_name_is_held_against_odd_ones_that_are_there() -> None:
    there = [Account(User("gret\u0430"), "1"), Account(User("bob", aliases=("\uff42obby",)), "2")]
    found = lookalikes([new("greta"), new("bobby")], state(*there))
    assert [(one.name, one.like, one.why) for one in found] == [
        ("bobby", "\uff42obby", UNSEEN),
        ("greta", "gret\u0430", LETTERS),
    ]


def test_a_twin_trips_the_guard_and_is_told_with_the_name_it_looks_like() -> None:
    question = Question([new(HIDDEN)], state(GRETA), (rules(),), Policy())
    verdict = next(one for one in evaluate(question) if one.guard == "lookalikes")
    assert (verdict.count, verdict.tripped) == (1, True)
    (notice,) = alike(question)
    assert notice.name == HIDDEN
    assert notice.message == f"looks like greta, and is another: {UNSEEN} (create/gr%E2%80%8Beta)"


def test_looking_does_not_hold_everybody_against_everybody() -> None:
    """Each of 4,000 against each of 40,000 would take minutes."""
    accounts = [Account(User(f"user{at}"), str(at)) for at in range(40_000)]
    twins = [new(f"us\u200ber{at}") for at in range(4_000)]
    began = process_time()
    assert len(lookalikes(twins, state(*accounts))) == 4_000
    assert process_time() - began < 5


def test_many_new_names_that_all_look_alike_are_each_told_once() -> None:
    many = [new("x" + "\u200b" * at) for at in range(1, 300)]
    assert len(lookalikes(many, state())) == len(many) - 1
