"""The lines of a text file: every one of them, or an error.

Memory stays bounded whatever the file holds: it is read in blocks, and a line has a greatest length.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import stat
from collections.abc import Generator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import BinaryIO

from reconciler.core.model import Fact
from reconciler.errors import SourceUnavailable
from reconciler.sources.csv_dialect.encoding import (
    SINGLE_BYTE,
    Codec,
    Encoding,
    Utf8Doubt,
    WrongEncoding,
    codec_of,
    hint_for_byte,
)

LONGEST_LINE = 1 << 22
"""In characters. A longer line is refused before it is held in memory."""

_BLOCK = 1 << 16
"""In bytes. Four times as much costs a third more time, since rows no longer stay in the cache."""

_LOST = "\ufffd"


class BrokenText(Exception):
    """The text cannot be used: the line (0 where it is the whole file), and what precedes the fault in it."""

    def __init__(self, message: str, *, hint: str, line: int = 0, before: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.line = line
        self.before = before


class TextFile:
    """A text file, read once from its first line to its last."""

    def __init__(
        self, path: Path, name: str, encoding: Encoding, *, check_encoding: bool, final_newline: bool
    ) -> None:
        self.lines = 0
        self._path = path
        self._name = name
        self._encoding: Encoding = encoding
        self._check_encoding = check_encoding
        self._doubt = Utf8Doubt() if check_encoding and encoding in SINGLE_BYTE else None
        self._final_newline = final_newline
        self._digest = hashlib.sha256()
        self._size = 0
        self._tail = ""
        self._newlines = False

    def facts(self) -> tuple[Fact, ...]:
        """Return what shows that the file was read to its end."""
        return (
            Fact("end of file", "reached"),
            Fact("lines", str(self.lines)),
            Fact("bytes", str(self._size)),
            Fact("sha256", self._digest.hexdigest()),
            Fact("encoding", self._encoding),
        )

    def blocks(self) -> Generator[list[str], None, None]:
        """Yield some lines at a time, each with its line end; `lines` counts those yielded.

        Raises BrokenText, and SourceUnavailable when the file cannot be read or changes meanwhile.
        """
        with closing(self._texts()) as texts:
            for text in texts:
                whole = self._tail + text
                cut = _whole_lines(whole)
                self._tail = whole[cut:]
                yield from self._counted(whole[:cut])
                if len(self._tail) > LONGEST_LINE:
                    raise BrokenText(
                        f"a line is longer than {LONGEST_LINE:,} characters",
                        hint="check that `file` names the file you mean, and its `encoding`",
                        line=self.lines + 1,
                    )
        self._check_end()
        yield from self._counted(self._tail)

    def _counted(self, text: str) -> Generator[list[str], None, None]:
        lines = _split(text)
        self.lines += len(lines)
        if lines:
            yield lines

    def _check_end(self) -> None:
        ended = not self._tail or (self._tail.endswith("\r") and not self._newlines)
        if self._final_newline and not ended:
            raise BrokenText(
                "the last line has no line end, so the file may be cut off",
                hint="have the file written to its end; where its program never ends the last line, "
                "set `finalNewline: optional`",
                line=self.lines + 1,
                before=self._tail,
            )

    def _texts(self) -> Generator[str, None, None]:
        try:
            with self._open() as file:
                before = os.fstat(file.fileno())
                block = file.read(_BLOCK)
                codec, skip = self._codec(block)
                decoder = codecs.getincrementaldecoder(codec)()
                while block:
                    self._digest.update(block)
                    self._size += len(block)
                    yield from self._sound(decoder, block[skip:], codec)
                    block, skip = file.read(_BLOCK), 0
                self._check_unchanged(before)
        except OSError as error:
            raise SourceUnavailable(
                f"the file cannot be read: {error.strerror}",
                hint=f"`file` is looked for in the project folder, here as {self._path}",
                where=self._name,
            ) from error
        yield from self._sound(decoder, b"", codec, final=True)

    def _open(self) -> BinaryIO:
        # Asked before opening: opening a pipe would wait for whoever writes to it.
        mode = self._path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "not an ordinary file"
            raise SourceUnavailable(
                f"this is {kind}", hint="let `file` name the CSV file itself", where=self._name
            )
        return self._path.open("rb")

    def _check_unchanged(self, before: os.stat_result) -> None:
        after = self._path.stat()
        if not (self._size == before.st_size == after.st_size and before.st_mtime_ns == after.st_mtime_ns):
            raise SourceUnavailable(
                "the file changed while it was read",
                hint="run again; whatever writes it should write another file and rename that at the end",
                where=self._name,
            )

    def _codec(self, first: bytes) -> Codec:
        try:
            return codec_of(self._encoding, first)
        except WrongEncoding as error:
            raise BrokenText(str(error), hint=error.hint, line=1) from error

    def _sound(
        self, decoder: codecs.IncrementalDecoder, block: bytes, codec: str, *, final: bool = False
    ) -> Generator[str, None, None]:
        """Yield the text of the block, or raise after what is sound of it."""
        text, message, hint = self._decode(decoder, block, codec, final=final)
        self._newlines = self._newlines or "\n" in text
        yield text
        if message:
            raise BrokenText(message, hint=hint, line=self.lines + 1, before=self._tail.rstrip("\r"))

    def _decode(
        self, decoder: codecs.IncrementalDecoder, block: bytes, codec: str, *, final: bool
    ) -> tuple[str, str, str]:
        """Return text, and why it goes no further with a remedy, or two empty strings."""
        if self._doubt and self._doubt.proves_utf8(block, final=final):
            raise BrokenText(
                f"all letters beyond ASCII are sound UTF-8, and `encoding` is {self._encoding}",
                hint="set `encoding: utf-8`, or `encodingCheck: false` if it is right as it is",
            )
        try:
            text = decoder.decode(block, final)
        except UnicodeDecodeError as error:
            text, byte = error.object[: error.start].decode(codec), error.object[error.start]
            fault = f"the byte 0x{byte:02X} has no place in {self._encoding} here"
            hint = hint_for_byte(self._encoding, byte)
            if self._doubt and self._doubt.likely:
                hint = "set `encoding: utf-8`, since so far all letters are sound UTF-8"
        else:
            fault = hint = ""
        if "\0" in text:
            text, fault = text[: text.index("\0")], "a NUL character"
            hint = "no text holds one: the file is damaged, or its `encoding` is another"
        if self._check_encoding and _LOST in text:
            text, fault = text[: text.index(_LOST)], "a letter was lost in a conversion, and became U+FFFD"
            hint = "convert the file anew from where the letter is whole, or set `encodingCheck: false`"
        return text, fault, hint


def _whole_lines(text: str) -> int:
    """Return where the last line end ends; a return at the very end may still get its newline."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


def _split(text: str) -> list[str]:
    return StringIO(text, newline="").readlines()
