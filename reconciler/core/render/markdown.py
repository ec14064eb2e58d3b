"""A story as a comment on a pull request: people masked, and short enough for every forge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.core.render.harmless import code, shortened
from reconciler.core.render.masks import Line, Outside
from reconciler.core.render.story import Part, Row, Story

LARGEST = 60_000
"""Characters; GitHub takes 65,536, and whoever posts the comment adds a marker and links."""

_ROOM_FOR_CUT = 80


def as_markdown(story: Story, largest: int = LARGEST) -> str:
    """Return the story in Markdown, of less than *largest* characters.

    Text from outside stands in code spans only, where it is no link, no mention and no markup. What has
    no room is left out by whole rows, and each part says how many; rows of a lighter kind make room
    for graver ones.
    """
    head = [f"**{_marked(story.verdict)}**", *map(_marked, story.remarks)]
    titles = [f"### {part.mark} {part.title}" if part.mark else f"### {part.title}" for part in story.parts]
    steps = [line for step in story.next_steps for line in _item(step)]
    tail = ["### Next", "\n".join(steps)] if steps else []
    fixed = sum(len(text) + 2 for text in [*head, *titles, *tail])
    rows = _fitting(story.parts, largest - fixed - 1)
    body = [text for title, part in zip(titles, rows, strict=True) for text in (title, part)]
    return "\n\n".join([*head, *body, *tail]) + "\n"


def _fitting(parts: Sequence[Part], room: int) -> list[str]:
    """Return the rows of each part, in the parts' order; the graver ones were given room first."""
    shown = [""] * len(parts)
    order = sorted(range(len(parts)), key=lambda at: parts[at].weight)
    for served, at in enumerate(order):
        share = room // (len(order) - served)
        shown[at] = _rows(parts[at], share)
        room -= len(shown[at]) + 2
    return shown


def _rows(part: Part, room: int) -> str:
    items: list[str] = []
    left = room - _ROOM_FOR_CUT
    for row in part.rows:
        item = "\n".join(_item(row))
        left -= len(item) + 1
        if left < 0:
            break
        items.append(item)
    if len(items) < part.total:
        items.append(f"- ... and {part.total - len(items):,} more, in the full plan")
    return "\n".join(items)


def _item(row: Row) -> Iterator[str]:
    yield f"- {_marked(row.head)}"
    for line in row.below:
        yield f"  - {_marked(line)}"


def _marked(line: Line) -> str:
    return "".join(
        [
            code(piece.text if piece.whole else shortened(piece.text))
            if isinstance(piece, Outside)
            else piece
            for piece in line
        ]
    )
