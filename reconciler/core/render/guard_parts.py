"""The parts of a story that say what guards found: what stands in the way, and what came near a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.core.guards import Verdict
from reconciler.core.plan import Plan
from reconciler.core.render.masks import Line, Mask, Outside
from reconciler.core.render.story import Part, Row
from reconciler.core.waiver import Waived


def guard_parts(plan: Plan, mask: Mask) -> Iterator[Part]:
    """Yield the guards that object, and those that the policy waives."""
    standing = plan.tripped
    if standing:
        rows = (guard_row(verdict, mask) for verdict in standing)
        yield Part("Guards that stand in the way", rows, len(standing), "!")
    waived = [verdict for verdict in plan.verdicts if verdict.waived]
    if waived:
        rows = (guard_row(verdict, mask) for verdict in waived)
        yield Part("Guards that the policy waives", rows, len(waived), "!", 1)


def passed_parts(plan: Plan, mask: Mask) -> Iterator[Part]:
    """Yield how near the plan comes to the limits of the other guards, in one line for each guard."""
    near = _widest(one for one in plan.verdicts if not one.tripped and not one.waived and one.count)
    if near:
        yield Part("Guards that let it pass", (guard_row(one, mask) for one in near), len(near), weight=9)


def _widest(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdict of each guard on the whole server; where it has none, the one that counts most."""
    widest: dict[str, Verdict] = {}
    for one in verdicts:
        held = widest.setdefault(one.guard, one)
        if (not one.scope, one.count) > (not held.scope, held.count):
            widest[one.guard] = one
    return list(widest.values())


def guard_row(verdict: Verdict, mask: Mask) -> Row:
    """Return what one guard found; who may not see people is told how many, and of how many."""
    scope: Line = (" (", Outside(verdict.scope), ")") if verdict.scope else ()
    below = (waived_line(verdict.waived, mask),) if verdict.waived else ()
    if not mask.hides_people:
        told = () if verdict.scope in verdict.message else scope
        return Row((Outside(verdict.guard), *told, ": ", Outside(verdict.message)), below)
    found = f": {verdict.amount}, and the limit is "
    return Row((Outside(verdict.guard), *scope, found, Outside(verdict.limit)), below)


def waived_line(waived: Waived, mask: Mask) -> Line:
    """Return who lets a guard pass, until when, and why; a reason may name people."""
    why: Line = () if mask.hides_people else (": ", Outside(waived.reason))
    return ("waived by ", Outside(waived.by), " until ", Outside(waived.until), *why)
