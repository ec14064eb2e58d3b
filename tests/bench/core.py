"""How much a diff and a plan cost beside a comparison of dictionaries that somebody wrote by hand."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median
from typing import TypeAlias

from reconciler.core import dialect
from reconciler.core.assumptions import Assumptions
from reconciler.core.change import effect
from reconciler.core.desired import DesiredState, resolve
from reconciler.core.diff import diff
from reconciler.core.guards import Question, evaluate
from reconciler.core.mapping import MappedSource, map_batch
from reconciler.core.model import Account, ActualState, Batch, Cell, Property, Reading, User
from reconciler.core.plan import Plan, Stamp, TargetIdentity
from reconciler.core.policy import Policy
from reconciler.core.rules import GroupWay, Mode, Options, Rule, SourceRules
from reconciler.core.template import parse_template
from reconciler.errors import Place
from tests.bench import people
from tests.bench.figure import Figure

Fields: TypeAlias = Mapping[str, Mapping[str, object]]

MAPPED = {
    Property.USER_NAME: "USERNAME",
    Property.FULL_NAME: "FULLNAME",
    Property.ALIASES: "ALIASES",
    Property.EMAIL: "EMAIL",
    Property.CARDS: "CARDS",
    Property.PERSONAL_NUMBER: "CODE",
    Property.SCAN_STORAGE: "SCANSTORAGE",
}
GOAL = 3.0


def figures(size: int, rounds: int) -> Iterator[Figure]:
    """Yield the ratio of both, measured in turn, and what each took."""
    rules = _rules()
    wanted, had = _users(rules, people.people(size)), _users(rules, people.a_while_ago(people.people(size)))
    origins = [f"people.csv:{line}" for line, _ in enumerate(wanted, 2)]
    desired = resolve([MappedSource(rules, wanted, origins, Reading(size, counted=size))], (), Assumptions())
    actual = ActualState(
        tuple(Account(user) for user in had),
        frozenset(path for user in had for path in user.groups),
        frozenset({*MAPPED, Property.GROUPS}),
        knows_source=False,
        knows_deleted=False,
    )
    hand_desired, hand_actual = _fields(wanted), _fields(had)
    ours: list[float] = []
    theirs: list[float] = []
    gc.disable()  # as a run does while it decides
    for _ in range(rounds):
        theirs.append(_seconds(lambda: by_hand(hand_desired, hand_actual)))
        ours.append(_seconds(lambda: plan(desired, actual, rules)))
    gc.enable()
    yield Figure("diff_vs_hand_ratio", round(median(ours) / median(theirs), 2), "", GOAL, size)
    yield Figure("diff_seconds", round(median(ours), 4), "s", None, size)
    yield Figure("hand_seconds", round(median(theirs), 4), "s", None, size)


def plan(desired: DesiredState, actual: ActualState, rules: SourceRules) -> Plan:
    """Compare, ask the guards, and make a plan whose changes can be approved."""
    policy = Policy()
    difference = diff(desired, actual, policy, Assumptions())
    verdicts = evaluate(Question(difference.changes, actual, (rules,), policy))
    for change in difference.changes:
        effect("university", change)
    stamp = Stamp("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "bench", "")
    target = TargetIdentity("university", "university", "10.2")
    return Plan(target, stamp, (), verdicts, difference.changes, difference.notices)


def by_hand(desired: Fields, actual: Fields) -> list[tuple[str, str, object]]:
    """Compare as somebody would who wants nothing but the changed fields."""
    changes: list[tuple[str, str, object]] = []
    for name, want in desired.items():
        have = actual.get(name)
        if have is None:
            changes.append(("create", name, want))
        elif want != have:
            fields = {field: (have[field], value) for field, value in want.items() if have[field] != value}
            changes.append(("update", name, fields))
    changes += [("deactivate", name, None) for name in actual if name not in desired]
    return sorted(changes, key=lambda change: change[:2])


def _rules() -> SourceRules:
    place = Place("sources.d/university.yaml", 1)
    return SourceRules(
        name="people",
        kind="csv",
        synchronization_source="people",
        place=place,
        rules=tuple(
            Rule(prop, parse_template(attribute, several=True), Mode.REPLACE, place)
            for prop, attribute in MAPPED.items()
        ),
        ways=(GroupWay(parse_template("GROUPS"), place, ready=True),),
        groups_mode=Mode.REPLACE,
        options=Options(add_new_users=True),
    )


def _users(rules: SourceRules, rows: Iterable[people.Person]) -> list[User]:
    rows = list(rows)
    columns: dict[str, list[Cell]] = {
        "USERNAME": [dialect.user_name_of(person.names) for person in rows],
        "ALIASES": [dialect.aliases_of(person.names) for person in rows],
        "FULLNAME": [person.full_name for person in rows],
        "EMAIL": [person.email for person in rows],
        "CARDS": [dialect.split_values(person.cards) for person in rows],
        "CODE": [person.code for person in rows],
        "SCANSTORAGE": [person.scan_storage for person in rows],
        "GROUPS": [dialect.split_branches(person.groups) for person in rows],
    }
    batch = Batch([""] * len(rows), [columns[name] for name in rules.attributes])
    users, _ = map_batch(rules, batch)
    return users


def _fields(users: Iterable[User]) -> Fields:
    return {user.user_name: user._asdict() for user in users}


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
