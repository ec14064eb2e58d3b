"""How long a scheduled look takes as a whole process: a plan, held against what the last look saw."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import people
from tests.bench.figure import Figure, run, spent
from tests.bench.plan_csv import a_project

GOALS: dict[str, float] = {"drift_csv_100k_seconds": 3.5, "drift_csv_100k_mb": 350}
"""A plan, and everybody once more: what was wished, what was there, and what is remembered of both."""


def figures(folder: Path, sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    """Yield time and memory of a look for each size; since the last, one in a hundred moved on the server."""
    for name, size in sizes.items():
        project = a_project(folder / name, size)
        words = ["drift", "-C", str(project)]
        moved = project / "export.csv"
        later = moved.rename(project / "later.csv")
        people.write(moved, people.people(size))
        run([sys.executable, "-m", "reconciler", *words])
        later.replace(moved)
        yield from spent(words, f"drift_csv_{name}", size, rounds, GOALS)
        shutil.rmtree(project)
