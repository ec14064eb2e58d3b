"""A program of the user's, run within bounds: its files, its environment, its time, its end.

What it prints goes to files without a name rather than through pipes: nothing blocks, nothing is
believed before the program has ended well, and nothing stays behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from reconciler.errors import SourceDataError, SourceUnavailable

CAPS_MEMORY: Final = sys.platform not in {"win32", "darwin"}
"""Windows has no such limit without job objects, and macOS takes RLIMIT_AS without keeping it."""

_LAUNCHER: Final = """
import os, resource, sys
wanted, names, program = int(sys.argv[1]), sys.argv[2], sys.argv[3]
most = resource.getrlimit(resource.RLIMIT_AS)[1]
limit = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
environment = {name: os.environ[name] for name in names.split(",") if name}
try:
    os.execve(program, sys.argv[3:], environment)
except OSError as error:
    sys.exit(f"it cannot be started: {error.strerror}")
"""
"""Sets the limit and becomes the program; between fork and exec no Python may run beside threads.

It hands on the environment name by name, since Python puts LC_CTYPE into its own (PEP 538).
"""

_MEGABYTE: Final = 2**20
_LOOK: Final = 0.05
"""Seconds between two looks at what a running program has printed."""
_TAIL, _SHOWN = 65_536, 600
_SHORTEST_SECRET: Final = 6


@dataclass(frozen=True, slots=True)
class Program:
    """What is run, and within which bounds; `name` is how errors call it."""

    name: str
    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    seconds: int
    output_megabytes: int
    memory_megabytes: int

    def run(self, out: IO[bytes]) -> None:
        """Run to a good end, standard output in `out`; raise SourceError for any other end.

        Its process group ends with it, however this call ends.
        """
        with TemporaryFile() as talk:
            process = self._start(out, talk)
            try:
                code = self._wait(process, out, talk)
            finally:
                _end(process)
            if code:
                how = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
                said = _said(talk, self.environment.values())
                raise SourceUnavailable(
                    f"the script {how}" + (f": {said}" if said else ", and said nothing on standard error"),
                    hint="what it printed was not used; run it by hand, as docs/script-source.md shows",
                    where=self.name,
                )

    def _start(self, out: IO[bytes], talk: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603  argv without a shell, pinned by its digest
                self._argv(),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=talk,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SourceDataError(
                f"the script cannot be started: {reason}",
                hint="it needs a first line such as #!/bin/sh, or an `interpreter` in the manifest",
                where=self.name,
            ) from None

    def _argv(self) -> list[str]:
        if not CAPS_MEMORY:  # pragma: no cover  # Windows and macOS
            return [*self.argv]
        limit, names = str(self.memory_megabytes * _MEGABYTE), ",".join(self.environment)
        return [sys.executable, "-I", "-S", "-c", _LAUNCHER, limit, names, *self.argv]

    def _environment(self) -> dict[str, str]:
        if sys.platform == "win32":  # pragma: no cover  # without it, Windows programs find no system library
            return {"SYSTEMROOT": os.environ["SYSTEMROOT"], **self.environment}
        return {**self.environment}

    def _wait(self, process: subprocess.Popen[bytes], out: IO[bytes], talk: IO[bytes]) -> int:
        end = time.monotonic() + self.seconds
        code: int | None = None
        while code is None:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=_LOOK)
            printed = max(os.fstat(file.fileno()).st_size for file in (out, talk))
            if printed > self.output_megabytes * _MEGABYTE:
                raise SourceDataError(
                    f"the script printed more than {self.output_megabytes} MB",
                    hint="look at what it prints; `maxOutputMegabytes` is the bound",
                    where=self.name,
                )
            if code is None and time.monotonic() > end:
                said = _said(talk, self.environment.values())
                raise SourceUnavailable(
                    f"the script had not ended after {self.seconds} s" + (f": {said}" if said else ""),
                    hint="`timeoutSeconds` is the bound; what it had printed was not used",
                    where=self.name,
                )
        return code


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it has started, as far as that stayed in its process group."""
    if sys.platform == "win32":  # pragma: no cover  # there are no groups to signal: the tree is walked
        ending = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(ending, capture_output=True, check=False)  # noqa: S603  Windows' own program
    else:
        # Nobody is left in the group, or on macOS only who has ended already.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _said(talk: IO[bytes], secrets: Iterable[str]) -> str:
    """Return the last of what a program said, on one line, without what it was given to keep."""
    talk.seek(max(0, os.fstat(talk.fileno()).st_size - _TAIL))
    text = talk.read(_TAIL).decode("utf-8", "replace")
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _SHOWN else f"...{line[-_SHOWN:]}"
