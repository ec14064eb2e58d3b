"""A story as a comment on a pull request: people masked, and short enough for every forge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate, takewhile

from reconciler.core.render.harmless import code, shortened
from reconciler.core.render.masks import Line, Outside
from reconciler.core.render.story import Part, Row, Story

LARGEST = 60_000
"""Characters; GitHub takes 65,536, and whoever posts the comment adds a marker and links."""

_ROOM_FOR_CUT = 80
_END = "</details>"


def as_markdown(story: Story, largest: int = LARGEST) -> str:
    """Return the story in Markdown, of less than *largest* characters.

    Text from outside stands in code spans only, where it is no link, no mention and no markup. What has
    no room is left out by whole rows, and each part says how many; rows of a lighter kind make room
    for graver ones.
    """
    head = [f"**{_marked(story.verdict)}**", *map(_marked, story.remarks)]
    titles = list(map(_title, story.parts))
    steps = [line for step in story.next_steps for line in _item(step)]
    tail = ["### Next", "\n".join(steps)] if steps else []
    ends = [_END if part.folded else "" for part in story.parts]
    fixed = sum(len(text) + 2 for text in [*head, *titles, *ends, *tail])
    rows = _fitting(story.parts, largest - fixed - 1)
    body = [text for texts in zip(titles, rows, ends, strict=True) for text in texts if text]
    return "\n\n".join([*head, *body, *tail]) + "\n"


def _title(part: Part) -> str:
    """Return a part's title; our own words, so that it may stand in HTML."""
    title = f"{part.mark} {part.title}" if part.mark else part.title
    return f"<details><summary>{escape(title)}</summary>" if part.folded else f"### {title}"


def _fitting(parts: Sequence[Part], room: int) -> list[str]:
    """Return the rows of each part as far as there is room.

    Everyone gets an equal share; what one leaves of it goes to those that need more, the gravest first.
    """
    items = [_items(part, room) for part in parts]
    share = room // max(len(parts), 1) - _ROOM_FOR_CUT
    shown = [_fits(each, share) for each in items]
    left = room - sum(_length(each[:count]) + _ROOM_FOR_CUT for each, count in zip(items, shown, strict=True))
    for at in sorted(range(len(parts)), key=lambda at: parts[at].weight):
        used = _length(items[at][: shown[at]])
        shown[at] = _fits(items[at], used + left)
        left -= _length(items[at][: shown[at]]) - used
    return [
        "\n".join([*each[:count], *_rest(part.total - count)])
        for part, each, count in zip(parts, items, shown, strict=True)
    ]


def _items(part: Part, room: int) -> list[str]:
    """Return the first rows of a part: no more of them are made than could be shown."""
    items: list[str] = []
    for row in part.rows:
        items.append("\n".join(_item(row)))
        room -= len(items[-1]) + 1
        if room < 0:
            break
    return items


def _fits(items: Sequence[str], room: int) -> int:
    """Return how many of the first rows fit."""
    lengths = accumulate(len(item) + 1 for item in items)
    return sum(1 for _ in takewhile(lambda length: length <= room, lengths))


def _length(items: Sequence[str]) -> int:
    return sum(len(item) + 1 for item in items)


def _rest(count: int) -> tuple[str, ...]:
    return (f"- ... and {count:,} more, in the full plan",) if count else ()


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
