"""The schema's complaints, in words for an administrator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jsonschema import ValidationError
from pydantic import TypeAdapter

from reconciler.errors import Problem
from reconciler.manifest.document import Path, Places
from reconciler.manifest.schema import Schema, Shapes
from reconciler.manifest.words import did_you_mean, quoted, spelled_path
from reconciler.sources.spec import GroupPath, Name, SecretRef

SECRET_PATTERN: str = TypeAdapter(SecretRef).json_schema()["pattern"]

_PATTERNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        TypeAdapter(Name).json_schema()["pattern"]: (
            "is no name",
            "use lower-case letters, digits and hyphens, at most 63, with a letter or digit at both ends",
        ),
        TypeAdapter(GroupPath).json_schema()["pattern"]: (
            "is no path of a group",
            "join the levels by '|', such as 'Company|Sales'; a group's name holds neither '|' nor ','",
        ),
    }
)

_WANTED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "boolean": ("is neither true nor false", "write true or false"),
        "integer": ("is not a whole number", "write a whole number in plain digits, such as 5"),
        "number": ("is not a number", "write a number in plain digits, such as 5 or 2.5"),
        "string": ("is not text", "write one value after the colon"),
        "array": ("is not a list", "write each value on a line that begins with '- '"),
        "object": ("is not a mapping", "write `key: value` lines below it, indented"),
    }
)

_LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "minLength": "has less than {} characters",
        "maxLength": "has more than {} characters",
        "minimum": "is less than {}",
        "maximum": "is more than {}",
        "minItems": "has less than {} values",
        "maxItems": "has more than {} values",
        "uniqueItems": "names something twice",
    }
)

_SECRET = (
    "this is no reference to a secret, and a secret itself must not stand in a file",
    "write `env:NAME`, `file:/path` or `keyring:service/name`; if the secret was committed, change it",
)


def translated(error: ValidationError, shapes: Shapes, places: Places) -> Iterator[Problem]:
    """Give the problems that one complaint comes to."""
    path: Path = tuple(error.absolute_path)
    schema: Schema = dict(error.schema) if isinstance(error.schema, Mapping) else {}
    instance: Any = error.instance
    match error.validator:
        case "anyOf":
            yield from _alternatives(error, schema, shapes, places)
        case "additionalProperties":
            known = schema.get("properties", {})
            for key in instance:
                if key not in known:
                    message = f"unknown key {quoted(key)}{_in(path)}"
                    yield Problem(places.key((*path, key)), message, _where_else(key, known, shapes))
        case "required":
            for key in schema["required"]:
                if key not in instance and _speaks_of(error, key):
                    about = (
                        shapes.of(schema, error.instance)["properties"].get(key, {}).get("description", "")
                    )
                    message = f"{quoted(key)} is missing{_in(path)}"
                    yield Problem(
                        places.key(path), message, f"add `{key}: ...`" + (f": {about}" if about else "")
                    )
        case _:
            message, hint = _scalar(error, schema)
            yield Problem(places.value(path), f"{spelled_path(path)}: {message}", hint)


def _speaks_of(error: ValidationError, key: str) -> bool:
    # One complaint a missing key; jsonschema puts the key into the message alone.
    return str(error.message).startswith(repr(key))


def _in(path: Path) -> str:
    return f" in {spelled_path(path)}" if path else ""


def _where_else(key: str, known: Mapping[str, Any], shapes: Shapes) -> str:
    """Return the key that was meant, or the one that this key belongs under."""
    for name, schema in known.items():
        if key in shapes.of(schema, {}).get("properties", {}):
            return f"it belongs under `{name}`"
    return did_you_mean(key, known)


def _alternatives(
    error: ValidationError, schema: Schema, shapes: Shapes, places: Places
) -> Iterator[Problem]:
    """Give the complaints of the one alternative that is meant; else say which there are."""
    branch = shapes.branch(schema["anyOf"], error.instance)
    if branch is not None:
        for each in error.context or ():
            if each.schema_path[0] == branch:
                yield from translated(each, shapes, places)
        return
    path: Path = tuple(error.absolute_path)
    if isinstance(error.instance, dict) and error.instance:
        known = [key for each in schema["anyOf"] for key in shapes.of(each, {}).get("properties", {})]
        for key in error.instance:
            message = f"unknown key {quoted(key)}{_in(path)}"
            yield Problem(places.key((*path, key)), message, did_you_mean(key, known))
    else:
        message = f"{spelled_path(path)}: {_sort(error.instance)} cannot stand here"
        yield Problem(places.value(path), message, "see schemas/manifest.schema.json")


def _sort(value: object) -> str:
    return (
        "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "a single value"
    )


def _scalar(error: ValidationError, schema: Schema) -> tuple[str, str]:
    """Return the fact and the remedy of a complaint about one value."""
    about = str(schema.get("description", ""))
    if schema.get("pattern") == SECRET_PATTERN:
        return _SECRET
    if error.instance is None:
        return "the value is missing", about or 'write a value; `""` is the empty text'
    shown = _shown(error.instance)
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            fact, hint = _WANTED[str(limit)]
        case "enum" | "const":
            known = limit if error.validator == "enum" else [limit]
            fact, hint = "is not known here", did_you_mean(str(error.instance), known)
        case "pattern":
            fact, hint = _PATTERNS.get(
                str(limit), ("does not have the right form", about or f"the form is {limit}")
            )
        case other:
            fact, hint = _LIMITS.get(str(other), f"is not what stands here ({other})"), about
    return f"{shown} {fact.format(limit)}", hint or "see schemas/manifest.schema.json"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    return f"{value:g}" if isinstance(value, int | float) else "this"
