"""Specifications of every version, from anybody: read within bounds, or refused in words."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem, ReconcilerError
from reconciler.manifest.binding import read_binding
from reconciler.myq.openapi.bind import bind
from reconciler.myq.openapi.document import MAX_DEPTH, parsed
from reconciler.myq.openapi.shapes import MAX_DEPTH as DEEP
from reconciler.myq.openapi.shapes import NOTHING, Shapes
from reconciler.myq.openapi.spec import MAX_ENDPOINTS, read_specification
from reconciler.pipeline.binding_text import binding_text
from support import specs
from support.specs import document, listed, operation, thing

PATHS = {"/things": {"get": {}}}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"", "no mapping", id="nothing"),
        pytest.param(b"[]", "no mapping", id="a-list"),
        pytest.param(b'{"openapi": ', "unexpected|column", id="half-of-json"),
        pytest.param(b"openapi: [", "line 1|did not find|expected", id="half-of-yaml"),
        pytest.param(b"\xff\xfe\x00", "UTF-8", id="no-text"),
        pytest.param(b"a: b", "names no version", id="something-else"),
        pytest.param(b"openapi: 4.0.0", "its version is '4.0.0'", id="a-version-to-come"),
        pytest.param(b"swagger: '1.2'", "its version is '1.2'", id="a-version-of-old"),
        pytest.param(b"openapi: 3.0.1\npaths: {}", "no paths", id="no-paths"),
        pytest.param(b"openapi: 3.0.1\npaths: 7", "no paths", id="paths-that-are-none"),
        pytest.param(
            b"openapi: 3.0.1\npaths: {'x y': {get: {}}, '/a?b': {get: {}}}", "no paths", id="bad-paths"
        ),
        pytest.param(b"[" * 5000, "nested deeper|no mapping|column", id="deep-yaml"),
        pytest.param(b"{" * 5000, "column|nested", id="deep-json"),
        pytest.param(b"&a [*a]", "no mapping", id="an-alias-of-itself"),
        pytest.param(b"x" * (32 * 2**20 + 1), "larger than 32 MB", id="a-large-file"),
        pytest.param(b"? [a]\n: b", "names no version", id="a-key-that-is-a-list"),
    ],
)
def test_what_is_no_specification_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(ReconcilerError, match=words) as raised:
        read_specification(raw, "spec.yaml")
    assert raised.value.where == "spec.yaml"
    assert "OpenAPI" in raised.value.hint


def test_yaml_that_multiplies_stays_small() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    held = parsed("\n".join(lines).encode(), "x")
    assert len(held) == 30
    assert held["a29"][0] is held["a28"]


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.myq.openapi.document.MAX_NODES", 10)
    with pytest.raises(ReconcilerError, match="more than 10 values"):
        parsed(b"a: [1, 2, 3, 4, 5, 6, 7, 8, 9]", "x")


def test_values_that_lie_too_deep_are_refused() -> None:
    with pytest.raises(ReconcilerError, match="nested deeper"):
        parsed(b"a: " + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "x")


def test_yaml_keeps_texts_and_takes_the_first_of_two() -> None:
    told = parsed(
        b"\xef\xbb\xbf# x\na: {b: 007, c: true, d: 'true', 200: ~, b: 8}\ne: &e word\nf: *e\n---\nx: 1", "x"
    )
    assert told == {"a": {"b": "007", "c": True, "d": "true", "200": None}, "e": "word", "f": "word"}


def test_json_may_be_written_as_yaml_has_it() -> None:
    assert parsed(b"{a: [b, 'c']}", "x") == {"a": ["b", "c"]}


@pytest.mark.parametrize("dialect", ["built-in", "paged", "people"])
def test_json_and_yaml_and_every_version_tell_the_same(dialect: str) -> None:
    told = [
        read_specification(write(document(dialect, version)), "x")
        for version in ("2.0", "3.0", "3.1")
        for write in (orjson.dumps, lambda held: yaml.safe_dump(held).encode())
    ]
    assert [one.version for one in told] == ["2.0", "2.0", "3.0", "3.0", "3.1", "3.1"]
    first = {(one.method, one.path): one for one in told[0].endpoints}
    for other in told[1:]:
        assert {(one.method, one.path) for one in other.endpoints} == first.keys()
        assert bind(other, "here", "x").objects == bind(told[0], "here", "x").objects


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"servers": [{"url": "https://myq.example.org/api/v3/"}]}, "/api/v3/things"),
        ({"servers": [{"url": "/{base}/x", "variables": {"base": {"default": "api"}}}]}, "/api/x/things"),
        ({"servers": [{"url": "api"}]}, "/api/things"),
        ({"servers": [{"url": "https://[broken"}]}, "/things"),
        ({"servers": []}, "/things"),
        ({"servers": 7}, "/things"),
        ({"swagger": "2.0", "openapi": "", "basePath": "/api/"}, "/api/things"),
    ],
)
def test_a_path_begins_with_what_the_server_begins_with(more: dict[str, Any], path: str) -> None:
    assert specs.read({"openapi": "3.0.0", "paths": PATHS} | more).endpoints[0].path == path


def test_references_are_followed_within_the_file_and_others_are_noted() -> None:
    told = {
        "openapi": "3.0.0",
        "paths": {
            "/things/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}, 7, {"$ref": "#/nowhere"}],
                "put": {
                    "operationId": "putThing",
                    "tags": ["Things"],
                    "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                    "responses": {"201": {"$ref": "#/components/responses/Thing"}},
                },
                "get": {
                    "parameters": [{"name": "id", "in": "path", "description": "own"}],
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "other.yaml#/A"}}}}
                    },
                },
            },
            "/alias": {"$ref": "#/paths/~1things~1{id}"},
        },
        "components": {
            "parameters": {
                "Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
            },
            "requestBodies": {"Thing": specs.body({"$ref": "#/components/schemas/Thing"})},
            "responses": {"Thing": {**specs.body({"$ref": "#/x/list/1"}), "headers": {"Link": {}}}},
            "schemas": {"Thing": thing(id="integer")},
        },
        "x": {"list": [0, {"$ref": "#/components/schemas/Thing"}]},
    }
    read = specs.read(told)
    put = next(one for one in read.endpoints if one.method == "PUT")
    assert put.parameters[0].required
    assert put.parameters[0].shape.kind == "number"
    assert put.takes is not None
    assert put.takes.properties["id"].kind == put.gives.properties["id"].kind == "number"
    assert (put.headers, put.tags, put.id) == (("Link",), ("Things",), "putThing")
    get = next(one for one in read.endpoints if one.method == "GET")
    assert [one.about for one in get.parameters] == ["own"]
    assert get.gives == NOTHING
    assert [note.split("'")[1] for note in read.notes] == ["#/nowhere", "other.yaml#/A"]
    assert len([one for one in read.endpoints if one.path == "/alias"]) == 2


def test_a_form_is_told_from_json() -> None:
    form = {"application/x-www-form-urlencoded": {"schema": thing(a="string")}}
    read = specs.read({"openapi": "3.1.0", "paths": {"/x": {"post": {"requestBody": {"content": form}}}}})
    assert read.endpoints[0].form
    parameters = [{"name": "a", "in": "formData", "type": "string"}]
    read = specs.read({"swagger": "2.0", "paths": {"/x": {"post": {"parameters": parameters}}}})
    assert read.endpoints[0].form
    answer = {"responses": {"default": specs.body({"type": "string"})}, "deprecated": True}
    read = specs.read({"openapi": "3.1.0", "paths": {"/x": {"post": answer}}})
    assert (read.endpoints[0].gives.kind, read.endpoints[0].deprecated) == ("text", True)


def test_schemas_are_put_together_and_circles_end() -> None:
    node: dict[str, Any] = {
        "allOf": [
            {"$ref": "#/s/Base"},
            {"properties": {"next": {"$ref": "#/s/Node"}, "a.b": {}, "\x07": {}}},
        ],
        "oneOf": [{"properties": {"x": {"type": ["string", "null"]}}}, 7],
        "anyOf": 7,
    }
    base = {"$ref": "#/s/Deep"}
    deep = {
        "type": "object",
        "properties": {"id": {"type": "integer", "readOnly": True}},
        "allOf": [{"$ref": "#/s/Node"}],
    }
    told = {"s": {"Node": node, "Base": base, "Deep": deep, "Loop": {"$ref": "#/s/Loop"}}}
    shapes = Shapes(told)
    shape = shapes.shape({"$ref": "#/s/Node"})
    assert set(shape.properties) == {"id", "next", "x"}
    assert shape.properties["x"].nullable
    assert shape.properties["id"].read_only
    steps = 0
    while "next" in shape.properties:
        shape, steps = shape.properties["next"], steps + 1
    assert steps == DEEP + 1
    assert shapes.shape({"$ref": "#/s/Loop"}) == NOTHING
    assert shapes.shape({"$ref": "#/s/Node/allOf/9"}) == NOTHING
    assert shapes.shape({"items": {}}).kind == "list"


def test_what_is_too_much_is_left_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.myq.openapi.shapes.BUDGET", 20)
    assert any("not all of them" in note for note in specs.read(document()).notes)


def test_of_very_many_operations_the_first_are_looked_at() -> None:
    told = {"openapi": "3.0.0", "paths": {f"/x{n}": {"get": {}} for n in range(MAX_ENDPOINTS + 1)}}
    read = specs.read(told)
    assert len(read.endpoints) == MAX_ENDPOINTS
    assert any("only the first" in note for note in read.notes)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401  JSON
    """Return where every value in a document stands."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inside for place in places(each, (*at, key)))]


