"""What shows that a read holds everybody, and what withholds removals, as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.change import Action
from reconciler.core.evidence import Proof, Standing, believe, lacking, told_twice, weigh
from reconciler.core.history import ComparedRead
from reconciler.core.mapping import end
from reconciler.core.model import Account, Doubt, Fact, Reading, User
from reconciler.core.notice import Kind
from reconciler.core.rules import Expectation
from reconciler.errors import SourceDataError
from support.world import difference, mapped, rules, state

OFF = Fact(Doubt.COUNT_OFF, "11 are counted, and 10 came")
ELSEWHERE = Fact(Doubt.LEFT_OUT, "it lies elsewhere: ldap://far")


@pytest.mark.parametrize(
    ("expect", "reading", "expected"),
    [
        pytest.param(Expectation(), Reading(10, counted=10), (), id="the-source-counts"),
        pytest.param(Expectation(), Reading(10), ("no-count",), id="nothing-says-how-many"),
        pytest.param(Expectation(0), Reading(0), ("no-count",), id="it-may-be-empty-which-proves-nothing"),
        pytest.param(Expectation(1), Reading(10), ("no-count",), id="one-is-what-is-expected-anyhow"),
        pytest.param(Expectation(2), Reading(10), (), id="a-number-is-expected"),
        pytest.param(Expectation(sentinels=("ada",)), Reading(10), (), id="somebody-must-be-there"),
        pytest.param(
            Expectation(accept=frozenset({Doubt.NO_COUNT})), Reading(10), (), id="accepted-by-its-name"
        ),
        pytest.param(
            Expectation(accept=frozenset({Doubt.LEFT_OUT})),
            Reading(10),
            ("no-count",),
            id="accepted-is-another",
        ),
        pytest.param(
            Expectation(5), Reading(10, counted=11, doubts=(OFF,)), ("count-off",), id="the-count-is-off"
        ),
        pytest.param(
            Expectation(),
            Reading(10, doubts=(ELSEWHERE, ELSEWHERE)),
            ("left-out", "no-count"),
            id="each-doubt-once",
        ),
        pytest.param(
            Expectation(5, accept=frozenset({Doubt.LEFT_OUT})),
            Reading(10, doubts=(ELSEWHERE,)),
            (),
            id="what-lies-elsewhere-is-accepted",
        ),
    ],
)
def test_what_withholds_removals(expect: Expectation, reading: Reading, expected: tuple[str, ...]) -> None:
    assert lacking(weigh(expect, reading)) == expected


def test_a_source_of_whose_read_nothing_is_known_removes_nobody() -> None:
    assert lacking(None) == ("end",)


def test_every_proof_is_told_with_its_standing() -> None:
    expect = Expectation(5, ("ada", "bob"), accept=frozenset({Doubt.COUNT_OFF}))
    assert weigh(expect, Reading(10, counted=11, doubts=(OFF,))) == (
        Proof("end", Standing.PROVEN, "the source said that this was the end"),
        Proof("count", Standing.PROVEN, "the source counts 11"),
        Proof("minimum", Standing.PROVEN, "at least 5 are expected"),
        Proof("sentinels", Standing.PROVEN, "2 of 2 there"),
        Proof("count-off", Standing.ACCEPTED, "11 are counted, and 10 came"),
    )
    assert [standing.value for standing in Standing] == ["proven", "absent", "doubtful", "accepted"]


FELL = ComparedRead(100, "10 records, and 100 before")


@pytest.mark.parametrize(
    ("compared", "accept", "told", "lacks"),
    [
        pytest.param(None, (), [], (), id="nothing-is-remembered"),
        pytest.param(
            ComparedRead(None),
            (),
            [Proof("last-read", Standing.ABSENT, "the ledger knows of no read before this one")],
            (),
            id="the-first-read",
        ),
        pytest.param(
            ComparedRead(12),
            (),
            [Proof("last-read", Standing.PROVEN, "the last good read held 12")],
            (),
            id="about-as-many",
        ),
        pytest.param(
            FELL,
            (),
            [
                Proof("last-read", Standing.ABSENT, "the last good read held 100"),
                Proof("dropped", Standing.DOUBTFUL, FELL.dropped),
            ],
            ("dropped",),
            id="many-fewer",
        ),
        pytest.param(
            FELL,
            (Doubt.DROPPED,),
            [
                Proof("last-read", Standing.ABSENT, "the last good read held 100"),
                Proof("dropped", Standing.ACCEPTED, FELL.dropped),
            ],
            (),
            id="many-fewer-and-accepted",
        ),
    ],
)
def test_what_the_last_good_read_says(
    compared: ComparedRead | None, accept: tuple[Doubt, ...], told: list[Proof], lacks: tuple[str, ...]
) -> None:
    proofs = weigh(Expectation(accept=frozenset(accept)), Reading(10, counted=10), compared)
    assert [proof for proof in proofs if proof.name in {"last-read", "dropped"}] == told
    assert len(proofs) == 4 + len(told)
    assert lacking(proofs) == lacks


def test_what_there_is_not_to_look_at_is_told_too() -> None:
    assert [(proof.name, proof.standing.value) for proof in weigh(Expectation(), Reading(3))] == [
        ("end", "proven"),
        ("count", "absent"),
        ("minimum", "absent"),
        ("sentinels", "absent"),
        ("no-count", "doubtful"),
    ]


@pytest.mark.parametrize(
    ("expect", "fact"),
    [
        pytest.param(Expectation(3), "2 records were read, and at least 3 are expected", id="too-few"),
        pytest.param(Expectation(sentinels=("ada", "zoe")), "zoe must be among the records", id="sentinel"),
    ],
)
def test_a_read_that_holds_less_than_it_must_is_refused(expect: Expectation, fact: str) -> None:
    refused = replace(rules("hr"), expect=expect)
    with pytest.raises(SourceDataError, match=fact):
        believe(refused, ["ada", "bob"])


def test_a_read_that_holds_just_enough_is_believed() -> None:
    believe(replace(rules("hr"), expect=Expectation(2, ("bob", "ada"))), ["ada", "bob"])


def test_who_must_be_there_and_is_not_stands_in_an_order() -> None:
    lacking_all = replace(rules("hr"), expect=Expectation(sentinels=tuple("gfedcba")))
    with pytest.raises(SourceDataError, match="a, b, c, d, e, f, g must be among the records"):
        believe(lacking_all, ["ada"])


def test_a_removal_waits_for_proof_and_says_which_is_lacking() -> None:
    source = mapped(rules("hr", groups=None), [User("ada")])
    source.reading = Reading(1)
    found = difference([source], state(Account(User("ada", source="hr")), Account(User("tom", source="hr"))))
    assert Action.DEACTIVATE not in {change.action for change in found.changes}
    (notice,) = found.notices
    assert (notice.kind, notice.name) == (Kind.WITHHELD, "tom")
    assert "(no-count): tell it in `expect`" in notice.message


@pytest.mark.parametrize(
    ("names", "told"),
    [
        pytest.param([], "", id="nobody"),
        pytest.param(["ada", "Ada"], "", id="two-who-only-look-alike"),
        pytest.param(["ada", "bob", "ada"], "1 record bears the user name of another one", id="one-again"),
        pytest.param(["ada", "ada", "bob", "ada"], "2 records bear the user name of another one", id="twice"),
    ],
)
def test_user_names_that_come_again_are_a_doubt(names: list[str], told: str) -> None:
    doubts = told_twice(names)
    assert [(doubt.name, doubt.value.partition(",")[0]) for doubt in doubts] == (
        [("twice", told)] if told else []
    )


def test_a_source_that_tells_some_twice_removes_nobody_though_its_count_is_right() -> None:
    again, tom = User("ada", source="hr"), Account(User("tom", source="hr"))
    source = mapped(rules("hr", groups=None), [again, again])
    end(source, Reading(2, counted=2))
    found = difference([source], state(Account(again), tom))
    assert not [change for change in found.changes if change.action is Action.DEACTIVATE]
    (notice,) = [one for one in found.notices if one.kind is Kind.WITHHELD]
    assert (notice.name, "mend the source" in notice.message) == ("tom", True)
