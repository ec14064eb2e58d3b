"""One measured number, and how a process is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

SPENT = Path(__file__).with_name("spent.py")


class Figure(NamedTuple):
    """What `make bench` prints, one line each; `goal` is the most that is good, or of a ratio the least."""

    name: str
    value: float
    unit: str
    goal: float | None
    size: int

    def __str__(self) -> str:
        return json.dumps(self._asdict())


class Spent(NamedTuple):
    """What a process took from start to end."""

    seconds: float
    megabytes: float


def run(command: Sequence[str]) -> Spent:
    """Run a command to its end and return what it took; whatever fails ends the measuring."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    measured = subprocess.run(
        [sys.executable, "-I", str(SPENT), *command],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    code, seconds, megabytes = measured.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(command)} ended with {code}\n{measured.stderr}")
    return Spent(float(seconds), float(megabytes))


def spent(
    words: Sequence[str], name: str, size: int, rounds: int, goals: Mapping[str, float]
) -> Iterator[Figure]:
    """Yield the median of the seconds and the most megabytes that a command of the program takes."""
    each = [run([sys.executable, "-m", "reconciler", *words]) for _ in range(rounds)]
    for unit, sign, value in (
        ("seconds", "s", median(one.seconds for one in each)),
        ("mb", "MB", max(one.megabytes for one in each)),
    ):
        full = f"{name}_{unit}"
        yield Figure(full, round(value, 3), sign, goals.get(full), size)
