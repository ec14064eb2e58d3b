"""The reference of manifests for people, docs/manifests.md: every key, from the models that check it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from pydantic import TypeAdapter

from reconciler.manifest.models import SOURCES
from reconciler.manifest.reference_sources import IN_MYQ, TYPES
from reconciler.manifest.reference_text import HEAD, KINDS, LIMIT, PROPERTY, SHARED_KEYS
from reconciler.manifest.schema import Schema, manifest_schema
from reconciler.sources.spec import SourceSpec
from reconciler.sources.strict import GroupPath, Name, SecretRef

Definitions: TypeAlias = Mapping[str, Schema]

_REFERENCE = "#/definitions/"
_ELSEWHERE = {
    "MappingSpec": "keys of a [Mapping](#mapping)",
    "PropertyMapping": "[settings](#one-property-in-full)",
    "GuardSpec": "a [limit](#one-limit)",
}
"""What has a table of its own, and how other tables refer to it."""

_PATTERNS = {
    TypeAdapter(kind).json_schema()["pattern"]: words
    for kind, words in ((Name, "name"), (SecretRef, "where a secret is found"), (GroupPath, "group path"))
}
_MEANINGS = {"type": "The kind of source."}
_RANGES = {(True, True): "{0} to {1}", (True, False): "{0} or more", (False, True): "up to {1}"}


class Row(NamedTuple):
    """One key: its path below `spec`, what may stand there, what counts when nothing does, its meaning."""

    path: str
    sort: str
    unwritten: str
    meaning: str


def reference() -> str:
    """Return docs/manifests.md, in Markdown.

    After a change to a model, ``RECONCILER_REWRITE_GOLDENS=1 pytest tests/manifest/test_reference.py``
    writes the file again.
    """
    schema = manifest_schema()
    definitions = schema["definitions"]
    common = _common_keys()
    parts = [HEAD, _table(_envelope(schema)), KINDS["Target"]]
    parts += [_table(rows(definitions, "TargetSpec"), "Target"), KINDS["Source"]]
    parts += [SHARED_KEYS, _table(common, "Source")]
    known = {row[:3] for row in common}
    for word, model in SOURCES.items():
        own = [row for row in rows(definitions, model.__name__) if row[:3] not in known]
        parts += [TYPES.get(word, f"### type: {word}"), _table(own, word)]
    parts += [KINDS["Mapping"], _table(rows(definitions, "MappingSpec"), "Mapping")]
    parts += [PROPERTY, _table(rows(definitions, "PropertyMapping"), "property")]
    parts += [KINDS["GroupTree"], _table(rows(definitions, "GroupTreeSpec"), "GroupTree")]
    parts += [KINDS["Policy"], _table(rows(definitions, "PolicySpec"), "Policy")]
    parts += [LIMIT, _table(rows(definitions, "GuardSpec"), "limit")]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def rows(definitions: Definitions, name: str) -> list[Row]:
    """Return the keys of one model and of those within it, each with its path."""
    return list(_Walk(definitions).below(name, "", frozenset()))


def _common_keys() -> list[Row]:
    """Return the keys that every kind of source has."""
    shared: dict[str, type[SourceSpec]] = {
        "any": SourceSpec,  # type: ignore[type-abstract]  # only its schema is asked for
    }
    return rows(manifest_schema(shared)["definitions"], SourceSpec.__name__)


def _envelope(schema: Schema) -> Iterator[Row]:
    """Yield the keys that stand above `spec` in every document."""
    walk = _Walk(schema["definitions"])
    for key, each in schema["properties"].items():
        if key == "metadata":
            yield from walk.below("Metadata", "metadata.", frozenset())
        else:
            yield Row(key, walk.sort(each), "**required**", each["description"])


class _Walk:
    """Goes through models as the schema has them; a model in itself, and one told elsewhere, ends the way."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def below(self, name: str, path: str, above: frozenset[str], choice: str = "") -> Iterator[Row]:
        """Yield the rows of a model; `choice` is told of keys that only this alternative requires."""
        model = self._definitions[name]
        required = set(model.get("required", ()))
        keys = sorted(model["properties"].items(), key=lambda pair: pair[0] != "type")
        for key, each in keys:
            here = f"{path}{key}"
            needed = (choice or "**required**") if key in required else ""
            meaning = self._meaning(each) or (model["description"] if choice else _MEANINGS.get(key, ""))
            yield Row(here, self.sort(each), needed or _default(each), meaning)
            yield from self._nested(each, here, {*above, name})

    def _nested(self, schema: Schema, path: str, above: Iterable[str]) -> Iterator[Row]:
        """Yield the rows of what may stand at a key, where that has keys of its own."""
        seen = frozenset(above)
        if "items" in schema:
            yield from self._nested(schema["items"], f"{path}[]", seen)
            return
        names = [each for each in self._models(schema) if each not in seen and each not in _ELSEWHERE]
        for name in names:
            yield from self.below(name, f"{path}.", seen, "one of these" if len(names) > 1 else "")

    def _models(self, schema: Schema) -> list[str]:
        """Return the names of the models with keys that a schema refers to, alternatives too."""
        found = [schema["$ref"].removeprefix(_REFERENCE)] if "$ref" in schema else []
        found = [name for name in found if "properties" in self._definitions[name]]
        branches = [*schema.get("allOf", ()), *schema.get("anyOf", ())]
        return [*found, *(name for branch in branches for name in self._models(branch))]

    def sort(self, schema: Schema) -> str:
        """Return what may stand at a key, in words."""
        match schema:
            case {"$ref": str(target)}:
                name = target.removeprefix(_REFERENCE)
                words = _ELSEWHERE.get(name) or self.sort(self._definitions[name])
            case {"allOf": [only]}:
                words = self.sort(only)
            case {"anyOf": branches}:
                words = " or ".join(dict.fromkeys(map(self.sort, branches)))
            case {"items": items}:
                words = f"list: {self.sort(items)}"
            case {"additionalProperties": dict(values)}:
                words = f"table: text to {self.sort(values)}"
            case {"patternProperties": dict(patterns)}:
                words = f"table: text to {' or '.join(map(self.sort, patterns.values()))}"
            case _:
                words = _plain(schema)
        return words

    def _meaning(self, schema: Schema) -> str:
        """Return the description of a key, or that of the model which stands there."""
        if "$ref" in schema:
            return self._meaning(self._definitions[schema["$ref"].removeprefix(_REFERENCE)])
        return str(schema.get("description", ""))


