"""Replayed days as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.core.backtest import Day, peaks
from reconciler.core.change import Action
from reconciler.core.guards import Verdict
from reconciler.core.render.harmless import visible
from reconciler.core.render.words import ACTIONS, counted, listed


def days_text(days: Sequence[Day]) -> Iterator[str]:
    """Yield each day, and then what each guard would have done over all of them."""
    for day in days:
        yield f"{visible(day.name)} ({day.taken}): {_planned(day)}"
        yield from (f"  ! {_told(verdict)}" for verdict in day.verdicts if verdict.tripped)
    believed = sum(not day.doubt for day in days)
    yield ""
    yield f"{counted(len(days), 'day')}, {believed:,} of them believed"
    for peak in peaks(days):
        when = (
            f"would have tripped on {counted(len(peak.tripped), 'day')}" if peak.tripped else "let all pass"
        )
        yield f"  {peak.guard} {when}; at most {_amount(peak.verdict)}, on {visible(peak.day)}"


def _planned(day: Day) -> str:
    if day.doubt:
        return f"no plan: {visible(day.doubt)}"
    amounts = [
        f"{ACTIONS[action].verb} {counted(day.changes[action], ACTIONS[action].noun)}"
        for action in Action
        if day.changes.get(action)
    ]
    return listed(amounts) if amounts else "nothing to do"


def _told(verdict: Verdict) -> str:
    scope = f" ({visible(verdict.scope)})" if verdict.scope else ""
    return f"{verdict.guard}{scope}: {_amount(verdict)}"


def _amount(verdict: Verdict) -> str:
    return f"{verdict.amount}, and the limit is {visible(verdict.limit)}"
