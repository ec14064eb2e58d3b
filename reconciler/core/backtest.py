"""What replayed days say of the guards: on which each would have tripped, and how near it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from reconciler.core.guards import NAMES, Verdict


class Day(NamedTuple):
    """One replayed snapshot: how many changes of each action it would have been, and what the guards say.

    With a `doubt` its reads would not have been believed, and there would have been no plan.
    """

    name: str
    taken: str
    changes: Mapping[str, int]
    verdicts: tuple[Verdict, ...] = ()
    doubt: str = ""


class Peak(NamedTuple):
    """One guard over all days: on which it would have tripped, and the day on which it counted the most."""

    guard: str
    tripped: tuple[str, ...]
    day: str
    verdict: Verdict


def peaks(days: Sequence[Day]) -> tuple[Peak, ...]:
    """Return each guard that counted anything on any day, in the order in which guards are told."""
    found = []
    for guard in NAMES:
        mine = [(day.name, verdict) for day in days for verdict in day.verdicts if verdict.guard == guard]
        counted = [one for one in mine if one[1].count or one[1].tripped]
        if counted:
            tripped = tuple(dict.fromkeys(name for name, verdict in counted if verdict.tripped))
            found.append(Peak(guard, tripped, *max(counted, key=_nearness)))
    return tuple(found)


def _nearness(one: tuple[str, Verdict]) -> tuple[bool, int]:
    return one[1].tripped, one[1].count


def days_document(days: Iterable[Day]) -> dict[str, object]:
    """Return what was found as a document."""
    told = list(days)
    return {
        "days": [
            {
                "name": day.name,
                "taken": day.taken,
                "doubt": day.doubt,
                "changes": dict(day.changes),
                "guards": [_verdict(verdict) for verdict in day.verdicts if verdict.count or verdict.tripped],
            }
            for day in told
        ],
        "guards": [
            {
                "guard": peak.guard,
                "tripped": list(peak.tripped),
                "largest": {"day": peak.day, **_verdict(peak.verdict)},
            }
            for peak in peaks(told)
        ],
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "guard": verdict.guard,
        "scope": verdict.scope,
        "count": verdict.count,
        "population": verdict.population,
        "percent": verdict.percent,
        "limit": verdict.limit,
        "tripped": verdict.tripped,
    }
