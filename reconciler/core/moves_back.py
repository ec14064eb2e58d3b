"""Groups that an apply has moved, back to where they were, the last one first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.core.change import Action, Change, FieldChange, Value, in_order
from reconciler.core.groups import ancestors
from reconciler.core.notice import Kind, Notice


@dataclass(frozen=True, slots=True)
class MovesBack:
    """The moves in the order in which they happen, and where each group that is there comes to be."""

    changes: tuple[Change, ...]
    notices: tuple[Notice, ...]
    places: Mapping[str, str]

    @property
    def former(self) -> dict[str, str]:
        """Return every group whose path changes, by its new path."""
        return {new: old for old, new in self.places.items() if new != old}

    def placed(self, change: Change) -> Change:
        """Return a change of a user with its groups named by where they are after the moves."""
        return change._replace(fields=tuple(map(self._field, change.fields))) if self.former else change

    def _field(self, field: FieldChange) -> FieldChange:
        if field.field == "groups":
            return field._replace(before=self._set(field.before), after=self._set(field.after))
        if field.field == "defaultGroup":
            before, after = str(field.before), str(field.after)
            return field._replace(before=self.places.get(before, before), after=self.places.get(after, after))
        return field

    def _set(self, paths: Value) -> tuple[str, ...]:
        return tuple(sorted(self.places.get(path, path) for path in paths))


class _Move(NamedTuple):
    old: str
    new: str

    def __call__(self, path: str) -> str:
        """Return where a path is after the move."""
        inside = path == self.old or path.startswith(f"{self.old}|")
        return self.new + path[len(self.old) :] if inside else path

    def touches(self, other: _Move) -> bool:
        """Return whether a path of one is, or is above, a path of the other."""
        return any(
            mine == theirs or mine.startswith(f"{theirs}|") or theirs.startswith(f"{mine}|")
            for mine in self
            for theirs in other
        )


def moves_back(changed: Sequence[Change], groups: Collection[str]) -> MovesBack:
    """Return what takes the moves among applied changes back, as far as nobody is in the way."""
    done: list[tuple[_Move, Change]] = []
    notices: list[Notice] = []
    places = {path: path for path in groups}
    for change in reversed(in_order(changed)):
        if change.action is not Action.GROUP_MOVE:
            continue
        move = _Move(str(change.fields[0].after), change.name)
        there = set(places.values())
        obstacle = _obstacle(move, there)
        if obstacle:
            notices.append(Notice(Kind.NOT_REVERTED, move.old, obstacle))
        elif move.old in there:
            needs = tuple(sorted(made.id for before, made in done if move.touches(before)))
            field = FieldChange("path", move.old, move.new, change.id)
            reason = f"takes back {change.id}"
            made = Change(Action.GROUP_MOVE, move.old, (field,), reason, source=change.source, needs=needs)
            done.append((move, made))
            places = {path: move(place) for path, place in places.items()}
    return MovesBack(tuple(change for _, change in done), tuple(notices), places)


def _obstacle(move: _Move, there: Collection[str]) -> str:
    """Return why a group cannot move back; "" when it can, and when it is back already."""
    if move.old in there and move.new in there:
        return f"cannot move back to {move.new}, where a group is"
    if move.old in there and any(above not in there for above in ancestors(move.new)):
        return f"cannot move back to {move.new}: a group above that place is gone"
    if move.old not in there and move.new not in there:
        return f"was moved there from {move.new}, and is in neither place any more"
    return ""
