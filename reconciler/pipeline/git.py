"""What git knows of a folder, where there is git and the folder is in it; nothing is checked out."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_FILES = frozenset({"100644", "100755"})


class Entry(NamedTuple):
    """One entry of a folder in a commit; a symbolic link or a submodule is no file."""

    name: str
    blob: str
    is_file: bool


def ask(*words: str, folder: Path = Path()) -> str:
    """Return git's answer on one line; "" where there is no git, or it has no answer."""
    return _answer(words, folder).decode("utf-8", "replace").strip()


def listed(commit: str, name: str, folder: Path) -> Iterator[Entry]:
    """Yield what a commit has in a folder below this one, all below that left out."""
    prefix = ask("rev-parse", "--show-prefix", folder=folder)
    answer = _answer(("ls-tree", "-z", "--full-tree", commit, "--", f"{prefix}{name}/"), folder)
    for line in answer.decode("utf-8", "replace").split("\0"):
        told, _, path = line.partition("\t")
        if path:
            mode, _, blob = told.split(" ")
            yield Entry(path.rpartition("/")[2], blob, mode in _FILES)


def contents(blobs: Sequence[str], folder: Path) -> list[bytes]:
    """Return the bytes of blobs, in their order."""
    answer = _answer(("cat-file", "--batch"), folder, "".join(f"{blob}\n" for blob in blobs).encode())
    found, at = [], 0
    for _ in blobs:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].rsplit(b" ", 1)[1])
        found.append(answer[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def _answer(words: Sequence[str], folder: Path, said: bytes = b"") -> bytes:
    git = shutil.which("git")
    if git is None:
        return b""
    told = subprocess.run(  # noqa: S603  fixed words and a ref behind --end-of-options, no shell
        [git, *words], cwd=folder, input=said, capture_output=True, check=False
    )
    return told.stdout if told.returncode == 0 else b""
