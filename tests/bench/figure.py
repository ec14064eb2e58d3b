"""One measured number, and how a process is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

MEGABYTE = 1024 * 1024


class Figure(NamedTuple):
    """What `make bench` prints, one line each; lower is better, `goal` is the most that is good."""

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
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        if process.stderr is None:
            raise AssertionError("a pipe was asked for")
        said = process.stderr.read()
        megabytes = _end(process)
        seconds = time.perf_counter() - begin
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}\n{said.decode(errors='replace')}")
    return Spent(seconds, megabytes)


def _end(process: subprocess.Popen[bytes]) -> float:
    """Wait for the end; return the most memory that the process held."""
    if sys.platform == "win32":
        process.wait()
        return _peak_of_windows(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts kilobytes, macOS bytes.
    return usage.ru_maxrss / (MEGABYTE if sys.platform == "darwin" else 1024)


def _peak_of_windows(process: subprocess.Popen[bytes]) -> float:
    """Ask the system about a process that has ended; its handle is still open."""
    import ctypes  # noqa: PLC0415 - only here

    class Counters(ctypes.Structure):
        _fields_ = (
            ("size", ctypes.c_uint32),
            ("faults", ctypes.c_uint32),
            ("peak", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 7),
        )

    counters = Counters(size=ctypes.sizeof(Counters))
    handle = ctypes.c_void_p(int(process._handle))  # type: ignore[attr-defined]  # only Windows has one
    ctypes.WinDLL("kernel32").K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.size)  # type: ignore[attr-defined]  # the same
    return float(counters.peak) / MEGABYTE
