"""A story on a terminal, or in a log."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.render.harmless import shortened, visible
from reconciler.core.render.masks import Line, Outside
from reconciler.core.render.story import Part, Row, Story

_COLORS = {"+": "32", "-": "31", "~": "33", ">": "36", "!": "1;31", "?": "2"}


def as_text(story: Story, *, color: bool) -> str:
    """Return the whole story; what comes from outside can neither colour nor move anything."""
    return "\n".join([_plain(story.verdict), *map(_plain, story.remarks), *_body(story, color=color), ""])


def _body(story: Story, *, color: bool) -> Iterator[str]:
    for part in story.parts:
        yield ""
        yield _painted(f"{part.mark} {part.title}" if part.mark else part.title, part.mark, color=color)
        yield from _rows(part, color=color)
    if story.next_steps:
        yield ""
        yield "Next"
        for step in story.next_steps:
            yield from _row(step, "", color=False)


def _rows(part: Part, *, color: bool) -> Iterator[str]:
    shown = 0
    for row in part.rows:
        yield from _row(row, part.mark, color=color)
        shown += 1
    if shown < part.total:
        yield f"  ... and {part.total - shown:,} more"


def _row(row: Row, paint: str, *, color: bool) -> Iterator[str]:
    before = f"  {row.mark} " if row.mark else "  "
    yield _painted(f"{before}{_plain(row.head)}", paint, color=color)
    for line in row.below:
        yield f"      {_plain(line)}"


def _painted(text: str, mark: str, *, color: bool) -> str:
    code = _COLORS.get(mark) if color else None
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def _plain(line: Line) -> str:
    return "".join(
        [
            visible(piece.text if piece.whole else shortened(piece.text))
            if isinstance(piece, Outside)
            else piece
            for piece in line
        ]
    )
