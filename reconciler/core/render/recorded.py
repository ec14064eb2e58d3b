"""What is said of a plan that was made from recorded reads: from when they are, and how old that is."""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.core.plan import Stamp
from reconciler.core.render.masks import Line, Outside
from reconciler.core.render.words import counted

_OLD = timedelta(days=1)


def recorded_remark(stamp: Stamp) -> Line:
    """Return the remark; of reads that are older than a day it warns."""
    age = _moment(stamp.created) - _moment(stamp.recorded)
    warning = " Much may have changed since; apply reads everything afresh." if age >= _OLD else ""
    return (
        "From recorded reads, not from the sources and MyQ themselves: taken ",
        Outside(stamp.recorded),
        f", {_long(age)} before the plan.{warning}",
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _long(age: timedelta) -> str:
    """Return how long that is, in the largest unit that it fills; a snapshot from ahead is no age at all."""
    seconds = max(0, int(age.total_seconds()))
    for noun, unit in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= unit:
            return counted(seconds // unit, noun)
    return counted(seconds, "second")
