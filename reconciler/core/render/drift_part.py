"""A look at what has drifted: what was changed on the server comes first, and everything says by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reconciler.core.attribution import Attribution
from reconciler.core.change import Change
from reconciler.core.drift import Drift
from reconciler.core.plan import Plan
from reconciler.core.render.cause import line_parts
from reconciler.core.render.masks import Line, Outside
from reconciler.core.render.story import Part, Row
from reconciler.core.render.words import GAPS, SIDES, counted, listed
from reconciler.core.sight import Sides

ChangeParts = Callable[[Sequence[Change], Callable[[Row, Change], Row]], Iterator[Part]]

_SHORT = 12
_ALONE = (Sides.SERVER, Sides.SOURCE, Sides.MANIFESTS)
_SEVERAL = Sides.SERVER | Sides.SOURCE | Sides.MANIFESTS
_ORDER = (Sides.SERVER, _SEVERAL, Sides.SOURCE, Sides.MANIFESTS, Sides.UNKNOWN)
"""What a nightly look is for comes first."""

_BY = {
    **{side: f"by {SIDES[side]}" for side in _ALONE},
    _SEVERAL: "by several of them",
    Sides.UNKNOWN: "of unknown cause",
}
_SERVER = (
    "By the server means that MyQ itself was changed: by hand, by its own synchronization, or by another "
    "program."
)
_UNKNOWN = (
    "Those of unknown cause differed when this server was first looked at, or nothing of theirs has moved "
    "since: settle them once, by an apply or in MyQ."
)


def drift_verdict(drift: Drift, changes: Sequence[Change], server: Line, way: str) -> Line:
    """Return how many differences there are, and who has moved."""
    sorted_out = _sorted_out(drift, changes)
    told = listed([f"{len(these):,} {_BY[group]}" for group, these in sorted_out.items()])
    return (f"{counted(len(changes), 'difference')} on ", *server, f": {told}.{way}")


def drift_remarks(plan: Plan, drift: Drift) -> Iterator[Line]:
    """Yield what the causes mean, and what they are held against."""
    if Sides.SERVER in drift.sides.values():
        yield (_SERVER,)
    if drift.since:
        commit: Line = (
            (" by the manifests of commit ", Outside(drift.commit[:_SHORT])) if drift.commit else ()
        )
        yield ("Held against the look of ", Outside(drift.since), *commit, ".")
    if drift.gap:
        yield (f"Not every cause can be told: {GAPS[drift.gap]}.",)
    elif any(drift.of(change) == Sides.UNKNOWN for change in plan.changes):
        yield (_UNKNOWN,)


def drift_parts(
    drift: Drift, told: Attribution | None, changes: Sequence[Change], parts_of: ChangeParts
) -> Iterator[Part]:
    """Yield the changes of each cause; beside those by the server all others are folded."""
    sorted_out = _sorted_out(drift, changes)
    for at, (group, these) in enumerate(sorted_out.items()):
        by = _BY[group]
        for part in parts_of(these, lambda row, change: _with_sides(row, drift.of(change))):
            title = f"{by[:1].upper()}{by[1:]}: {part.title[:1].lower()}{part.title[1:]}"
            folded = bool(at) and Sides.SERVER in sorted_out
            yield replace(part, title=title, folded=folded, weight=part.weight + at)
    if told:
        yield from (
            replace(part, folded=True) for part in line_parts(told, "What the manifests cause since then")
        )


def _sorted_out(drift: Drift, changes: Sequence[Change]) -> dict[Sides, list[Change]]:
    """Return the changes of each cause that there is, in the order in which they are told."""
    found: dict[Sides, list[Change]] = {group: [] for group in _ORDER}
    for change in changes:
        sides = drift.of(change)
        found[sides if sides in found else _SEVERAL].append(change)
    return {group: these for group, these in found.items() if these}


def _with_sides(row: Row, sides: Sides) -> Row:
    """Return a row that says who has moved, where that is more than one."""
    several = [SIDES[side] for side in _ALONE if side in sides]
    if len(several) == 1 or not several:
        return row
    return row._replace(below=((f"by {listed(several)}",), *row.below))
