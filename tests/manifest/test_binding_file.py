"""A binding file to a binding: every word of it counts, and every mistake has its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.model import Property
from reconciler.errors import ManifestError
from reconciler.manifest.binding import binding_schema, load_binding, read_binding
from reconciler.manifest.load import load_project
from reconciler.sources.myq_binding import Deleted, Evidence, FieldShape, GroupShape, Paging, Reference, Style
from support.bindings import binding, document, read, text

GET = {"method": "GET", "path": "/people/{user}"}
POST = {"method": "POST", "path": "/people"}
TARGET = """apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: head-office}
spec:
  rest: {url: 'https://myq.example.org', clientId: app, clientSecret: 'env:SECRET', binding: here.yaml}
"""


def test_the_least_reads_users_and_can_do_no_more() -> None:
    made = binding()
    assert made.name == "here"
    assert made.operations.keys() == {"token", "list_users"}
    assert made.operations["list_users"].paging == Paging(
        Style.OFFSET, start="skip", size="take", count="total"
    )
    assert made.operations["token"].evidence is Evidence.CHOSEN
    assert made.readable == {Property.USER_NAME, Property.FULL_NAME}


@pytest.mark.parametrize(
    ("said", "shape"),
    [
        pytest.param("code", FieldShape("code", "code"), id="a-key"),
        pytest.param({"key": "code", "readOnly": "true"}, FieldShape("code", ""), id="read-only"),
        pytest.param({"key": "a", "written": "b"}, FieldShape("a", "b"), id="written-elsewhere"),
        pytest.param({"written": "b"}, FieldShape("", "b"), id="never-shown"),
    ],
)
def test_a_property_stands_where_it_is_said_to_stand(said: object, shape: FieldShape) -> None:
    assert binding(user__fields__personalNumber=said).user.fields[Property.PERSONAL_NUMBER] == shape


def test_several_values_may_be_objects_or_one_text_and_groups_ids() -> None:
    fields = binding(
        user__fields__cards={"key": "badges", "item": "serial"},
        user__fields__aliases={"key": "others", "joined": ";"},
        user__fields__groups={"key": "teams", "item": "id", "by": "id", "written": "teamIds"},
    ).user.fields
    assert fields[Property.CARDS] == FieldShape("badges", "badges", item="serial")
    assert fields[Property.ALIASES] == FieldShape("others", "others", joined=";")
    assert fields[Property.GROUPS] == FieldShape("teams", "teamIds", item="id", reference=Reference.ID)


def test_users_and_groups_have_ids_and_ends_of_their_own() -> None:
    made = binding(
        user__id="personId",
        user__idType="number",
        user__deleted={"key": "state", "when": ["removed"], "otherwise": ["live"]},
        user__pins="codes",
        group={"id": "teamId", "name": "label", "parent": "above"},
    )
    assert (made.user.id, made.user.numeric, made.user.pins) == ("personId", True, "codes")
    assert made.user.deleted == Deleted("state", frozenset({"removed"}), frozenset({"live"}))
    assert made.group == GroupShape("", "teamId", numeric=False, name="label", parent="above")


def test_an_operation_says_all_that_a_request_needs() -> None:
    made = binding(
        operations__updateUser={
            **GET,
            "method": "PUT",
            "evidence": "specification",
            "source": "spec.yaml: putPerson",
            "query": {"full": "true"},
            "body": '{"state": "removed"}',
            "wrap": "person",
            "entity": "person",
            "whole": "true",
            "carried": ["login"],
            "accepts": ["userName"],
        }
    ).operations["update_user"]
    assert made.query == (("full", "true"),)
    assert made.body == {"state": "removed"}
    assert (made.whole, made.carried, made.accepts) == (True, ("login",), {Property.USER_NAME})
    assert (made.wrap, made.entity, made.evidence) == ("person", "person", Evidence.SPECIFIED)
    assert made.repeatable


def test_what_makes_something_is_sent_once_unless_it_is_said_to_be_harmless() -> None:
    assert not binding(operations__createUser=POST).operations["create_user"].repeatable
    said = POST | {"repeatable": "true"}
    assert binding(operations__createUser=said).operations["create_user"].repeatable


@pytest.mark.parametrize(
    ("changes", "words", "at"),
    [
        pytest.param({"operations__token": None}, "no token operation", "operations", id="no-token"),
        pytest.param(
            {"operations__getUser": GET | {"path": "/people/{id}"}}, "'id' is not known", "path", id="a-name"
        ),
        pytest.param(
            {"operations__getUser": GET | {"path": "/people"}}, "no place for the user", "getUser", id="no-id"
        ),
        pytest.param(
            {"operations__listGroups": POST | {"path": "/x/{user}"}},
            "takes nothing from us",
            "path",
            id="a-list-of-somebody",
        ),
        pytest.param(
            {"operations__listGroups": {"method": "GET", "path": "/teams"}},
            "nothing of paging",
            "listGroups",
            id="a-list-without-paging",
        ),
        pytest.param(
            {"operations__listUsers__paging": {"style": "page"}}, "needs a parameter", "paging", id="no-page"
        ),
        pytest.param(
            {"operations__listUsers__paging": {"style": "cursor", "start": "after"}},
            "key of the next one",
            "paging",
            id="no-cursor",
        ),
        pytest.param(
            {"operations__listUsers__paging": {"style": "none"}}, "nothing proves", "paging", id="no-proof"
        ),
        pytest.param({"operations__getUser": GET | {"body": "[1]"}}, "no JSON object", "body", id="a-body"),
        pytest.param(
            {"operations__getUser": GET | {"body": "[" * 9000}}, "no JSON", "body", id="a-deep-body"
        ),
        pytest.param(
            {"operations__getUser": GET | {"accepts": ["email"]}}, "no key to write", "email", id="accepts"
        ),
        pytest.param({"operations__getUsr": GET}, "did you mean 'getUser'", "getUsr", id="a-slip-of-the-pen"),
        pytest.param({"operations__getUser": GET | {"method": "LOOK"}}, "LOOK", "method", id="no-method"),
        pytest.param({"user__fields__userName": None}, "userName has no key", "fields", id="no-user-name"),
        pytest.param(
            {"user__fields__email": {"key": "m", "joined": ";"}}, "nothing to join", "joined", id="one-value"
        ),
        pytest.param({"group": {"name": "label"}}, "or a name", "group", id="half-a-group"),
        pytest.param({"group": {"path": "p", "name": "n"}}, "or a name", "group", id="a-path-and-a-name"),
        pytest.param({"user__fields__colour": "c"}, "colour", "colour", id="no-property"),
    ],
)
def test_a_mistake_has_its_place_and_a_remedy(changes: dict[str, Any], words: str, at: str) -> None:
    made, problems = read(**changes)
    assert made is None
    assert any(words in f"{problem.message} {problem.hint}" for problem in problems), problems
    lines = text(**changes).decode().splitlines()
    places = [problem.place for problem in problems]
    assert all(place.file == "here.yaml" and place.line and place.column for place in places)
    assert any(f'"{at}"' in lines[place.line - 1] for place in places), (places, lines)
    assert all(problem.hint for problem in problems)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"", "one document", id="nothing"),
        pytest.param(b"a: [", "bracket", id="no-yaml"),
        pytest.param(b"kind: x\n---\nkind: y\n", "one document", id="two-documents"),
        pytest.param(b"kind: RestBinding\n", "apiVersion", id="half-a-document"),
    ],
)
def test_a_file_that_is_no_binding_is_refused(raw: bytes, words: str) -> None:
    problems: list[Any] = []
    assert read_binding(raw, "here.yaml", problems) is None
    assert any(words in f"{problem}" for problem in problems)


def test_a_file_that_is_not_there_is_told_with_the_way_to_have_it(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read") as raised:
        load_binding(tmp_path, "nowhere.yaml")
    assert "doctor --spec" in str(raised.value)


def test_a_project_knows_its_binding_and_its_digest_tells_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "sources.d"
    folder.mkdir()
    (folder / "target.yaml").write_text(TARGET)
    (tmp_path / "here.yaml").write_bytes(text())
    first = load_project(tmp_path)
    (tmp_path / "here.yaml").write_bytes(text(user__pins="codes"))
    assert load_project(tmp_path).digest != first.digest
    (tmp_path / "here.yaml").write_bytes(text(user__pinz="codes"))
    with pytest.raises(ManifestError, match="pinz"):
        load_project(tmp_path)


def test_a_target_without_a_list_of_users_cannot_be_read_by_rest(tmp_path: Path) -> None:
    folder = tmp_path / "sources.d"
    folder.mkdir()
    (folder / "target.yaml").write_text(TARGET)
    (tmp_path / "here.yaml").write_bytes(text(operations__listUsers=None))
    with pytest.raises(ManifestError, match="no operation to read every user") as raised:
        load_project(tmp_path)
    assert "read: csv" in str(raised.value)
    (folder / "target.yaml").write_text(TARGET + "  csv: {export: users.csv}\n  read: csv\n")
    assert load_project(tmp_path).target.can_write


def test_the_schema_takes_what_the_program_takes() -> None:
    from jsonschema import Draft7Validator  # noqa: PLC0415  it is slow to import, and one test needs it

    schema = binding_schema()
    Draft7Validator.check_schema(schema)
    assert not list(Draft7Validator(schema).iter_errors(document()))
    stored = Path(__file__).parents[2] / "schemas" / "binding.schema.json"
    assert json.loads(stored.read_bytes()) == schema
