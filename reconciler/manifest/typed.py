"""Give text the types that the schema asks for: only here does ``true`` become a boolean."""

from __future__ import annotations

import re
from typing import Any

from reconciler.manifest.schema import Schema, Shapes

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_BOOLEANS = {"true": True, "false": False}


def typed(shapes: Shapes, schema: Schema, value: Any) -> Any:  # noqa: ANN401  # what YAML can hold
    """Return the value with its scalars typed; what does not fit stays text, for the schema to refuse.

    A key without a value is a key that is not there, unless it is one that must be.
    """
    shape = shapes.of(schema, value)
    if isinstance(value, dict):
        return _mapping(shapes, shape, value)
    if isinstance(value, list):
        items = shape.get("items", {})
        return [typed(shapes, items, each) for each in value]
    return _scalar(shape, value)


def _mapping(shapes: Shapes, shape: Schema, value: dict[str, Any]) -> dict[str, Any]:
    properties = shape.get("properties", {})
    others = shape.get("additionalProperties")
    rest = others if isinstance(others, dict) else {}
    optional = set(properties) - set(shape.get("required", ()))
    return {
        key: typed(shapes, properties.get(key, rest), each)
        for key, each in value.items()
        if each is not None or key not in optional
    }


def _scalar(shape: Schema, value: str | None) -> str | int | float | bool | None:
    if value is None:
        return None
    match shape.get("type"):
        case "integer" if _INTEGER.fullmatch(value):
            return int(value)
        case "number" if _NUMBER.fullmatch(value):
            return float(value)
        case "boolean":
            return _BOOLEANS.get(value, value)
        case _:
            return value
