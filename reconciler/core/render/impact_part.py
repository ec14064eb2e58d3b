"""The part of a story that says what each manifest line does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from reconciler.core.change import Change
from reconciler.core.render.impact import Impact, decisions, impacts
from reconciler.core.render.masks import Line, Outside, Piece
from reconciler.core.render.story import Part, Row
from reconciler.core.render.words import ACTIONS, counted

_FEW = 10
"""So few changes tell themselves."""

_LINES = 20


def impact_parts(changes: Sequence[Change]) -> Iterator[Part]:
    """Yield what each manifest line does, where there are more changes than one reads one by one."""
    if len(changes) <= _FEW:
        return
    told = by_line(changes)
    if told:
        rows = (Row((Outside(rule), ": ", *_listed(said))) for rule, said in told.items())
        yield Part("What the manifest lines do", islice(rows, _LINES), len(told), weight=1)


def by_line(changes: Sequence[Change]) -> dict[str, list[Line]]:
    """Return what each line does, in words, by its place: first to whole accounts, then to fields."""
    told: dict[str, list[Line]] = {}
    for decision in decisions(changes):
        words = ACTIONS[decision.action]
        told.setdefault(decision.rule, []).append((f"{words.verb} {counted(decision.times, words.noun)}",))
    for impact in impacts(changes):
        told.setdefault(impact.rule, []).append(_impact(impact))
    return told


def _impact(one: Impact) -> Line:
    field = Outside(one.field)
    if not one.changed:
        return ("give ", field, f" to {counted(one.new, 'new account')}")
    new = f", give it to {counted(one.new, 'new account')}" if one.new else ""
    return ("change ", field, f" of {counted(one.changed, 'account')}{new}")


def _listed(said: Sequence[Line]) -> Iterator[Piece]:
    for at, line in enumerate(said):
        yield from ("; ", *line) if at else line
