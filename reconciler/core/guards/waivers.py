"""What a policy waives beforehand, and which of its waivers are worth nothing any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.core.guards.question import Question, Verdict
from reconciler.core.notice import Kind, Notice
from reconciler.core.waiver import Waived, Waiver


def with_waivers(verdicts: Iterable[Verdict], waivers: Iterable[Waiver], now: str) -> Iterator[Verdict]:
    """Yield the verdicts; one that a waiver covers no longer stands in the way, and says whose that is."""
    holding = [waiver for waiver in waivers if waiver.holds(now)]
    for verdict in verdicts:
        covering = (one for one in holding if one.covers(verdict.guard, verdict.scope, verdict.count))
        waiver = next(covering, None) if verdict.tripped else None
        if waiver is None:
            yield verdict
        else:
            yield replace(verdict, tripped=False, waived=Waived(waiver.by, waiver.reason, waiver.until))


def untimely(question: Question) -> Iterator[Notice]:
    """Yield the waivers that have expired, and those for a source or group that there is not."""
    known = {"", *(rules.name for rules in question.sources), *question.actual.groups, *question.former}
    for waiver in question.policy.waivers:
        whose = f"the waiver of {waiver.by} ({waiver.reason})"
        if not waiver.holds(question.now):
            yield Notice(Kind.WAIVER, waiver.guard, f"{whose} ended at {waiver.until}", (waiver.place,))
        elif waiver.scope not in known:
            message = f"{whose} is for {waiver.scope}, which is no source and no group here"
            yield Notice(Kind.WAIVER, waiver.guard, message, (waiver.place,))
