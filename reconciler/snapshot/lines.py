"""Files of JSON lines, compressed: written and read as they stream, so that memory stays flat."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import orjson

from reconciler.errors import SnapshotError, SourceDataError
from reconciler.snapshot.models import FilePart

LONGEST: Final = 256 << 20
"""Bytes of one line at most; a batch of 5,000 records has a few of a million."""

_LEVEL: Final = 5
_PIECE: Final = 1 << 20
_OWNER_ONLY: Final = 0o600
AGAIN: Final = "take a new one with `reconciler snapshot`; its files are never edited"


def created(path: Path) -> BufferedWriter:
    """Return a new file for its owner alone; raise FileExistsError where there is one."""
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, _OWNER_ONLY))


class Writer:
    """Writes one file, for its owner alone; `part` says what became of it once it is closed."""

    def __init__(self, path: Path) -> None:
        self.part: FilePart | None = None
        self._path = path
        self._file = created(path)
        # Neither a name nor a time goes in, so that equal reads make equal files.
        self._packed = gzip.GzipFile("", "wb", _LEVEL, self._file, mtime=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            self._packed.close()
            self._file.flush()
            os.fsync(self._file.fileno())
        if kind is None:
            with self._path.open("rb") as file:
                self.part = FilePart(
                    name=self._path.name, bytes=self._path.stat().st_size, sha256=_digest(file)
                )

    def write(self, value: object) -> None:
        """Write one line."""
        try:
            self._packed.write(orjson.dumps(value))
        except TypeError as error:
            raise SourceDataError(
                f"a value cannot be written as JSON: {error}",
                hint="look for a record with half a character (a lone surrogate) and mend it in its source",
                where=self._path.name,
            ) from None
        self._packed.write(b"\n")


@contextmanager
def lines_of(folder: Path, part: FilePart) -> Iterator[Iterator[bytes]]:
    """Give the lines of a file, when it is the one that the snapshot was sealed with."""
    where = str(folder / part.name)
    try:
        file = (folder / part.name).open("rb")
    except OSError as error:
        raise SnapshotError(
            f"a file of the snapshot cannot be read: {error.strerror}", hint=AGAIN, where=where
        ) from None
    with file:
        if os.fstat(file.fileno()).st_size != part.bytes or _digest(file) != part.sha256:
            raise SnapshotError(
                "the file is not the one that the snapshot was written with: it was cut off, edited, or "
                "belongs to another snapshot",
                hint=AGAIN,
                where=where,
            )
        file.seek(0)
        with gzip.GzipFile(fileobj=file) as packed:
            yield _lines(packed, where)


def _lines(packed: gzip.GzipFile, where: str) -> Iterator[bytes]:
    try:
        while line := packed.readline(LONGEST + 1):
            if len(line) > LONGEST:
                raise damaged(where, f"a line has more than {LONGEST:,} bytes")
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(where, str(error)) from None


def damaged(where: str, fact: str) -> SnapshotError:
    """Return the error for what no writer of ours has written."""
    return SnapshotError(f"this is no file of a snapshot: {fact}", hint=AGAIN, where=where)


def _digest(file: IO[bytes]) -> str:
    total = hashlib.sha256()
    while piece := file.read(_PIECE):
        total.update(piece)
    return f"sha256:{total.hexdigest()}"
