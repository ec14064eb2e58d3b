"""A specification's bytes to plain values: JSON or YAML, from anybody, within bounds.

YAML is built from the parser's events, so that an alias stays one value however often it is named, and
nothing is constructed but mappings, lists and texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import yaml

from reconciler.errors import ReconcilerError
from reconciler.sources.answer import Json

MAX_BYTES: Final = 32 * 2**20
MAX_DEPTH: Final = 100
MAX_NODES: Final = 1_000_000

LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONSTANTS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_GIVE: Final = "give the OpenAPI file (YAML or JSON) that came with the installation"


def parsed(raw: bytes, where: str) -> dict[str, Any]:
    """Return the mapping that a file holds; raise ReconcilerError for one that cannot be a specification."""
    if len(raw) > MAX_BYTES:
        raise unfit(f"the file is larger than {MAX_BYTES // 2**20} MB", where)
    content = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    made = _json(content, where) if content.startswith(b"{") else _yaml(content, where)
    if not isinstance(made, dict):
        raise unfit("the file holds no mapping", where)
    return made


def unfit(what: str, where: str) -> ReconcilerError:
    """Return the error for a file that is no usable specification."""
    return ReconcilerError(f"this is no specification that can be read: {what}", hint=_GIVE, where=where)


def _json(content: bytes, where: str) -> Json:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        try:
            return _yaml(content, where)  # a flow mapping of YAML begins with the same sign
        except ReconcilerError:
            raise unfit(f"{error.msg} (line {error.lineno}, column {error.colno})", where) from None


def _yaml(content: bytes, where: str) -> Any:  # noqa: ANN401  what YAML can hold
    builder = _Builder(where)
    try:
        for event in yaml.parse(content.decode("utf-8"), Loader=LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise unfit(f"{getattr(error, 'problem', None) or 'it is not YAML'}{place}", where) from None
    except UnicodeDecodeError:
        raise unfit("it is not in UTF-8", where) from None
    return builder.root


@dataclass(slots=True)
class _Open:
    """A mapping or a list that is being filled."""

    held: dict[str, Any] | list[Any]
    anchor: str | None
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Turns the parser's events into values; of several documents the first counts."""

    where: str
    root: Any = None
    documents: int = 0
    _nodes: int = 0
    _open: list[_Open] = field(default_factory=list)
    _named: dict[str, Any] = field(default_factory=dict)

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent() if self.documents == 1:
                done = self._open.pop()
                if done.anchor:
                    self._named[done.anchor] = done.held
            case yaml.NodeEvent() if self.documents == 1:
                self._node(event)

    def _node(self, event: yaml.NodeEvent) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise unfit(f"it has more than {MAX_NODES:,} values", self.where)
        match event:
            case yaml.AliasEvent():
                self._attach(self._named.get(event.anchor or ""), None)
            case yaml.ScalarEvent():
                self._scalar(event)
            case _:
                held: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
                self._attach(held, None)
                self._open.append(_Open(held, event.anchor))
                if len(self._open) > MAX_DEPTH:
                    raise unfit(f"it is nested deeper than {MAX_DEPTH} levels", self.where)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        plain = not event.style
        value = _CONSTANTS.get(event.value, event.value) if plain else event.value
        if event.anchor:
            self._named[event.anchor] = value
        self._attach(value, event.value)

    def _attach(self, value: Any, word: str | None) -> None:  # noqa: ANN401  what YAML can hold
        if not self._open:
            self.root = value
            return
        frame = self._open[-1]
        if isinstance(frame.held, list):
            frame.held.append(value)
        elif frame.key is None:
            frame.key = word if word is not None else f"a key that is no word, {len(frame.held)}"
        else:
            frame.held.setdefault(frame.key, value)
            frame.key = None
