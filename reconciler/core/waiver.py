"""Waivers: who lets a guard pass, why, until when, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Waived(NamedTuple):
    """A verdict that would stand in the way, and whom it passes by; `until` is UTC in ISO 8601."""

    by: str
    reason: str
    until: str


class Pass(NamedTuple):
    """One guard that an apply passed over, in one scope; `found` is what it had counted."""

    guard: str
    scope: str
    found: int
    waived: Waived


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver of a policy: of one guard, in one scope or ("") in each, up to a count where one is said.

    `place` says where it is written. It holds until `until`, and not in a run that knows no time.
    """

    guard: str
    reason: str
    by: str
    until: str
    scope: str = ""
    at_most: int | None = None
    place: str = ""

    def holds(self, now: str) -> bool:
        """Return whether it has not expired."""
        return bool(now) and now < self.until

    def covers(self, guard: str, scope: str, count: int) -> bool:
        """Return whether it is of this guard here, and found no more than was foreseen."""
        near = self.scope in {"", scope}
        return self.guard == guard and near and (self.at_most is None or count <= self.at_most)
