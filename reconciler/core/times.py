"""Moments as this program writes them everywhere: UTC, ISO 8601, to the second, comparable as text."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

_DAY = timedelta(days=1)


def stamp(moment: datetime) -> str:
    """Return a moment as plans, approvals and ledgers write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def days_since(since: str, now: str) -> float:
    """Return how many days have passed; none where the clock has gone back."""
    passed = datetime.fromisoformat(now) - datetime.fromisoformat(since)
    return max(passed / _DAY, 0.0)


def tenths(days: float) -> str:
    """Return days with one decimal, never rounded up: what is shown as reached has been reached."""
    return f"{math.floor(days * 10) / 10:g}"
