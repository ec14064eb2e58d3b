"""Measures, and prints one JSON line a figure: ``python -m tests.bench [--million] [--quick] [NAME...]``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.bench import core, drift_csv, plan_csv, recorded
from tests.bench.figure import Figure, run

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
MILLION = {"1m": 1_000_000}


def main(arguments: list[str]) -> None:
    """Print the figures that are asked for, each as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        help="help, diff, plan_csv, drift_csv, recorded, apply, page, ldap; all unless named",
    )
    parser.add_argument("--million", action="store_true", help="measure a million users too")
    parser.add_argument("--quick", action="store_true", help="small and once: does it still run?")
    chosen = parser.parse_args(arguments)
    for name, measure in _measurements(million=chosen.million, quick=chosen.quick).items():
        if not chosen.names or name in chosen.names:
            for figure in measure():
                print(figure, flush=True)  # noqa: T201 - this is what it is for


def _measurements(*, million: bool, quick: bool) -> dict[str, Callable[[], Iterator[Figure]]]:
    sizes = {"1k": 1_000} if quick else {**SIZES, **(MILLION if million else {})}
    rounds = 1 if quick else 5
    return {
        "help": lambda: _help(rounds),
        "diff": lambda: core.figures(max(SIZES[name] for name in sizes.keys() & SIZES.keys()), rounds),
        "plan_csv": lambda: _plan_csv(sizes, rounds),
        "drift_csv": lambda: _drift_csv(sizes, rounds),
        "recorded": lambda: _recorded(sizes, rounds),
        "apply": lambda: _apply(500 if quick else 10_000, min(rounds, 3)),
        "page": lambda: _page(sizes, rounds),
        "ldap": lambda: _ldap(sizes, rounds),
    }


def _plan_csv(sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        yield from plan_csv.figures(Path(folder), sizes, rounds)


def _drift_csv(sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    smaller = {name: size for name, size in sizes.items() if size <= SIZES["100k"]}
    with tempfile.TemporaryDirectory() as folder:
        yield from drift_csv.figures(Path(folder), smaller, min(rounds, 3))


def _recorded(sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    smaller = {name: size for name, size in sizes.items() if size <= SIZES["100k"]}
    with tempfile.TemporaryDirectory() as folder:
        yield from recorded.figures(Path(folder), smaller, min(rounds, 3))


def _apply(size: int, rounds: int) -> Iterator[Figure]:
    from tests.bench import apply  # noqa: PLC0415 - the other measurements run without a simulator

    with tempfile.TemporaryDirectory() as folder:
        yield from apply.figures(Path(folder), size, rounds)


def _page(sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    from tests.bench import page  # noqa: PLC0415 - the other measurements run without a browser

    smaller = {name: size for name, size in sizes.items() if size <= SIZES["100k"]}
    with tempfile.TemporaryDirectory() as folder:
        yield from page.figures(Path(folder), smaller, min(rounds, 3))


def _ldap(sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    from tests.bench import ldap  # noqa: PLC0415 - the other measurements run without a directory's library

    for size in sizes.values():
        if size >= SIZES["100k"]:
            yield from ldap.figures(size, min(rounds, 3))


def _help(rounds: int) -> Iterator[Figure]:
    program = shutil.which("reconciler", path=str(Path(sys.executable).parent))
    command = [program] if program else [sys.executable, "-m", "reconciler"]
    seconds = [run([*command, "--help"]).seconds for _ in range(2 * rounds + 1)]
    yield Figure("help_seconds", round(median(seconds), 3), "s", 0.2, 1)


if __name__ == "__main__":
    main(sys.argv[1:])
