"""The JSON Schema of manifests (draft-07, which editors know), generated from the models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from reconciler.manifest.models import API_VERSION, SOURCES, SPECS, Kind, Metadata
from reconciler.sources.spec import SourceSpec

Schema: TypeAlias = dict[str, Any]

_DIALECT = "http://json-schema.org/draft-07/schema#"
_DROPPED = frozenset({"title", "discriminator"})
_DEFINITIONS = "#/definitions/"


def manifest_schema(sources: Mapping[str, type[SourceSpec]] = SOURCES) -> Schema:
    """Return the one schema of all kinds; `kind`, and `type` of a source, choose what `spec` may hold."""
    models: list[type[BaseModel]] = [Metadata, *SPECS.values(), *sources.values()]
    names, generated = models_json_schema(
        [(model, "validation") for model in models], ref_template=f"{_DEFINITIONS}{{model}}"
    )
    specs = {kind: names[model, "validation"] for kind, model in SPECS.items()}
    types = {word: names[model, "validation"] for word, model in sources.items()}
    definitions = {name: _definition(each) for name, each in generated["$defs"].items()}
    return {
        "$schema": _DIALECT,
        "title": "Manifest of a MyQ reconciler project",
        "description": "One document of sources.d/.",
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "The format of the document."},
            "kind": {"enum": list(get_args(Kind)), "description": "What the document declares."},
            "metadata": names[Metadata, "validation"],
            "spec": {"type": "object", "description": "The declaration itself."},
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "allOf": _chosen_by("kind", {kind: {"properties": {"spec": spec}} for kind, spec in specs.items()})
        + _chosen_by("kind", {"Source": {"properties": {"spec": {"$ref": f"{_DEFINITIONS}Source"}}}}),
        "definitions": {
            **definitions,
            "Source": {
                "title": "Source",
                "description": "One synchronization source.",
                "type": "object",
                "properties": {"type": {"enum": list(types), "description": "The kind of source."}},
                "required": ["type"],
                "allOf": _chosen_by("type", types),
            },
        },
    }


def file_schema(model: type[BaseModel], title: str) -> Schema:
    """Return the schema of a file that is one document of one kind."""
    names, generated = models_json_schema(
        [(model, "validation")], ref_template=f"{_DEFINITIONS}{{model}}", title=title
    )
    definitions = {name: _definition(each) for name, each in generated["$defs"].items()}
    own = definitions.pop(names[model, "validation"]["$ref"].removeprefix(_DEFINITIONS))
    return {"$schema": _DIALECT, **own, "title": title, "definitions": definitions}


def _chosen_by(key: str, schemas: Mapping[str, Schema]) -> list[Schema]:
    """Return one condition a word: where *key* is the word, its schema holds."""
    return [
        {"if": {"properties": {key: {"const": word}}, "required": [key]}, "then": schema}
        for word, schema in schemas.items()
    ]


def _definition(schema: Schema) -> Schema:
    return {"title": schema.get("title", ""), **_rewritten(schema)}


def _rewritten(schema: Schema) -> Schema:
    """Return pydantic's schema as draft-07 has it: no titles of its own making, and no null.

    Nothing written is how a manifest says nothing, so a branch for null would only blur the messages.
    """
    kept = {key: _below(key, value) for key, value in schema.items() if key not in _DROPPED}
    if kept.get("default", "") is None:
        del kept["default"]
    branches = [branch for branch in kept.get("anyOf", ()) if branch != {"type": "null"}]
    if len(branches) == 1:
        del kept["anyOf"]
        kept = {**branches[0], **kept}
    elif branches:
        kept["anyOf"] = branches
    if "$ref" in kept and len(kept) > 1:
        # What stands beside a $ref does not count in draft-07.
        kept["allOf"] = [{"$ref": kept.pop("$ref")}]
    return kept


def _below(key: str, value: Any) -> Any:  # noqa: ANN401  # whatever a schema holds
    match key, value:
        case "properties", dict():
            return {name: _rewritten(each) for name, each in value.items()}
        case (("items" | "additionalProperties"), dict()):
            return _rewritten(value)
        case (("anyOf" | "allOf" | "oneOf"), list()):
            return [_rewritten(each) for each in value]
        case _:
            return value


class Shapes:
    """Finds what a schema says of a value, through references, conditions and alternatives."""

    def __init__(self, schema: Schema) -> None:
        self.root = schema

    def of(self, schema: Schema, value: object) -> Schema:
        """Return the schema that is meant for the value, with all its properties in one place."""
        if "$ref" in schema:
            return self.of(self.root["definitions"][schema["$ref"].removeprefix(_DEFINITIONS)], value)
        if "anyOf" in schema:
            branch = self.branch(schema["anyOf"], value)
            return schema if branch is None else self.of(schema["anyOf"][branch], value)
        merged = dict(schema)
        for each in schema.get("allOf", ()):
            if "if" not in each:
                part = self.of(each, value)
            elif _holds(each["if"], value):
                part = self.of(each["then"], value)
            else:
                continue
            merged = {
                **part,
                **merged,
                "properties": {**merged.get("properties", {}), **part.get("properties", {})},
                "required": [*merged.get("required", ()), *part.get("required", ())],
            }
        return merged

    def branch(self, branches: Iterable[Schema], value: object) -> int | None:
        """Return the position of the alternative that is meant; None where that cannot be told.

        Of several mappings it is the one that knows a key of the value.
        """
        shapes = [self.of(each, value) for each in branches]
        wanted = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else ""
        fitting = [at for at, shape in enumerate(shapes) if _sort(shape) == wanted]
        if isinstance(value, dict) and len(fitting) > 1:
            fitting = [at for at in fitting if set(value) & set(shapes[at].get("properties", ()))]
        return fitting[0] if fitting else None


def _sort(shape: Schema) -> str:
    return str(shape["type"]) if shape.get("type") in ("object", "array") else ""


def _holds(condition: Schema, value: object) -> bool:
    return isinstance(value, dict) and all(
        value.get(key) == each["const"] for key, each in condition["properties"].items()
    )
