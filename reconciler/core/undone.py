"""What was written before and is needed again: somebody else writes too, or the source goes back and forth.

An effect says from what to what, so the same effect twice means that in between it was undone. Who did it
left no name; how many and what they have in common is a hint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reconciler.core.change import Action, Change, effect
from reconciler.core.history import History
from reconciler.core.notice import Kind, Notice

MANY = 3
"""From so many on, what is undone alike is no work of a hand."""


_OPPOSITE = {Action.DEACTIVATE: Action.REACTIVATE, Action.REACTIVATE: Action.DEACTIVATE}
_RENAMES = frozenset({Action.REKEY, Action.GROUP_MOVE})


class Undone(NamedTuple):
    """A change that was carried out before, how often, and whether it was we who took it back."""

    change: Change
    times: int
    by_us: bool


def undone(changes: Sequence[Change], history: History | None) -> list[Undone]:
    """Return the changes that were carried out before, within what is remembered of writes."""
    if history is None or not history.written:
        return []
    found = []
    for change in changes:
        written = history.written.get(effect(history.target, change))
        if written is not None:
            found.append(Undone(change, written.times, _taken_back(change, history, written.last)))
    return found


def _taken_back(change: Change, history: History, since: str) -> bool:
    """Return whether a change was taken back by one of ours, since the source said so in between."""
    written = history.written.get(effect(history.target, _back(change)))
    return written is not None and written.last >= since


def _back(change: Change) -> Change:
    """Return what a source that goes back and forth would ask for in between."""
    fields = tuple(field._replace(before=field.after, after=field.before) for field in change.fields)
    name = str(change.fields[0].after) if change.action in _RENAMES and fields else change.name
    return change._replace(action=_OPPOSITE.get(change.action, change.action), name=name, fields=fields)


def second_writers(found: Iterable[Undone]) -> Iterator[Notice]:
    """Yield, for each source and kind of change, how much is needed again and what that looks like."""
    kinds = Counter((one.change.source, one.by_us, _what(one.change)) for one in found)
    for (source, by_us, what), count in sorted(kinds.items()):
        whose = f"{count} of its changes ({what}) {'is' if count == 1 else 'are'} needed again"
        yield Notice(Kind.UNDONE, source, f"{whose}: {_guess(count, by_us=by_us)}")


def _what(change: Change) -> str:
    fields = ", ".join(field.field for field in change.fields)
    return f"{change.action} of {fields}" if fields else change.action.value


def _guess(count: int, *, by_us: bool) -> str:
    if by_us:
        return "the source itself goes back and forth"
    if count < MANY:
        return "somebody changed them back, by hand as it seems"
    return (
        "something changes them back, as a scheduled synchronization of MyQ does, or another project on this "
        "server"
    )
