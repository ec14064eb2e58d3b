"""How fast an apply is, held against a bare client that sends the same requests over as many connections.

The requests are recorded from one apply, and both then send them to the simulator, which starts from the same
state each time. Apply and client are processes of their own, and take turns, so that a busy machine is
busy for both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import urllib3

from tests.bench.figure import Figure

CONCURRENCY = (1, 8, 32)
GOAL = 0.8
"""Of the bare client's rate; here more is better."""

_ONCE = Path(__file__).with_name("apply_once.py")
_TEAMS = 50
_FLAT_MB = 40.0
"""What five times as many changes may take on top: an outcome of each, which the result is made of."""


def figures(folder: Path, size: int, rounds: int) -> Iterator[Figure]:
    """Yield the ratio for each number of connections, the rate with eight, and how much memory it takes."""
    with _simulator(folder) as url:
        for connections in CONCURRENCY:
            yield from _ratio(folder, url, size, connections, rounds)
        small, large = (_once(folder, url, "apply", 8, count)["mb"] for count in (size, 5 * size))
        yield Figure("apply_mb", round(large, 1), "MB", round(small + _FLAT_MB, 1), 5 * size)


def _ratio(folder: Path, url: str, size: int, connections: int, rounds: int) -> Iterator[Figure]:
    _once(folder, url, "record", connections, size)
    applied: list[float] = []
    bare: list[float] = []
    for _ in range(rounds):
        applied.append(_once(folder, url, "apply", connections, size)["seconds"])
        bare.append(_once(folder, url, "bare", connections, size)["seconds"])
    ratio = median(ours and theirs / ours for ours, theirs in zip(applied, bare, strict=True))
    yield Figure(f"apply_vs_bare_ratio_c{connections}", round(ratio, 3), "ratio", GOAL, size)
    rate = size / median(applied)
    yield Figure(f"apply_changes_per_second_c{connections}", round(rate, 1), "1/s", None, size)


def _once(folder: Path, url: str, what: str, connections: int, size: int) -> dict[str, Any]:
    """Put the simulator into its first state, run one process on it, and return what that measured."""
    _start_over(url, size)
    ended = subprocess.run(
        [sys.executable, str(_ONCE), what, url, str(connections), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # where an apply tells of each change
        check=True,
    )
    measured: dict[str, Any] = json.loads(ended.stdout)
    expected = {"apply": size, "record": size}.get(what, measured["done"])
    if measured["done"] != expected:
        sys.exit(f"{what}: {measured['done']} of {expected} were done")
    return measured


def _start_over(url: str, size: int) -> None:
    """Empty the simulator and fill it with people for `size` changes; each has the same id as before."""
    users = [
        {
            "username": f"person{number}",
            "fullname": f"Person {number}",
            "email": f"person{number}@uni.example",
            "code": str(number),
            "cards": [f"{number:08X}"],
            "syncSource": "HR",
            "deleted": number % 10 == 9,
            "groups": [] if number % 10 == 9 else [f"Staff|Team {number % _TEAMS}"],
        }
        for number in range(size)
    ]
    groups = [f"Staff|Team {number}" for number in range(_TEAMS)]
    with urllib3.PoolManager(retries=False) as http:
        for path, body in (("reset", {}), ("seed", {"users": users, "groups": groups})):
            answer = http.request("POST", f"{url}/simulator/{path}", body=orjson.dumps(body))
            if answer.status != 200:
                sys.exit(f"the simulator says {answer.status} to {path}")


@contextmanager
def _simulator(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "reconciler", "simulator", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        if process.stderr is None:
            raise AssertionError("a pipe was asked for")
        url = process.stderr.readline().split()[-1]
        try:
            yield url
        finally:
            process.terminate()
