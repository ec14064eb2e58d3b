"""The schema's complaints, in words for an administrator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jsonschema import Draft7Validator, ValidationError, validators
from pydantic import TypeAdapter

from reconciler.errors import Problem
from reconciler.manifest.document import Path, Places
from reconciler.manifest.schema import Schema, Shapes
from reconciler.manifest.words import did_you_mean, listed, quoted, spelled_path
from reconciler.sources.strict import GroupPath, Name, SecretRef

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

_LIMITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "minLength": ("has less than {} characters", "write {} or more"),
        "maxLength": ("has more than {} characters", "write {} at most"),
        "minimum": ("is less than {}", "write {} or more"),
        "maximum": ("is more than {}", "write {} or less"),
        "minItems": ("has less than {} values", "write {} or more"),
        "maxItems": ("has more than {} values", "write {} at most"),
    }
)

_SECRET = (
    "this is no reference to a secret, and a secret itself must not stand in a file",
    "write `env:NAME`, `file:/path` or `keyring:service/name`; if the secret was committed, change it",
)


def _pattern(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    # Python's `$` lets a line end through at the end; that of the models and of editors does not.
    exact = pattern.removesuffix("$") + (r"\Z" if pattern.endswith("$") else "")
    if isinstance(instance, str) and not re.search(exact, instance):
        yield ValidationError("the pattern does not match")


_Validator = validators.extend(  # type: ignore[no-untyped-call]  # its stubs leave it so
    Draft7Validator, {"pattern": _pattern}
)


def explained(schema: Schema, shapes: Shapes, content: object, places: Places) -> Iterator[Problem]:
    """Give everything that the schema has against a document."""
    for error in _Validator(schema).iter_errors(content):
        yield from _translated(error, shapes, places)


def _translated(error: ValidationError, shapes: Shapes, places: Places) -> Iterator[Problem]:
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
                if _speaks_of(error, key):
                    hint = _addition(key, shapes.of(schema, instance)["properties"][key], shapes)
                    yield Problem(places.key(path), f"{quoted(key)} is missing{_in(path)}", hint)
        case _:
            message, hint = _scalar(error, schema)
            yield Problem(places.value(path), f"{spelled_path(path)}: {message}", hint)


def _speaks_of(error: ValidationError, key: str) -> bool:
    # One complaint a missing key; jsonschema puts the key into the message alone.
    return str(error.message).startswith(repr(key))


def _addition(key: str, schema: Schema, shapes: Shapes) -> str:
    if "const" in schema:
        return f"add `{key}: {schema['const']}`"
    return _with_about(f"add `{key}: ...`", shapes.of(schema, {}) | schema)


def _with_about(hint: str, schema: Schema) -> str:
    about = str(schema.get("description", "")).removesuffix(".")
    return f"{hint} ({about})" if about else hint


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
                yield from _translated(each, shapes, places)
        return
    path: Path = tuple(error.absolute_path)
    words, keys = _known_here(schema, shapes)
    if isinstance(error.instance, dict) and error.instance:
        for key in error.instance:
            message = f"unknown key {quoted(key)}{_in(path)}"
            yield Problem(places.key((*path, key)), message, did_you_mean(key, keys))
    else:
        hint = f"write {listed(words or ['text'])}" + (f", or a mapping with {listed(keys)}" if keys else "")
        message = f"{spelled_path(path)}: {_sort(error.instance)} cannot stand here"
        yield Problem(places.value(path), message, hint)


def _known_here(schema: Schema, shapes: Shapes) -> tuple[list[str], list[str]]:
    """Return the words and the keys that alternatives know."""
    branches = [shapes.of(each, {}) for each in schema["anyOf"]]
    words = [word for branch in branches for word in branch.get("enum", ())]
    return words, [key for branch in branches for key in branch.get("properties", ())]


def _sort(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "a mapping" if isinstance(value, dict) else "a single value"


def _scalar(error: ValidationError, schema: Schema) -> tuple[str, str]:
    """Return the fact and the remedy of a complaint about one value."""
    limit: Any = error.validator_value
    if schema.get("pattern") == SECRET_PATTERN:
        return _SECRET
    if error.instance is None:
        return "the value is missing", _with_about('write one; `""` is the empty text', schema)
    if error.instance in ("", []):
        return "this is empty", _with_about("write at least one value", schema)
    match error.validator:
        case "type":
            fact, hint = _WANTED.get(str(limit), _WANTED["string"])
        case "enum" | "const":
            words = limit if error.validator == "enum" else [limit]
            known = [word for word in words if isinstance(word, str)]
            fact, hint = "is not known here", did_you_mean(str(error.instance), known)
        case "pattern":
            usual = ("does not have the right form", _with_about("follow its description", schema))
            fact, hint = _PATTERNS.get(str(limit), usual)
        case other:
            fact, hint = _LIMITS.get(
                str(other), (f"is not what stands here ({other})", _with_about("change it", schema))
            )
    return f"{_shown(error.instance)} {fact.format(limit)}", hint.format(limit)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    return f"{value:g}" if isinstance(value, int | float) else "this"
