"""One change told in lines: its id, why, from which record, and what becomes of each field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.core.change import Action, Change, FieldChange, gained, lost
from reconciler.core.model import Property
from reconciler.core.render.masks import AFTER, BEFORE, Line, Mask, Outside, Piece
from reconciler.core.render.story import Row
from reconciler.core.render.words import ACTIONS, counted

_GROUPS = Property.GROUPS.value
_NOTHING = "nothing"
_SEVERAL = 2
"""So many fields that would be told alike are told in one line."""

_MANY = 20
"""How many values of one field are listed."""


def change_row(change: Change, mask: Mask) -> Row:
    """Return one change as its reader may see it."""
    why = mask.told(change.reason, change) if mask.hides_people else change.reason
    head: Line = (mask.id(change.id), ": ", Outside(why)) if why else (mask.id(change.id),)
    return Row(head, tuple(_below(change, mask)), ACTIONS[change.action].mark)


def _below(change: Change, mask: Mask) -> Iterator[Line]:
    if change.record and not mask.hides_people:
        yield ("from ", Outside(change.record))
    if change.action is Action.DEACTIVATE:
        yield _leaving(change, mask)
    elif change.action is not Action.GROUP_CREATE:
        yield from _field_lines(change, mask)
    if change.pins:
        yield (f"{counted(change.pins, 'PIN')} handed over, never shown",)
    if change.needs:
        yield ("only after ", *_joined([mask.id(id_) for id_ in change.needs]))


def _leaving(change: Change, mask: Mask) -> Line:
    field = change.field(_GROUPS)
    groups = lost(field) if field else ()
    if not groups:
        return ("no group of it is known",)
    return ("leaves all its groups: ", *_joined([mask.value(_GROUPS, group) for group in groups]))


def _field_lines(change: Change, mask: Mask) -> Iterator[Line]:
    """Yield what becomes of each field; what a new account gets and nobody may see is told in one line."""
    new = change.action is Action.CREATE
    alike = [one for one in change.fields if new and mask.hides_people and _given_unseen(one, mask)]
    if len(alike) >= _SEVERAL:
        yield (*_joined([Outside(one.field) for one in alike]), ": ", Outside(AFTER))
    for field in change.fields:
        if len(alike) < _SEVERAL or field not in alike:
            yield _field_line(field, mask, new=new)


def _given_unseen(field: FieldChange, mask: Mask) -> bool:
    """Return whether a field had nothing, gets one value, and that is hidden."""
    return mask.hides(field.field) and not field.before and bool(field.after) and isinstance(field.after, str)


def _field_line(field: FieldChange, mask: Mask, *, new: bool) -> Line:
    rule: Line = ("  (", Outside(field.rule), ")") if field.rule and not mask.hides_people else ()
    return (Outside(field.field), ": ", *_difference(field, mask, new=new), *rule)


def _difference(field: FieldChange, mask: Mask, *, new: bool) -> Line:
    """Return what was and what will be; of a new account everything was nothing, and that is not said."""
    if mask.hides(field.field):
        return _masked(field, new=new)
    if isinstance(field.before, str) and isinstance(field.after, str):
        return _from_to(
            mask.value(field.field, field.before) if field.before else _NOTHING,
            mask.value(field.field, field.after) if field.after else _NOTHING,
            new=new,
        )
    joins: list[Line] = [("+ ", mask.value(field.field, value)) for value in gained(field)]
    leaves: list[Line] = [("- ", mask.value(field.field, value)) for value in lost(field)]
    shown = [*joins, *leaves]
    more: Line = (f", and {len(shown) - _MANY:,} more",) if len(shown) > _MANY else ()
    return (*_separated(shown[:_MANY]), *more)


def _masked(field: FieldChange, *, new: bool) -> Line:
    """Return that something changes and not what: only whether there was and is a value, and how many."""
    before = Outside(BEFORE) if field.before else _NOTHING
    told = _from_to(before, Outside(AFTER) if field.after else _NOTHING, new=new)
    if isinstance(field.before, str) and isinstance(field.after, str):
        return told
    return (*told, f" ({len(gained(field))} more, {len(lost(field))} fewer)")


def _from_to(before: Piece, after: Piece, *, new: bool) -> Line:
    return (after,) if new and before == _NOTHING else (before, " -> ", after)


def _joined(pieces: list[Outside]) -> Line:
    more: Line = (f", and {len(pieces) - _MANY:,} more",) if len(pieces) > _MANY else ()
    return (*_separated([(piece,) for piece in pieces[:_MANY]]), *more)


def _separated(lines: Sequence[Line]) -> Line:
    pieces: list[Piece] = []
    for line in lines:
        if pieces:
            pieces.append(", ")
        pieces += line
    return tuple(pieces)
