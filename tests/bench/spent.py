"""Runs a command and prints its exit code, its seconds and its megabytes at most: ``spent.py COMMAND...``.

It stands apart and imports little, since a process is taken to have held what its parent held.
"""

import os
import subprocess
import sys
import time

MEGABYTE = 1024 * 1024


def spend(command: list[str]) -> tuple[int, float, float]:
    """Run a command to its end; return how it ended, how long it took and how much memory it held."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    megabytes = _end(process)
    return process.returncode, time.perf_counter() - begin, megabytes


def _end(process: subprocess.Popen[bytes]) -> float:
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
    handle = ctypes.c_void_p(int(process._handle))
    ctypes.WinDLL("kernel32").K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.size)
    return float(counters.peak) / MEGABYTE


if __name__ == "__main__":
    print(*spend(sys.argv[1:]))  # noqa: T201 - this is what it is for
