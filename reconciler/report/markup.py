"""HTML put together so that nothing from outside can become markup: text is escaped where it goes in."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from reconciler.core.render.harmless import shortened, visible
from reconciler.core.render.masks import Line, Outside

_EMPTY = frozenset({"br", "input", "meta"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | bool | int) -> Html:
    """Return an element; what is not `Html` among its children is text.

    An attribute that is False is left out; ``class_`` is `class`, and ``aria_label`` is `aria-label`.
    """
    said = "".join(
        f" {_spelled(key)}" if value is True else f' {_spelled(key)}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    )
    if name in _EMPTY:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Html:
    """Return pieces side by side."""
    return Html("".join([one if isinstance(one, Html) else escape(one, quote=False) for one in children]))


def lines(*pieces: str) -> Html:
    """Return elements, one a line, so that the page can be read as it is."""
    return Html("\n".join(piece for piece in pieces if piece))


def shown(text: str) -> str:
    """Return a value from outside as it is shown: every character visible, and not too long."""
    return visible(shortened(text))


def told(line: Line) -> Html:
    """Return a line of a story; what comes from outside stands out from our own words."""
    return joined([tag("code", _piece(piece)) if isinstance(piece, Outside) else piece for piece in line])


def plain(line: Line) -> str:
    """Return a line of a story as text."""
    return "".join([_piece(piece) if isinstance(piece, Outside) else piece for piece in line])


def _piece(piece: Outside) -> str:
    return visible(piece.text if piece.whole else shortened(piece.text)) or "(empty)"


def _spelled(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
