"""Groups that somebody needs and the server lacks, and what cannot happen before they are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.core.change import Action, Change
from reconciler.core.desired import DesiredState
from reconciler.core.groups import ancestors, with_ancestors
from reconciler.core.model import ActualState, Property
from reconciler.core.moves import Order, in_tree, once_there

_GROUPS = Property.GROUPS.value
_NAMING = frozenset({_GROUPS, Property.DEFAULT_GROUP.value})


def group_changes(
    desired: DesiredState, actual: ActualState, changes: Iterable[Change], moves: Iterable[Change]
) -> list[Change]:
    """Return a creation for each group that somebody needs and the server lacks, parents included."""
    why: dict[str, tuple[str, str]] = {}
    for node in desired.nodes:
        why.setdefault(node.path, (in_tree(node), ""))
    for path, source in desired.source_groups:
        why.setdefault(path, (f"a group of {source}", source))
    for change in changes:
        for path in _joined(change):
            why.setdefault(path, (f"users of {change.source} join it", change.source))
    for path in sorted(with_ancestors(set(why))):
        for parent in ancestors(path):
            why.setdefault(parent, (f"it holds {path}", ""))
    order = Order(moves)
    # Once a group is there, whoever was there previously would be taken for it: those come first, and
    # `moves` has them all. A parent is sorted before what it holds.
    once = once_there(desired.nodes)
    return [
        order.creation(path, *why[path], once.get(path, ()))
        for path in sorted(why)
        if path not in actual.groups
    ]


def with_group_needs(changes: Iterable[Change], groups: Sequence[Change]) -> list[Change]:
    """Return the changes, each naming the group creations and moves that it cannot do without."""
    if not groups:
        return list(changes)
    created = {change.name: change.id for change in groups if change.action is Action.GROUP_CREATE}
    moved = {
        str(change.fields[0].after): change.id for change in groups if change.action is Action.GROUP_MOVE
    }
    completed = []
    for change in changes:
        needs = _group_needs(change, created, moved)
        completed.append(change._replace(needs=tuple(sorted({*change.needs, *needs}))) if needs else change)
    return completed


def _group_needs(change: Change, created: Mapping[str, str], moved: Mapping[str, str]) -> set[str]:
    needs = {created[path] for path in _joined(change) if path in created}
    if moved:
        named = {
            path
            for field in change.fields
            if field.field in _NAMING
            for side in (field.before, field.after)
            for path in ((side,) if isinstance(side, str) else side)
        }
        needs |= {moved[at] for path in named for at in (*ancestors(path), path) if at in moved}
    return needs


def _joined(change: Change) -> tuple[str, ...]:
    """Return the groups a user is in after the change, as far as the change says."""
    field = change.field(_GROUPS)
    return tuple(field.after) if field else ()
