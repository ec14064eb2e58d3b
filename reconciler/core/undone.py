"""What was written before and is needed again: somebody else writes too, or the source goes back and forth.

A value that was written, and is to be written again, was changed in between. Who did it left no name; how
many and what they have in common is a hint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reconciler.core.change import Action, Change
from reconciler.core.history import History, Written
from reconciler.core.marks import Where, marks_of
from reconciler.core.notice import Kind, Notice

MANY = 3
"""From so many on, what is undone alike is no work of a hand."""


_OPPOSITE = {Action.DEACTIVATE: Action.REACTIVATE, Action.REACTIVATE: Action.DEACTIVATE}
_RENAMES = frozenset({Action.REKEY, Action.GROUP_MOVE})


class Undone(NamedTuple):
    """A change that was carried out before, how often, and whether it was we who took it back.

    `fields` are those of its fields that were written so before.
    """

    change: Change
    fields: tuple[str, ...]
    times: int
    by_us: bool


def undone(changes: Sequence[Change], history: History | None) -> list[Undone]:
    """Return the changes that were carried out before, be it in part, within what is remembered of writes."""
    if history is None or not history.written:
        return []
    return [one for change in changes if (one := _undone(change, history))]


def _undone(change: Change, history: History) -> Undone | None:
    known = _known(change, history)
    if not known:
        return None
    back = _known(_back(change), history)
    # Since the source said so in between, one of ours has taken it back.
    by_us = all(where in back and back[where].last >= written.last for where, written in known.items())
    fields = tuple(field.field for field in change.fields if any(name == field.field for name, _ in known))
    return Undone(change, fields, max(written.times for written in known.values()), by_us)


def _known(change: Change, history: History) -> dict[Where, Written]:
    """Return what of a change was written before, by where."""
    marks = marks_of(history.salt, history.target, change)
    return {where: history.written[mark] for where, mark in marks.items() if mark in history.written}


def _back(change: Change) -> Change:
    """Return what a source that goes back and forth would ask for in between."""
    fields = tuple(field._replace(before=field.after, after=field.before) for field in change.fields)
    name = str(change.fields[0].after) if change.action in _RENAMES else change.name
    return change._replace(action=_OPPOSITE.get(change.action, change.action), name=name, fields=fields)


def second_writers(found: Iterable[Undone]) -> Iterator[Notice]:
    """Yield, for each source and kind of change, how much is needed again and what that looks like."""
    kinds = Counter((one.change.source, one.by_us, _what(one)) for one in found)
    for (source, by_us, what), count in sorted(kinds.items()):
        whose = f"{count} of its changes ({what}) {'is' if count == 1 else 'are'} needed again"
        yield Notice(Kind.UNDONE, source, f"{whose}: {_guess(count, by_us=by_us)}")


def _what(one: Undone) -> str:
    action = one.change.action.value
    return f"{action} of {', '.join(one.fields)}" if one.fields else action


def _guess(count: int, *, by_us: bool) -> str:
    if by_us:
        return "the source itself goes back and forth"
    if count < MANY:
        return "somebody changed them back, by hand as it seems"
    return (
        "something changes them back, as a scheduled synchronization of MyQ does, or another project on this "
        "server"
    )
