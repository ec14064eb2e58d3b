"""Groups that move, because the tree has them elsewhere than the server, and everybody in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.groups import ancestors, with_ancestors
from reconciler.core.model import Account, ActualState
from reconciler.core.notice import Kind, Notice
from reconciler.core.tree import GroupNode

_PATH = "path"


class Moves(NamedTuple):
    """Moves of groups and creations they need, what is told of them, and the server after them.

    `former` has every group whose path changes, by its new path.
    """

    changes: list[Change]
    notices: list[Notice]
    actual: ActualState
    former: Mapping[str, str]


def moved_groups(nodes: Sequence[GroupNode], actual: ActualState) -> Moves:
    """Return the moves that are needed, and the server as it will be after them.

    A group moves when it is still where it was (`previously`) and nothing is at its new place; its
    members and the groups below go with it, so the rest of the plan is made for the new places. Where
    a group above it moves as well, it is found below the new place of that one.
    """
    if not any(node.previously for node in nodes):
        return Moves([], [], actual, {})
    moving = _Moving(nodes, actual.groups)
    for node in nodes:
        moving.place(node)
    return Moves(
        moving.changes,
        moving.notices,
        _relocated(actual, moving.standing, moving.order.created),
        {path: former for path, former in moving.standing.items() if path != former},
    )


class _Moving:
    """One pass over the wanted groups; `standing` says of each place which group of the server it holds."""

    def __init__(self, nodes: Sequence[GroupNode], groups: Iterable[str]) -> None:
        self.standing = {path: path for path in groups}
        self.order = Order()
        self.changes: list[Change] = []
        self.notices: list[Notice] = []
        self._nodes = {node.path: node for node in nodes}
        self._former = _former_places(nodes)
        self._once = once_there(nodes)
        self._leavers = {node.previously: node for node in nodes if node.previously}
        self._seen: set[str] = set()

    def place(self, node: GroupNode) -> None:
        """Put a group where it belongs, behind whoever is to leave that place and the groups above it."""
        if node.path in self._seen:
            return
        self._seen.add(node.path)
        for path in (*ancestors(node.path), node.path):
            for first in (self._leavers.get(path), self._nodes.get(path)):
                if first:
                    self.place(first)
        old = next((path for path in self._former[node.path] if path in self.standing), "")
        if node.path in self.standing:
            if old and old not in self._nodes:
                message = f"is to move to {node.path}, where a group is already; neither is touched"
                self.notices.append(Notice(Kind.CONFLICT, old, message, (str(node.place),)))
        elif node.previously:
            self._put(node, old)

    def _put(self, node: GroupNode, old: str) -> None:
        """Move a group, or create it where there is none to move, and what it lacks above it."""
        for path in ancestors(node.path):
            if path not in self.standing and path not in self.order.created:
                behind = self._once.get(path, ())
                self.changes.append(self.order.creation(path, f"it holds {node.path}", behind=behind))
        behind = self._once.get(node.path, ())
        if old:
            self.changes.append(self.order.move(old, node, behind))
            self.standing = {_moved(path, old, node.path): group for path, group in self.standing.items()}
        else:
            self.changes.append(self.order.creation(node.path, in_tree(node), behind=behind))


def in_tree(node: GroupNode) -> str:
    """Return why a group of a tree is created."""
    return f"the group tree has it ({node.place})"


def _former_places(nodes: Sequence[GroupNode]) -> dict[str, tuple[str, ...]]:
    """Return where each group may still be: as written, and below the new place of a group above it.

    The latter is a guess, and not made of a place that the tree itself is to have.
    """
    leavers = {node.previously: node for node in nodes if node.previously}
    wanted = with_ancestors({node.path for node in nodes})
    former: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        guesses = [
            _moved(node.previously, above, leavers[above].path)
            for above in ancestors(node.previously)
            if above in leavers
        ]
        places = [node.previously] if node.previously else []
        former[node.path] = (*places, *(guess for guess in guesses if guess not in wanted))
    return former


def _moved(path: str, old: str, new: str) -> str:
    return new + path[len(old) :] if path == old or path.startswith(f"{old}|") else path


def _relocated(actual: ActualState, standing: Mapping[str, str], created: Iterable[str]) -> ActualState:
    """Return the server with its groups where they stand now, and everybody in them."""
    now = {original: path for path, original in standing.items()}
    sets: dict[tuple[str, ...], tuple[str, ...]] = {}

    def carried(account: Account) -> Account:
        user = account.user
        groups = sets.get(user.groups)
        if groups is None:
            groups = sets[user.groups] = tuple(sorted(now.get(path, path) for path in user.groups))
        default = now.get(user.default_group, user.default_group)
        if groups == user.groups and default == user.default_group:
            return account
        return account._replace(user=user._replace(groups=groups, default_group=default))

    return actual._replace(
        groups=frozenset(standing).union(created), accounts=tuple(map(carried, actual.accounts))
    )


class Order:
    """The changes of groups so far, and which of them must come before another one.

    A group is created below its parent, and a path means another group before a move than after it.
    Needs only look back, so they never go in a circle.
    """

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        self.created: dict[str, str] = {}
        self._moves: dict[str, list[str]] = {}
        self._below: dict[str, list[str]] = {}
        for change in changes:
            self._take(change)

    def creation(self, path: str, reason: str, source: str = "", behind: Iterable[str] = ()) -> Change:
        """Return the creation of a group, behind that of other groups where those are created at all."""
        field = FieldChange(_PATH, "", path)
        needs = self._before(path) | self._created(behind)
        made = Change(Action.GROUP_CREATE, path, (field,), reason, source=source, needs=tuple(sorted(needs)))
        return self._take(made)

    def move(self, old: str, node: GroupNode, behind: Iterable[str]) -> Change:
        """Return the move of a group from where it is, behind the creation of others likewise."""
        field = FieldChange(_PATH, old, node.path, str(node.place))
        needs = self._before(old) | self._before(node.path) | self._created(behind)
        needs.update(*(self._below.get(path, ()) for path in (old, node.path)))
        reason = f"the group tree has it at {node.path} ({node.place})"
        return self._take(Change(Action.GROUP_MOVE, old, (field,), reason, needs=tuple(sorted(needs))))

    def _created(self, groups: Iterable[str]) -> set[str]:
        return {self.created[each] for each in groups if each in self.created}

    def _take(self, change: Change) -> Change:
        if change.action is Action.GROUP_CREATE:
            self.created[change.name] = change.id
            return change
        for path in (change.name, str(change.fields[0].after)):
            self._moves.setdefault(path, []).append(change.id)
            for above in ancestors(path):
                self._below.setdefault(above, []).append(change.id)
        return change

    def _before(self, path: str) -> set[str]:
        above = ancestors(path)
        return self._created(above[-1:]).union(*(self._moves.get(each, ()) for each in (*above, path)))


def once_there(nodes: Sequence[GroupNode]) -> dict[str, list[str]]:
    """Return the groups that may have been at a place before, by the place."""
    groups: dict[str, list[str]] = {}
    for group, former in _former_places(nodes).items():
        for place in former:
            groups.setdefault(place, []).append(group)
    return groups