PLACES = {dialect: places(document(dialect))[1:] for dialect in ("paged", "people")}
odd = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        "",
        "x",
        "#",
        [],
        {},
        [[]],
        {"$ref": "#"},
        {"$ref": "#/paths"},
        {"type": "object"},
        ["type"],
    ]
) | st.recursive(
    st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Return a specification in which some values are gone, others, or elsewhere."""
    dialect = draw(st.sampled_from(sorted(PLACES)))
    told = copy.deepcopy(document(dialect))
    for place in draw(st.lists(st.sampled_from(PLACES[dialect]), min_size=1, max_size=4)):
        holder: Any = told
        for step in place[:-1]:
            inside = isinstance(holder, dict) and step in holder
            inside = inside or (isinstance(holder, list) and isinstance(step, int) and step < len(holder))
            holder = holder[step] if inside else None
        known = isinstance(holder, dict) and place[-1] in holder
        if known or (isinstance(holder, list) and isinstance(place[-1], int) and place[-1] < len(holder)):
            if draw(st.booleans()):
                del holder[place[-1]]
            else:
                holder[place[-1]] = draw(odd)
    return told


@given(damaged())
def test_a_damaged_specification_binds_what_is_whole_and_is_written_as_read(told: dict[str, Any]) -> None:
    try:
        specification = read_specification(orjson.dumps(told), "spec.json")
    except ReconcilerError as error:
        assert error.hint  # noqa: PT017  either way is right
        return
    findings = bind(specification, "here", "spec.json")
    text = binding_text(findings, "here", "spec.json")
    problems: list[Problem] = []
    made = read_binding(text.encode(), "b.yaml", problems)
    if findings.binding is not None:
        assert problems == [], text
        assert made == findings.binding, text
    else:
        assert made is None
        assert all(problem.place.line for problem in problems)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_in_words(raw: bytes) -> None:
    try:
        read_specification(raw, "x")
    except ReconcilerError as error:
        assert error.hint  # noqa: PT017  either way is right


def test_names_full_of_harm_reach_neither_the_file_nor_the_screen() -> None:
    evil = "x\n    token: {}\n\x1b[31m'\"{}#: &*"
    told = document()
    told["info"]["title"] = evil
    get = told["paths"]["/users"]["get"]
    get["operationId"] = evil
    get["tags"] = [evil]
    specs.properties(told, "UserUpdate")[evil] = {"type": "string", "description": "Department."}
    told["paths"][f"/users/{evil}"] = {"get": operation(gives=listed(thing(a="string")))}
    findings = specs.found(told)
    problems: list[Problem] = []
    text = binding_text(findings, "here", evil)
    assert read_binding(text.encode(), "b.yaml", problems) == findings.binding
    assert problems == []
    assert "\x1b" not in text
