"""The command line as a process of its own, the way people run it.

Coverage of the process is counted: `patch = subprocess` in pyproject.toml sees to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECONDS = 120
"""How long a command may take before its test fails."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended and what it wrote."""

    code: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


def surroundings(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: this one's, without what would change the answers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    kept.pop("PYTHONHASHSEED", None)
    plain = {"NO_COLOR": "1", "COLUMNS": "100", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    return {**kept, **plain, **extra}


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs ``reconciler ...`` in a folder; `together` makes one stream of both, as a terminal does."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    together: bool = False

    def __call__(
        self, *arguments: str, code: int | None = 0, stdin: str = "", **environment: str
    ) -> Finished:
        """Run to the end; with `code` given, the test fails unless that is the exit code."""
        __tracebackhide__ = True
        ended = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=surroundings({**self.environment, **environment}),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if self.together else subprocess.PIPE,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        finished = Finished(ended.returncode, ended.stdout, ended.stderr or "")
        if code is not None and finished.code != code:
            pytest.fail(f"`reconciler {' '.join(arguments)}`: expected exit code {code}, {finished}")
        return finished

    @contextmanager
    def running(self, *arguments: str, **environment: str) -> Iterator[str]:
        """Keep a command running; gives the first line that it prints, which says that it is ready."""
        with subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=surroundings({**self.environment, **environment}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        ) as process:
            if process.stdout is None:
                raise AssertionError("a pipe was asked for")
            first = process.stdout.readline()
            # What nobody reads would stop the command in the middle of a line.
            rest = threading.Thread(target=process.stdout.read)
            rest.start()
            try:
                yield first.rstrip("\n")
            finally:
                process.terminate()
                rest.join()


PROGRAM = (sys.executable, "-m", "reconciler")


@pytest.fixture
def reconciler(tmp_path: Path) -> CommandLine:
    """Run the command line in this test's own folder: ``reconciler("plan", "--out", "p.json", code=0)``."""
    return CommandLine(tmp_path)
