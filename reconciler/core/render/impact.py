"""What each line of the manifests does to how many: the first thing to know of a plan of thousands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from reconciler.core.change import Action, Change


class Impact(NamedTuple):
    """What one manifest line does to one field: of how many it changes it, and gives it to how many new."""

    rule: str
    field: str
    changed: int
    new: int


def impacts(changes: Iterable[Change]) -> tuple[Impact, ...]:
    """Return what each rule does, those first that touch most accounts that exist."""
    changed: Counter[tuple[str, str]] = Counter()
    new: Counter[tuple[str, str]] = Counter()
    for change in changes:
        counts = new if change.action is Action.CREATE else changed
        counts.update([(field.rule, field.field) for field in change.fields if field.rule])
    found = [Impact(*key, changed[key], new[key]) for key in changed.keys() | new.keys()]
    return tuple(sorted(found, key=lambda one: (-one.changed, -one.new, one.rule, one.field)))
