"""Read YAML strictly: every scalar is text, every mistake has a place, nothing multiplies.

The builder works on the parser's events, with a stack of its own: a file cannot exhaust the interpreter's,
and an alias is refused when it is met, before anything is expanded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import yaml

from reconciler.errors import Place, Problem
from reconciler.manifest.document import Document, Path, Places
from reconciler.manifest.encoded import decoded
from reconciler.manifest.syntax import syntax_problem
from reconciler.manifest.words import HIDDEN, quoted, visible

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_NODES = 100_000
MAX_PROBLEMS = 50
"""More problems than this in one file are not listed; the file is then left where it is."""

LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it, else PyYAML's own."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class Parsed(NamedTuple):
    """What one file holds; with problems, some documents of it may be missing."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


class _Stop(Exception):
    """No error: the rest of the file is not worth a look."""


def parse(raw: bytes, file: str, loader: type[yaml.SafeLoader | yaml.CSafeLoader] = LOADER) -> Parsed:
    """Return the documents of a file and every problem that YAML itself has with it."""
    if len(raw) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1_000_000} MB"
        hint = "manifests are small: split it, or keep people in a CSV"
        return Parsed((), (Problem(Place(file), message, hint),))
    text = decoded(raw, file)
    if isinstance(text, Problem):
        return Parsed((), (text,))
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        builder.problems.append(syntax_problem(error, text, file))
    except _Stop:
        pass
    return Parsed(tuple(builder.documents), tuple(builder.problems))


@dataclass(slots=True)
class _Frame:
    """A mapping or a list that is being filled; a mapping alternates between keys and values."""

    held: dict[str, Any] | list[Any]
    path: Path
    keys: dict[str, Place] = field(default_factory=dict)
    key: str | None = None

    @property
    def wants_key(self) -> bool:
        return isinstance(self.held, dict) and self.key is None


class _Builder:
    """Turns the parser's events into documents."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._nodes = 0
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._begin()

    def _begin(self) -> None:
        self._frames: list[_Frame] = []
        self._places = Places()
        self._root: Any = None
        self._usable = True

    def take(self, event: yaml.Event) -> None:
        """Take the next event; raises _Stop when the rest of the file is not worth a look."""
        match event:
            case yaml.DocumentStartEvent():
                self._begin()
            case yaml.DocumentEndEvent():
                self._finish()
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._frames.pop()
            case yaml.NodeEvent():
                self._node(event, self._place(event))

    def _place(self, event: yaml.Event) -> Place:
        mark: Any = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _finish(self) -> None:
        if self._root is None or not self._usable:
            return
        if isinstance(self._root, dict):
            self.documents.append(Document(self._root, self._places))
        else:
            hint = "begin it with `apiVersion: ...` and `kind: ...`"
            self._problem(self._places.value(()), "the document is no mapping", hint)

    def _node(self, event: yaml.NodeEvent, place: Place) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(place, f"the file has more than {MAX_NODES:,} values", "split it into several files")
        self._refuse_references(event, place)
        if isinstance(event, yaml.CollectionStartEvent):
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], place)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, place)
        else:
            self._attach(None, place)

    def _refuse_references(self, event: yaml.NodeEvent, place: Place) -> None:
        name = visible(event.anchor or "")
        if isinstance(event, yaml.AliasEvent):
            hint = f"put a text that begins with '*' in quotes: '*{name}'; repeat a value in full"
            self._unusable(place, f"'*{name}' is an alias, and manifests have none", hint)
        elif event.anchor is not None:
            hint = f"remove '&{name}'; put a text that begins with '&' in quotes"
            self._unusable(place, f"'&{name}' is an anchor, and manifests have none", hint)
        tag = getattr(event, "tag", None)
        if tag is not None:
            hint = "remove the tag; put a text that begins with '!' in quotes"
            self._unusable(place, f"the tag {quoted(str(tag))} stands here, and manifests have none", hint)

    def _open(self, held: dict[str, Any] | list[Any], place: Place) -> None:
        if self._frames and self._frames[-1].wants_key:
            self._stop(
                place,
                "a key is a list or a mapping",
                "a key is a word: `key: value`; a template wants quotes",
            )
        if len(self._frames) >= MAX_DEPTH:
            self._stop(
                place,
                f"values are nested deeper than {MAX_DEPTH} levels",
                "no manifest needs that: flatten it",
            )
        self._frames.append(_Frame(held, self._attach(held, place)))

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        text: str = event.value
        if HIDDEN.search(text):
            self._problem(place, f"{quoted(text)} holds a hidden character", "remove it")
        plain = not event.style
        if self._frames and self._frames[-1].wants_key:
            self._key(self._frames[-1], text, place, merge=plain and text == "<<")
        else:
            self._attach(None if plain and text in _NULLS else text, place)

    def _key(self, frame: _Frame, key: str, place: Place, *, merge: bool) -> None:
        if merge:
            self._unusable(place, "'<<' merges mappings, and manifests have no merging", "write the keys out")
        elif key in frame.keys:
            hint = f"keep one of them; the first is in line {frame.keys[key].line}"
            self._problem(place, f"the key {quoted(key)} stands here twice", hint)
        frame.keys.setdefault(key, place)
        frame.key = key

    def _attach(self, value: Any, place: Place) -> Path:  # noqa: ANN401  # what YAML can hold
        """Put a value where it belongs, and return its path; of two values for one key the first stays."""
        if not self._frames:
            self._root = value
            self._places.add((), place)
            return ()
        frame = self._frames[-1]
        if isinstance(frame.held, list):
            path: Path = (*frame.path, len(frame.held))
            frame.held.append(value)
            self._places.add(path, place)
            return path
        if frame.key is None:
            self._stop(place, "an alias is a key", "put a text that begins with '*' in quotes")
        path = (*frame.path, frame.key)
        frame.held.setdefault(frame.key, value)
        self._places.add(path, place, frame.keys[frame.key])
        frame.key = None
        return path

    def _unusable(self, place: Place, message: str, hint: str) -> None:
        self._usable = False
        self._problem(place, message, hint)

    def _stop(self, place: Place, message: str, hint: str) -> NoReturn:
        self._problem(place, message, hint)
        raise _Stop

    def _problem(self, place: Place, message: str, hint: str) -> None:
        self.problems.append(Problem(place, message, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            more = f"{MAX_PROBLEMS} problems were found up to here, and the rest of the file was not read"
            self.problems.append(Problem(place, more, "mend these first"))
            raise _Stop
