"""What each line of the manifests does to how many: the first thing to know of a plan of thousands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from reconciler.core.change import Action, Change

_PLACE = re.compile(r"[( ](?P<place>[^\s()]+:\d+(:\d+)?)\)$")
"""A reason ends with the manifest line that decides, where one does."""


_WHOLE = frozenset({Action.GROUP_CREATE, Action.GROUP_MOVE, Action.REKEY, Action.DEACTIVATE})
"""Actions of which the one field says no more than the action itself."""


class Impact(NamedTuple):
    """What one manifest line does to one field: of how many it changes it, and gives it to how many new."""

    rule: str
    field: str
    changed: int
    new: int


class Decision(NamedTuple):
    """To how many something is done because of one manifest line, whatever becomes of their fields."""

    rule: str
    action: Action
    times: int


def impacts(changes: Iterable[Change]) -> tuple[Impact, ...]:
    """Return what each rule does to fields of accounts, those first that touch most who exist."""
    asked = Counter(
        (change.action is Action.CREATE, field.rule, field.field)
        for change in changes
        if change.action not in _WHOLE
        for field in change.fields
        if field.rule
    )
    found = [
        Impact(rule, field, asked[False, rule, field], asked[True, rule, field])
        for rule, field in {(rule, field) for _, rule, field in asked}
    ]
    return tuple(sorted(found, key=lambda one: (-one.changed, -one.new, one.rule, one.field)))


def decisions(changes: Iterable[Change]) -> tuple[Decision, ...]:
    """Return which lines create, rename, bring back and deactivate whom, those first that do most.

    Updates are not among them: `impacts` says of those what each line does.
    """
    counts: Counter[tuple[str, Action]] = Counter()
    reasons = Counter(
        (change.action, change.reason) for change in changes if change.action is not Action.UPDATE
    )
    for (action, reason), count in reasons.items():
        found = _PLACE.search(reason)
        if found:
            counts[found["place"], action] += count
    made = [Decision(rule, action, count) for (rule, action), count in counts.items()]
    return tuple(sorted(made, key=lambda one: (-one.times, one.action.rank, one.rule)))
