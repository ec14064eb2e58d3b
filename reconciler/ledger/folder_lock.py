"""The run lock of one machine: a locked file beside the manifests, which goes with its process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import LockHeld


class HeldFile:
    """The file lock while it is held: the operating system takes it from nobody."""

    def check(self) -> None:
        """Find nothing wrong."""


@contextmanager
def folder_lock(folder: Path, name: str) -> Iterator[HeldFile]:
    """Hold the run lock of a target in this folder; a second run gives up at once, and says so."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  slow to import, and a plan locks nothing

    path = folder / f"{name}.lock"
    lock = FileLock(path, timeout=0)
    try:
        make_folder(folder)
        lock.acquire()
    except Timeout:
        raise LockHeld(
            f"another run is applying to {name}",
            hint="wait until it has ended; the lock goes with its process",
            where=str(path),
        ) from None
    except OSError as error:
        raise LockHeld(
            f"the run lock cannot be taken: {error.strerror}",
            hint=f"let whoever runs this command write to the folder {folder.name} of the project",
            where=str(path),
        ) from None
    try:
        yield HeldFile()
    finally:
        lock.release()


def make_folder(folder: Path) -> None:
    """Make the folder of what is kept beside the manifests, and keep it out of Git."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
