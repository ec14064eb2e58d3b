"""What a target cannot do, known when the plan is made: told in it, and never tried.

An installed MyQ may lack an operation, and a CSV file cannot say everything. Whatever reads and writes a
target says what it lacks; here that becomes the changes that cannot be applied through it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.change import Action, Change, lost

THROUGH = "cannot be applied through this target"
"""What plans and results call such a change."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a way to write lacks: actions, and properties that it cannot set, each with why.

    `fields` are named as in plans. `unclearable` are properties that it can set and cannot empty.
    """

    actions: Mapping[Action, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    unclearable: Mapping[str, str] = field(default_factory=dict)

    def lacking(self, change: Change) -> str:
        """Return why a change cannot be carried out, by itself; "" when it can."""
        if change.action in self.actions:
            return self.actions[change.action]
        if change.is_group or change.action is Action.DEACTIVATE:
            return ""
        for one in change.fields:
            if one.field in self.fields:
                return self.fields[one.field]
            if one.field in self.unclearable and lost(one) and not one.after:
                return self.unclearable[one.field]
        return ""


def unreachable(changes: Sequence[Change], own: Mapping[str, str]) -> dict[str, str]:
    """Return the ids of all changes that cannot be carried out, sorted, each with why.

    *own* are those that cannot be by themselves; what needs one of them cannot be either.
    """
    found = {change.id: own[change.id] for change in changes if own.get(change.id)}
    if not found:
        return {}
    dependent: dict[str, list[str]] = {}
    for change in changes:
        for need in change.needs:
            dependent.setdefault(need, []).append(change.id)
    todo = list(found)
    while todo:
        lacking = todo.pop()
        for id_ in dependent.get(lacking, ()):
            if id_ not in found:
                found[id_] = f"it needs a change that {THROUGH}"
                todo.append(id_)
    return dict(sorted(found.items()))
