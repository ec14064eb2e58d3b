"""Reading and replacing whole files, so that nobody ever sees half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path

from reconciler.errors import PlanFileError

LARGEST = 1 << 30
"""Bytes; a plan of a million changes has about 0.7 of them."""


def read_file(path: Path, made_by: str, largest: int = LARGEST) -> bytes:
    """Return the content of a file. Raises PlanFileError when it is not there, unreadable or too large."""
    try:
        with path.open("rb") as file:
            too_large = os.fstat(file.fileno()).st_size > largest
            content = b"" if too_large else file.read(largest + 1)
    except FileNotFoundError:
        raise PlanFileError(
            "there is no such file", hint=f"`{made_by}` writes one", where=str(path)
        ) from None
    except OSError as error:
        raise PlanFileError(
            f"the file cannot be read: {error.strerror}",
            hint="give a file that this account may read",
            where=str(path),
        ) from None
    if too_large or len(content) > largest:
        raise PlanFileError(
            f"the file is larger than {largest:,} bytes",
            hint="no plan is that large; is it another file?",
            where=str(path),
        )
    return content


def replace_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file in one step: it has its old content or all of the new, whatever happens.

    Folders are made for it. Only its owner may read it, for it holds people's data. Raises PlanFileError
    when it cannot be written.
    """
    with _told_where(path):
        number, name = _part(path)
        try:
            with os.fdopen(number, "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)  # noqa: PTH105 - the name is what mkstemp gave
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def check_writable(path: Path) -> None:
    """Raise PlanFileError where a file could not be written, before anything happens that it shall tell."""
    with _told_where(path):
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        number, name = _part(path)
        os.close(number)
        Path(name).unlink()


def _part(path: Path) -> tuple[int, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)


@contextmanager
def _told_where(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlanFileError(
            f"the file cannot be written: {error.strerror}",
            hint="give a path in a folder that this account may write to, on a disk that is not full",
            where=str(path),
        ) from None
