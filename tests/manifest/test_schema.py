from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.errors import Place
from reconciler.manifest import models
from reconciler.manifest.document import Document, Places
from reconciler.manifest.schema import Shapes, manifest_schema
from reconciler.manifest.translate import explained
from reconciler.manifest.typed import typed
from reconciler.manifest.yaml import parse
from support.golden import Golden
from support.manifests import CHECKER, TARGET, document, source

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "manifest.schema.json"
EXAMPLES = ROOT / "sources.d"


def test_the_published_schema_is_current(golden: Golden) -> None:
    golden(SCHEMA, json.dumps(manifest_schema(), indent=2, sort_keys=True) + "\n")


def test_the_schema_is_one_that_editors_know() -> None:
    schema = manifest_schema()
    Draft7Validator.check_schema(schema)
    text = json.dumps(schema)
    assert schema["$schema"].startswith("http://json-schema.org/draft-07/")
    for word in ('"$defs"', '"discriminator"', '"null"', '"prefixItems"', '"x-', '"$id"'):
        assert word not in text


def test_every_key_of_a_project_is_described() -> None:
    definitions = manifest_schema()["definitions"]
    ours = [
        each.__name__ for each in vars(models).values() if getattr(each, "__module__", "") == models.__name__
    ]
    undescribed = [
        f"{name}.{key}"
        for name in definitions.keys() & set(ours)
        for key, each in definitions[name]["properties"].items()
        if not _described(each, definitions)
    ]
    assert undescribed == []


def _described(schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    if "$ref" in schema:
        return bool(definitions[schema["$ref"].rsplit("/", 1)[1]].get("description"))
    return "const" in schema or bool(schema.get("description"))


@pytest.mark.parametrize(
    "path", [pytest.param(each, id=each.name) for each in sorted(EXAMPLES.glob("*.yaml"))]
)
def test_an_editor_finds_the_schema_of_an_example_and_nothing_wrong(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    modeline = text.split("\n", 1)[0]
    named = modeline.removeprefix("# yaml-language-server: $schema=")
    schema = json.loads((path.parent / named).read_text(encoding="utf-8"))
    for content in yaml.safe_load_all(text):
        assert [error.message for error in Draft7Validator(schema).iter_errors(content)] == []


@pytest.mark.parametrize("kind", ["Target", "Source", "Mapping", "GroupTree", "Policy"])
def test_editors_learn_what_a_kind_holds(kind: str) -> None:
    validator = Draft7Validator(manifest_schema())
    wrong = {
        "apiVersion": "myq.reconciler/v1",
        "kind": kind,
        "metadata": {"name": "a"},
        "spec": {"type": "csv", "no": 1},
    }
    paths = {tuple(error.absolute_path) for error in validator.iter_errors(wrong)}
    assert ("spec",) in paths


def mutations(content: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  # any document
    """Give the document with one value in it changed, removed or added."""
    places = list(_paths(content))
    values = st.sampled_from(VALUES)
    return st.builds(_changed, st.just(content), st.sampled_from(places), values, st.sampled_from(KEYS))


VALUES: list[Any] = [
    None,
    "",
    "a",
    "5",
    "true",
    "-1",
    "0.5",
    "env:A",
    "a|b",
    "a,b",
    "a\n",
    " ",
    [],
    ["a"],
    [None],
    {},
    {"a": "b"},
    "gone",
]
KEYS = [
    "",
    "from",
    "mode",
    "filters",
    "userName",
    "email",
    "type",
    "count",
    "percent",
    "nothing",
    "metadata",
    "kind",
]


def _paths(content: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # any document
    if at:
        yield at
    steps = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in steps:
        yield from _paths(value, (*at, key))


def _changed(content: Any, path: tuple[Any, ...], value: Any, key: str) -> Any:  # noqa: ANN401  # any document
    copy = json.loads(json.dumps(content))
    around = copy
    for step in path[:-1]:
        around = around[step]
    if value == "gone":
        del around[path[-1]]
    elif key and isinstance(around[path[-1]], dict):
        around[path[-1]][key] = value
    else:
        around[path[-1]] = value
    return copy


GOOD: list[dict[str, Any]] = [
    made.content
    for text in (
        TARGET,
        document(
            "Policy",
            "guards: {removals: {count: 5, percent: 1.5}}\nprotected: {users: [a]}\napprove: [create]",
        ),
        document("GroupTree", "under: A|B\ngroups: [{name: C, previously: D, groups: [{name: E}]}]"),
        source(
            "options: {pairBy: [email]}\nadopt: {users: [a]}\n"
            "groups: {import: [{attribute: a, emptyLevel: cut}]}"
        ),
        document(
            "Mapping", "userName: {from: a, filters: [lower, {split: ','}, {map: {table: {a: b}}}]}\nemail: b"
        ),
    )
    for made in parse(text.encode(), "a.yaml").documents
]


@pytest.mark.parametrize("content", [pytest.param(each, id=each["kind"]) for each in GOOD])
@given(draw=st.data())
def test_what_the_models_take_the_schema_takes(content: dict[str, Any], draw: st.DataObject) -> None:
    changed = draw.draw(mutations(content))
    places = Places()
    places.add((), Place("a.yaml", 1, 1))
    checked = CHECKER.check(Document(changed, places))
    schema = manifest_schema_once()
    complaints = list(explained(schema, Shapes(schema), typed(Shapes(schema), schema, changed), places))
    if checked.manifest is not None:
        assert complaints == []
    assert (checked.manifest is None) == bool(checked.problems)


@cache
def manifest_schema_once() -> dict[str, Any]:
    return manifest_schema()
