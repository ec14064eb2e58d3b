"""The specification of a dialect, as an installation would bring it: OpenAPI 2.0, 3.0 or 3.1."""

from __future__ import annotations

import re
from typing import Any

from reconciler.errors import UsageError
from reconciler.simulator.dialects.spoken import Schema, Spoken
from reconciler.simulator.speech import Parameter, Route

VERSIONS = ("2.0", "3.0", "3.1")

_FULL = {"3.0": "3.0.3", "3.1": "3.1.0"}
_REFS = {"2.0": "#/definitions/", "3.0": "#/components/schemas/", "3.1": "#/components/schemas/"}
_BRACES = re.compile(r"\{(\w+)\}")
_TOKEN = {"grant_type": "client_credentials", "client_id": "", "client_secret": "", "scope": ""}


def specification(spoken: Spoken, version: str) -> dict[str, Any]:
    """Return the document for a version; raise `UsageError` for one that there is not."""
    if version not in VERSIONS:
        raise UsageError(
            f"there is no version {version!r}", hint=f"one of: {', '.join(VERSIONS)}", where="version"
        )
    base = spoken.base if spoken.token.startswith(f"{spoken.base}/") else ""
    head: dict[str, Any] = {"info": {"title": spoken.title, "version": "1"}}
    schemas = {name: _schema(schema, version) for name, schema in spoken.schemas.items()}
    if version == "2.0":
        head = {"swagger": "2.0", **head, "basePath": base or "/", "consumes": ["application/json"]}
        tail: dict[str, Any] = {"definitions": schemas}
    else:
        head = {"openapi": _FULL[version], **head, "servers": [{"url": base or "/"}]}
        tail = {"components": {"schemas": schemas}}
    return {**head, "paths": _paths(spoken, base, version), **tail}


def _paths(spoken: Spoken, base: str, version: str) -> dict[str, Any]:
    paths: dict[str, Any] = {spoken.token.removeprefix(base): {"post": _token(spoken, version)}}
    for route in spoken.routes:
        if route.told is not None:
            paths.setdefault(route.path.removeprefix(base), {})[route.method.lower()] = _operation(
                route, version
            )
    return paths


def _token(spoken: Spoken, version: str) -> dict[str, Any]:
    kind = "application/x-www-form-urlencoded" if spoken.form else "application/json"
    body = {"type": "object", "properties": {name: {"type": "string"} for name in _TOKEN}}
    answer = {
        "type": "object",
        "properties": {"access_token": {"type": "string"}, "expires_in": {"type": "integer"}},
    }
    told: dict[str, Any] = {
        "operationId": "issueToken",
        "summary": "Issue an access token.",
        "tags": ["OAuth"],
    }
    if version != "2.0":
        return told | {
            "requestBody": {"content": {kind: {"schema": body}}},
            "responses": {"200": _answer(answer, version)},
        }
    parameters = (
        [{"name": name, "in": "formData", "type": "string"} for name in _TOKEN]
        if spoken.form
        else [{"name": "body", "in": "body", "schema": body}]
    )
    return told | {
        "consumes": [kind],
        "parameters": parameters,
        "responses": {"200": _answer(answer, version)},
    }


def _operation(route: Route, version: str) -> dict[str, Any]:
    told = route.told
    assert told is not None  # noqa: S101  # the caller has looked
    ref = _REFS[version]
    parameters: list[dict[str, Any]] = [
        _parameter(name, "path", "integer" if name == "id" else "string", version, required=True)
        for name in _BRACES.findall(route.path)
    ]
    parameters += [_query(each, version) for each in told.parameters]
    made: dict[str, Any] = {"operationId": told.id, "summary": told.summary, "tags": [told.tag]}
    if told.takes and version == "2.0":
        schema = {"$ref": f"{ref}{told.takes}"}
        parameters.append({"name": "body", "in": "body", "required": True, "schema": schema})
    elif told.takes:
        content = {"application/json": {"schema": {"$ref": f"{ref}{told.takes}"}}}
        made["requestBody"] = {"required": True, "content": content}
    answer = _answer({"$ref": f"{ref}{told.gives}"}, version) if told.gives else {"description": "Done."}
    status = "201" if route.method == "POST" and told.takes else "200"
    return made | {
        "parameters": parameters,
        "responses": {status: answer, "404": {"description": "Not found."}},
    }


def _query(parameter: Parameter, version: str) -> dict[str, Any]:
    made = _parameter(parameter.name, "query", parameter.type, version, required=False)
    return made | {"description": parameter.about}


def _parameter(name: str, where: str, kind: str, version: str, *, required: bool) -> dict[str, Any]:
    typed = {"type": kind} if version == "2.0" else {"schema": {"type": kind}}
    return {"name": name, "in": where, "required": required, **typed}


def _answer(schema: Schema, version: str) -> dict[str, Any]:
    if version == "2.0":
        return {"description": "Done.", "schema": schema}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _schema(schema: Schema, version: str) -> Schema:
    """Return a schema in a version's own words."""
    if "ref" in schema:
        return {"$ref": f"{_REFS[version]}{schema['ref']}"}
    made = {name: value for name, value in schema.items() if name != "nullable"}
    if schema.get("nullable"):
        made |= {"2.0": {"x-nullable": True}, "3.0": {"nullable": True}}.get(
            version, {"type": [schema.get("type"), "null"]}
        )
    if "properties" in made:
        made["properties"] = {name: _schema(each, version) for name, each in made["properties"].items()}
    if "items" in made:
        made["items"] = _schema(made["items"], version)
    if "allOf" in made:
        made["allOf"] = [_schema(each, version) for each in made["allOf"]]
    return made
