"""Specifications for tests: those of the simulator, changed in one place, and small ones written by hand."""

from __future__ import annotations

import copy
from typing import Any

import orjson

from reconciler.myq.openapi.bind import Findings, Row, bind
from reconciler.myq.openapi.spec import Specification, read_specification
from reconciler.simulator.dialects import DIALECTS
from reconciler.simulator.openapi import specification
from reconciler.simulator.switches import Dialect

Document = dict[str, Any]


def document(dialect: str = "paged", version: str = "3.0") -> Document:
    """Return the specification of one of the simulator's interfaces."""
    return copy.deepcopy(specification(DIALECTS[Dialect(dialect)], version))


def read(told: Document) -> Specification:
    """Return a specification as the program reads it."""
    return read_specification(orjson.dumps(told), "spec.json")


def found(told: Document) -> Findings:
    """Return what the program finds in a specification."""
    return bind(read(told), "here", "spec.json")


def row(findings: Findings, need: str) -> Row:
    """Return what was found for one need."""
    return next(each for each in findings.rows if each.need == need)


def schemas(told: Document) -> Document:
    """Return the schemas of a specification, by name."""
    held: Document = told["components"]["schemas"]
    return held


def properties(told: Document, name: str) -> Document:
    """Return the properties of a schema."""
    held: Document = schemas(told)[name]["properties"]
    return held


def body(schema: Document) -> Document:
    """Return what is taken or given as JSON."""
    return {"content": {"application/json": {"schema": schema}}}


def operation(takes: Document | None = None, gives: Document | None = None, **more: Any) -> Document:  # noqa: ANN401  JSON
    """Return an operation that takes and gives what it is told."""
    made = {"responses": {"200": body(gives) if gives else {"description": "Done."}}, **more}
    return made | ({"requestBody": body(takes)} if takes else {})


def thing(**kinds: str) -> Document:
    """Return the schema of an object: ``thing(id="integer")``."""
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in kinds.items()}}


def listed(schema: Document) -> Document:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}
