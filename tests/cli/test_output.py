"""Standard output that takes no more: a disk that is full, and a reader who has left."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.app import run
from support.process import PROGRAM, surroundings

FULL = Path("/dev/full")
"""A file that never has room; Linux has it."""


@pytest.mark.parametrize("arguments", [("--help",), ("plan", "--help"), ("schema",)])
def test_a_full_disk_is_told_with_a_remedy(arguments: tuple[str, ...]) -> None:
    with FULL.open("wb") as full:
        ended = subprocess.run(
            [*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, env=surroundings({}), check=False
        )
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines() == [
        "error: standard output cannot be written: No space left on device",
        "  hint: let it go to a disk that is not full; what was printed is not whole",
    ]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OSError(errno.ENOSPC, "No space left on device", "a.json"), id="of-a-file-with-a-name"),
        pytest.param(OSError(errno.ENOENT, "No such file"), id="of-another-kind"),
    ],
)
def test_an_error_of_something_else_is_not_taken_for_it(
    error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Command:
        @staticmethod
        def main(*_: object, **__: object) -> int:
            raise error

    monkeypatch.setattr("reconciler.cli.app.typer.main.get_command", lambda _: Command)
    with pytest.raises(OSError, match=str(error.strerror)):
        run(["plan"])
