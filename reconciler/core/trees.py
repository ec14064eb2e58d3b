"""Groups of the server against groups that are wanted: what is created, what moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.desired import DesiredState
from reconciler.core.groups import ancestors, with_ancestors
from reconciler.core.model import Account, ActualState, Property
from reconciler.core.tree import GroupNode

_GROUPS = Property.GROUPS.value
_PATH = "path"


def moved_groups(nodes: Sequence[GroupNode], actual: ActualState) -> tuple[list[Change], ActualState]:
    """Return the moves that are needed, and the server as it will be after them.

    A group moves when it is still where it was (`previously`) and nothing is at its new place; its
    members and the groups below go with it, so the rest of the plan is made for the new places.
    """
    changes: list[Change] = []
    for node in nodes:
        if node.previously in actual.groups and node.path not in actual.groups:
            changes.append(
                Change(
                    Action.GROUP_MOVE,
                    node.previously,
                    (FieldChange(_PATH, node.previously, node.path, str(node.place)),),
                    f"the group tree has it at {node.path} ({node.place})",
                )
            )
            actual = _relocated(actual, node.previously, node.path)
    return changes, actual


def _relocated(actual: ActualState, old: str, new: str) -> ActualState:
    below = f"{old}|"

    def move(path: str) -> str:
        return new + path[len(old) :] if path == old or path.startswith(below) else path

    return actual._replace(
        groups=frozenset(with_ancestors({move(path) for path in actual.groups})),
        accounts=tuple(_moved(account, move) for account in actual.accounts),
    )


def _moved(account: Account, move: Callable[[str], str]) -> Account:
    user = account.user
    groups = tuple(sorted(map(move, user.groups)))
    default = move(user.default_group) if user.default_group else ""
    if groups == user.groups and default == user.default_group:
        return account
    return account._replace(user=user._replace(groups=groups, default_group=default))


def group_changes(desired: DesiredState, actual: ActualState, changes: Iterable[Change]) -> list[Change]:
    """Return a creation for each group that somebody needs and the server lacks, parents included."""
    why: dict[str, tuple[str, str]] = {}
    for node in desired.nodes:
        why.setdefault(node.path, (f"the group tree has it ({node.place})", ""))
    for path, source in desired.source_groups:
        why.setdefault(path, (f"a group of {source}", source))
    for change in changes:
        for path in _joined(change):
            why.setdefault(path, (f"users of {change.source} join it", change.source))
    wanted = with_ancestors(set(why))
    for path in sorted(wanted):
        for parent in ancestors(path):
            why.setdefault(parent, (f"it holds {path}", ""))
    return [
        Change(
            Action.GROUP_CREATE,
            path,
            (FieldChange(_PATH, "", path),),
            why[path][0],
            source=why[path][1],
            needs=tuple(
                Change(Action.GROUP_CREATE, parent).id
                for parent in ancestors(path)[-1:]
                if parent not in actual.groups
            ),
        )
        for path in sorted(wanted - actual.groups)
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
        completed.append(change._replace(needs=(*change.needs, *needs)) if needs else change)
    return completed


def _group_needs(change: Change, created: Mapping[str, str], moved: Mapping[str, str]) -> list[str]:
    field = change.field(_GROUPS)
    if field is None:
        return []
    needs = {created[path] for path in _joined(change) if path in created}
    if moved:
        named = (*field.before, *field.after)
        needs |= {
            id_ for new, id_ in moved.items() if any(p == new or p.startswith(f"{new}|") for p in named)
        }
    return sorted(needs)


def _joined(change: Change) -> tuple[str, ...]:
    """Return the groups a user is in after the change, as far as the change says."""
    field = change.field(_GROUPS)
    return tuple(field.after) if field else ()