def _plain(schema: Schema) -> str:
    match schema:
        case {"const": word}:
            return _code(str(word))
        case {"enum": words}:
            return ", ".join(dict.fromkeys(_code(word) for word in map(str, words) if word.isprintable()))
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"type": ("integer" | "number") as sort}:
            bounds = "minimum" in schema, "maximum" in schema
            limits = _RANGES.get(bounds, "").format(schema.get("minimum"), schema.get("maximum"))
            return f"{'whole number' if sort == 'integer' else 'number'} {limits}".strip()
        case {"type": "object"}:
            return "keys"
        case _:
            return _PATTERNS.get(schema.get("pattern", ""), "text")


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if default in (None, [], "") or isinstance(default, dict):
        return ""
    if isinstance(default, list):
        return ", ".join(map(_code, default))
    return _code(str(default).lower() if isinstance(default, bool) else str(default))


def _code(text: str) -> str:
    return f"`{text}`"


def _table(found: Iterable[Row], section: str = "") -> str:
    """Return rows as a table; with a column for MyQ's own words where one of the rows has such."""
    listed = list(found)
    names = IN_MYQ.get(section, {})
    head = ["key", "what stands there", "unwritten", "meaning"]
    lines = [[_code(row.path), row.sort, row.unwritten, row.meaning] for row in listed]
    if names:
        head.append("in MyQ")
        lines = [[*line, names.get(row.path, "")] for line, row in zip(lines, listed, strict=True)]
    return "\n".join(_line(cells) for cells in [head, ["---"] * len(head), *lines])


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
