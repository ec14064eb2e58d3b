"""What a change of the manifests causes, and what the directories changed anyway.

Two plans are made from the same reads: one by the manifests as they are, one by those of the *base*, which
is usually the branch that they are to be merged into. What only the first one has is caused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from reconciler.core.change import Action, Change, FieldChange


class Cause(StrEnum):
    """Why a change is in the plan."""

    MANIFESTS = "manifests"
    """It would not be there without this change of the manifests."""

    ALTERED = "altered"
    """It would be there too, and do something else."""

    ANYWAY = "anyway"
    """It would be there just the same."""


class Impact(NamedTuple):
    """What one line of the manifests does to how many: ``sources.d/people.yaml:12:5`` and its field.

    `field` is "" where an account or group as a whole comes, goes or moves.
    """

    rule: str
    action: Action
    field: str
    amount: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """The plan held against the base, which `base` names as the person did.

    `altered` and `anyway` are ids of the plan's changes, the former each with the fields in which it is
    another one (none where it only does less); all others are caused by the manifests. `gone` are changes
    that the base would bring and the plan does not. `tripped` are guards that stand in the way under the
    base too. With a `problem`, the base could not be planned, and nothing else is known.
    """

    base: str
    commit: str = ""
    manifests: str = ""
    altered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    anyway: frozenset[str] = frozenset()
    gone: tuple[Change, ...] = ()
    impact: tuple[Impact, ...] = ()
    tripped: tuple[str, ...] = ()
    problem: str = ""

    def cause(self, change: Change) -> Cause:
        """Return why a change of the plan is there."""
        if not (self.altered or self.anyway):
            return Cause.MANIFESTS
        id_ = change.id
        if id_ in self.anyway:
            return Cause.ANYWAY
        return Cause.ALTERED if id_ in self.altered else Cause.MANIFESTS


class Attributed(NamedTuple):
    """What becomes of two lists of changes that are held against each other."""

    altered: Mapping[str, tuple[str, ...]]
    anyway: frozenset[str]
    gone: tuple[Change, ...]
    impact: tuple[Impact, ...]


def attribute(changes: Sequence[Change], base: Sequence[Change], places: Mapping[str, str]) -> Attributed:
    """Hold the changes of a plan against those of the base, both in their one order.

    `places` has where the manifest of each source stands, by the source's name.
    """
    before = {(change.action, change.name): change for change in base}
    altered: dict[str, tuple[str, ...]] = {}
    anyway = set()
    impact: Counter[tuple[str, Action, str]] = Counter()
    for change in changes:
        known = before.pop((change.action, change.name), None)
        if known is not None and _same(change, known):
            anyway.add(change.id)
            continue
        if known is not None:
            altered[change.id] = tuple(one.field for one in _fresh(change, known))
        impact.update(_lines(change, known, places))
    lines = sorted((Impact(*line, amount) for line, amount in impact.items()), key=impact_key)
    return Attributed(
        altered,
        frozenset(anyway),
        tuple(before.values()),
        tuple(lines),
    )


def impact_key(impact: Impact) -> tuple[int, int, str, str]:
    """Return what puts lines into their order: first those that change the most."""
    return -impact.amount, impact.action.rank, impact.rule, impact.field


def _same(one: Change, other: Change) -> bool:
    """Return whether two changes do the same to the same account, whatever lines ask for it."""
    return (
        one.account_id == other.account_id
        and one.pins == other.pins
        and one.handed == other.handed
        and (one.fields == other.fields or _effects(one.fields) == _effects(other.fields))
    )


def _effects(fields: Iterable[FieldChange]) -> list[tuple[object, ...]]:
    return sorted(one[:3] for one in fields)


def _lines(
    change: Change, known: Change | None, places: Mapping[str, str]
) -> Iterator[tuple[str, Action, str]]:
    """Yield the lines that a caused change goes back to, each once."""
    if known is None and (change.action not in _BY_FIELD or not change.fields):
        rule = next((one.rule for one in change.fields if change.is_group and one.rule), "")
        yield rule or places.get(change.source, ""), change.action, ""
        return
    for one in _fresh(change, known):
        yield one.rule or places.get(change.source, ""), change.action, one.field


def _fresh(change: Change, known: Change | None) -> list[FieldChange]:
    """Return the fields that a change has and the known one has not, or not so."""
    before = {one[:3] for one in known.fields} if known else set()
    return [one for one in change.fields if one[:3] not in before]


_BY_FIELD = frozenset({Action.UPDATE, Action.REKEY})
"""Actions that each line of a mapping can bring about; the others come from a source as a whole."""
