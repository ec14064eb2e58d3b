"""A plan that was held against other manifests: what these cause comes first, and the rest is folded away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from reconciler.core.attribution import Attribution, Cause, Impact
from reconciler.core.change import Action, Change
from reconciler.core.plan import Plan
from reconciler.core.render.changes import change_row
from reconciler.core.render.masks import Line, Mask, Outside, Piece
from reconciler.core.render.story import Part, Row
from reconciler.core.render.view import View
from reconciler.core.render.words import ACTIONS, counted, phrase

ChangeParts = Callable[[Sequence[Change]], Iterator[Part]]

_LINES = 20
_SHORT = 12
_ASIDE = 8
"""Parts of this weight and more are proof and by-play; beside what is caused they can wait."""

_GONE = (
    "change is no longer needed, by these manifests",
    "changes are no longer needed, by these manifests",
)


def caused(plan: Plan, changes: Iterable[Change]) -> list[Change]:
    """Return the changes that would not be there, or not so, without this change of the manifests."""
    told = plan.attribution
    return [change for change in changes if told is None or told.cause(change) is not Cause.ANYWAY]


def cause_remark(plan: Plan, told: Attribution, mask: Mask) -> Line:
    """Return how the plan stands to the base, in numbers; or why nobody can say."""
    at: Line = (" (", Outside(told.commit[:_SHORT]), ")") if told.commit else ()
    base: Line = (Outside(told.base), *at)
    if told.problem:
        # What could not be read may name people.
        why = told.problem.partition(": ")[0] if mask.hides_people else told.problem
        return (
            "Held against ",
            *base,
            ", which cannot be planned, so all changes count as caused: ",
            Outside(why),
            ".",
        )
    anyway, altered = len(told.anyway), len(told.altered)
    alone = len(plan.changes) - anyway - altered
    said = (
        f": {counted(alone, 'change')} would not be there without these manifests, {altered:,} would do "
        f"something else, {anyway:,} would come anyway, and {len(told.gone):,} no longer come."
    )
    guards: Line = (" Guards stand in its way too: ", *_listed(told.tripped), ".") if told.tripped else ()
    return ("Held against ", *base, said, *guards)


def line_parts(told: Attribution, title: str) -> Iterator[Part]:
    """Yield the lines of the manifests that cause something, if there are any."""
    if told.impact:
        by_rule: dict[str, list[Impact]] = {}
        for one in told.impact:
            by_rule.setdefault(one.rule, []).append(one)
        rows = (Row((Outside(rule), ": ", *_said(some))) for rule, some in by_rule.items())
        yield Part(title, islice(rows, _LINES), len(by_rule), weight=1)


def cause_parts(told: Attribution, view: View, mask: Mask) -> Iterator[Part]:
    """Yield the lines that cause something, and what no longer comes."""
    yield from line_parts(told, "What this change of the manifests causes")
    gone = [change for change in told.gone if view.shows(change)]
    if gone:
        rows = (change_row(change, mask) for change in islice(gone, view.limit))
        yield Part(phrase(len(gone), _GONE), rows, len(gone), weight=1)


def anyway_parts(told: Attribution, shown: Sequence[Change], parts_of: ChangeParts) -> Iterator[Part]:
    """Yield what would come anyway, folded."""
    these = [change for change in shown if told.cause(change) is Cause.ANYWAY]
    for part in parts_of(these):
        yield replace(
            part, title=f"Anyway: {part.title[:1].lower()}{part.title[1:]}", folded=True, weight=_ASIDE
        )


def with_cause(row: Row, change: Change, told: Attribution) -> Row:
    """Return a row that says of a change that would come anyway what of it is caused."""
    fields = told.altered.get(change.id)
    if fields is None:
        return row
    what: Line = (", and do something else",)
    if fields:
        what = ("; these manifests bring ", *_listed(fields))
    return row._replace(below=(("it would come anyway", *what), *row.below))


def folded(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts with what is aside folded away."""
    return (replace(part, folded=True) if part.weight >= _ASIDE else part for part in parts)


def _listed(names: Sequence[str]) -> Line:
    """Return names side by side, each of them from outside."""
    return tuple(piece for name in names for piece in (", ", Outside(name)))[1:]


def _said(impacts: Sequence[Impact]) -> Iterator[Piece]:
    for at, one in enumerate(impacts):
        words = ACTIONS[one.action]
        if at:
            yield "; "
        if not one.field:
            yield f"{words.verb} {counted(one.amount, words.noun)}"
        elif one.action is Action.UPDATE:
            yield from ("change ", Outside(one.field), f" of {counted(one.amount, words.noun)}")
        else:
            yield from (
                "change ",
                Outside(one.field),
                f" of {one.amount:,} that it would {words.verb} anyway",
            )
