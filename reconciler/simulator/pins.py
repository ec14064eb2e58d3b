"""The rules for PINs (myq.md section 5)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import count, pairwise

LONGEST = 16
_TIERS = ((1_000, 4), (10_000, 5))
_TOP_FLOOR = 6
HIGHEST_TIER = _TIERS[-1][0]
"""So many users and more make no difference."""


def shortest(setting: int, users: int) -> int:
    """Return how long a PIN must be: the administrator's setting, or the floor for so many users."""
    floor = next((length for below, length in _TIERS if users < below), _TOP_FLOOR)
    return max(setting, floor)


def constant_step(pin: str) -> bool:
    """Tell whether the digits rise, fall or stay by one step throughout, as in 1111, 1234 and 9753."""
    return len({int(after) - int(before) for before, after in pairwise(pin)}) == 1


def fault_of(pin: str, length: int, *, steps_refused: bool) -> str:
    """Return what is wrong with a PIN, never the PIN; ``""`` when nothing is."""
    if not (pin.isascii() and pin.isdigit()):
        return "The PIN must consist of digits."
    if not length <= len(pin) <= LONGEST:
        return f"The PIN must have {length} to {LONGEST} digits."
    if steps_refused and constant_step(pin):
        return "The digits of the PIN rise or fall by a constant step."
    return ""


def generated(length: int) -> Iterator[str]:
    """Yield random PINs that the rules allow, without end."""
    drawn = ("".join(secrets.choice("0123456789") for _ in range(length)) for _ in count())
    return (pin for pin in drawn if not constant_step(pin))
