"""The published schemas say of plan, approval and result files what the program accepts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import ValidationError

from reconciler.planfile import approval_document, plan_document, result_document
from reconciler.planfile.basics import Stored
from reconciler.planfile.models import ApprovalFile, PlanFile, ResultFile
from reconciler.planfile.schema import schemas
from support.golden import Golden
from support.plans import a_plan, a_result, approvals, plans, results

PUBLISHED = Path(__file__).parent.parent.parent / "schemas"
MODELS: dict[str, type[Stored]] = {"plan": PlanFile, "approval": ApprovalFile, "result": ResultFile}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_published_schema_is_what_the_models_say(golden: Golden, name: str) -> None:
    golden(PUBLISHED / f"{name}.schema.json", json.dumps(schemas()[name], indent=2, sort_keys=True) + "\n")


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_schema_is_draft_07_and_every_reference_in_it_leads_somewhere(name: str) -> None:
    schema = schemas()[name]
    Draft7Validator.check_schema(schema)
    references = [part["$ref"] for part in _parts(schema) if "$ref" in part]
    assert all(reference.removeprefix("#/definitions/") in schema["definitions"] for reference in references)
    assert all(set(part) == {"$ref"} for part in _parts(schema) if "$ref" in part)


def _parts(schema: object) -> list[dict[str, Any]]:
    below = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    own = [schema] if isinstance(schema, dict) else []
    return [*own, *(part for one in below for part in _parts(one))]


@given(document=plans.map(plan_document))
def test_every_plan_obeys_the_schema(document: dict[str, Any]) -> None:
    Draft7Validator(schemas()["plan"]).validate(_plain(document))


@given(document=approvals.map(approval_document))
def test_every_approval_obeys_the_schema(document: dict[str, Any]) -> None:
    Draft7Validator(schemas()["approval"]).validate(_plain(document))


@given(document=results.map(result_document))
def test_every_result_obeys_the_schema(document: dict[str, Any]) -> None:
    Draft7Validator(schemas()["result"]).validate(_plain(document))


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(document)))


DOCUMENTS = {
    "plan": _plain(plan_document(a_plan())),
    "result": _plain(result_document(a_result())),
    "approval": {
        "format_version": "1.0",
        "kind": "approval",
        "target": "t",
        "plan": "sha256:" + "0" * 64,
        "effects": {"0" * 64: "update/ada"},
        "waived": {"removals": "because"},
        "approvedBy": "jane",
        "approvedAt": "2026-01-05T06:00:00Z",
        "expires": "2026-01-06T06:00:00Z",
        "digest": "sha256:" + "0" * 64,
    },
}

# Not a fraction: to JSON Schema 1.0 is a whole number, and to the program it is not.
_STRANGE = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        7,
        "",
        "x",
        "2026-01-05T06:00:00Z",
        "1.9",
        "update",
        "applied",
        "kept",
        [],
        ["x"],
        [1],
        {},
    ]
)


@given(drawn=st.data(), name=st.sampled_from(sorted(DOCUMENTS)))
def test_the_schema_refuses_what_the_program_refuses_and_nothing_else(
    drawn: st.DataObject, name: str
) -> None:
    document = copy.deepcopy(DOCUMENTS[name])
    part: Any = document
    while True:
        keys = sorted(part) if isinstance(part, dict) else range(len(part))
        key = drawn.draw(st.sampled_from(keys))
        below = part[key]
        if not isinstance(below, dict | list) or not below or drawn.draw(st.booleans()):
            break
        part = below
    if drawn.draw(st.booleans()):
        del part[key]
    else:
        part[key] = drawn.draw(_STRANGE)
    try:
        MODELS[name].model_validate(document)
        accepted = True
    except ValidationError:
        accepted = False
    assert Draft7Validator(schemas()[name]).is_valid(document) is accepted
