"""What it costs to record reads, to plan from them, and to hold a plan against other manifests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure, spent
from tests.bench.plan_csv import a_project, write_manifests

LOWER = "{from: EMAIL, filters: [lower]}"
"""The base maps e-mail otherwise, and yet everybody's comes out the same: a review of a harmless change."""

GOALS: dict[str, float] = {
    "snapshot_100k_seconds": 3,
    "snapshot_100k_mb": 300,
    "snapshot_100k_disk_mb": 10,
    "plan_snapshot_100k_seconds": 2.5,
    "plan_snapshot_100k_mb": 300,
    "plan_base_100k_seconds": 4,
    "plan_base_100k_mb": 400,
}


def figures(folder: Path, sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    """Yield time and memory of a snapshot, of a plan from it, and of a plan against a base, for each size."""
    for name, size in sizes.items():
        project, base = a_project(folder / name, size), folder / f"{name}-base"
        base.mkdir()
        write_manifests(base, LOWER)
        snapshot = folder / f"{name}-snapshot"
        yield from spent(["snapshot", str(snapshot), "-C", str(project)], f"snapshot_{name}", size, 1, GOALS)
        taken = sum(file.stat().st_size for file in snapshot.iterdir()) / 1_000_000
        full = f"snapshot_{name}_disk_mb"
        yield Figure(full, round(taken, 2), "MB", GOALS.get(full), size)
        plan = ["plan", "-C", str(project), "--no-remember", "--out", str(project / "out.plan.json")]
        yield from spent([*plan, "--snapshot", str(snapshot)], f"plan_snapshot_{name}", size, rounds, GOALS)
        yield from spent([*plan, "--base", str(base)], f"plan_base_{name}", size, rounds, GOALS)
        for each in (project, base, snapshot):
            shutil.rmtree(each)
