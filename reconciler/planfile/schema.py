"""The JSON Schemas of plan, approval and result files (draft-07), generated from the models."""

from __future__ import annotations

from typing import Any, TypeAlias

from reconciler.planfile.basics import Stored
from reconciler.planfile.models import ApprovalFile, PlanFile, ResultFile

Schema: TypeAlias = dict[str, Any]

_DIALECT = "http://json-schema.org/draft-07/schema#"


def schemas() -> dict[str, Schema]:
    """Return the schema of each kind of file: plan, approval, result."""
    return {
        "plan": _schema(PlanFile, "Plan of a MyQ reconciler"),
        "approval": _schema(ApprovalFile, "Approval of a MyQ reconciler plan"),
        "result": _schema(ResultFile, "Result of a MyQ reconciler apply"),
    }


def _schema(model: type[Stored], title: str) -> Schema:
    generated = model.model_json_schema(ref_template="#/definitions/{model}")
    definitions = generated.pop("$defs", {})
    own = _rewritten({**generated, "title": title})
    named = {name: {"title": name, **_rewritten(each)} for name, each in definitions.items()}
    return {"$schema": _DIALECT, **own, "title": title, **({"definitions": named} if named else {})}


def _rewritten(schema: Schema) -> Schema:
    """Return a schema without the titles that pydantic makes up."""
    return {key: _below(key, value) for key, value in schema.items() if key != "title"}


def _below(key: str, value: Any) -> Any:  # noqa: ANN401 - whatever a schema holds
    match key, value:
        case "properties", dict():
            return {name: _rewritten(each) for name, each in value.items()}
        case (("items" | "additionalProperties"), dict()):
            return _rewritten(value)
        case "anyOf", list():
            return [_rewritten(each) for each in value]
        case _:
            return value
