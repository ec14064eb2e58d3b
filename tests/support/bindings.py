"""Binding files as texts, for the tests of what reads them and works by them."""

from __future__ import annotations

import copy
import json
from typing import Any

from reconciler.errors import Problem
from reconciler.manifest.binding import read_binding
from reconciler.sources.myq_binding import Binding

LEAST: dict[str, Any] = {
    "apiVersion": "myq.reconciler/v1",
    "kind": "RestBinding",
    "metadata": {"name": "here"},
    "spec": {
        "user": {"fields": {"userName": "login", "fullName": "name"}},
        "operations": {
            "token": {"method": "POST", "path": "/token"},
            "listUsers": {
                "method": "GET",
                "path": "/people",
                "entries": "data",
                "paging": {"style": "offset", "start": "skip", "size": "take", "count": "total"},
            },
        },
    },
}
"""A binding file that reads users and can do no more; JSON is YAML."""


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  what YAML can hold
    """Return the least binding with values put at paths: ``operations__getUser={...}``; None removes."""
    made = copy.deepcopy(LEAST)
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = made["spec"]
        for step in way:
            inner = inner.setdefault(step, {})
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return made


def text(**changes: Any) -> bytes:  # noqa: ANN401  what YAML can hold
    """Return such a document's bytes."""
    return json.dumps(document(**changes), indent=1).encode()


def read(**changes: Any) -> tuple[Binding | None, list[Problem]]:  # noqa: ANN401  what YAML can hold
    """Return such a document as the program reads it, and what it has against it."""
    problems: list[Problem] = []
    return read_binding(text(**changes), "here.yaml", problems), problems


def binding(**changes: Any) -> Binding:  # noqa: ANN401  what YAML can hold
    """Return such a document's binding; fail where it is none."""
    made, problems = read(**changes)
    assert made is not None, problems
    return made
