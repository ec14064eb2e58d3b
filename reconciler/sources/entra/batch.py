"""The first pages of many lists in one request: Graph's ``$batch`` (concepts/json-batching.md).

A tenant has thousands of groups with few members, so the way there and back is what reading them takes.
A batch only hurries: whatever it does not bring, be it throttled, refused or lost, is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson

from reconciler.sources.patience import asked_wait

BATCH_SIZE: Final = 20
"""The most requests that Graph takes in one batch."""


def batch_of(paths: Sequence[str]) -> bytes:
    """Return the body that asks for these paths, each known by its position."""
    requests = [
        {"id": str(at), "method": "GET", "url": path, "headers": {"ConsistencyLevel": "eventual"}}
        for at, path in enumerate(paths)
    ]
    return orjson.dumps({"requests": requests})


def brought(body: object, count: int) -> tuple[dict[int, dict[str, Any]], float]:
    """Return the bodies that a batch brought, by position, and how long it asks to wait for the others."""
    responses = body.get("responses") if isinstance(body, dict) else None
    found: dict[int, dict[str, Any]] = {}
    wait = 0.0
    for response in responses if isinstance(responses, list) else ():
        if not isinstance(response, dict):
            continue
        if response.get("status") == HTTPStatus.OK:
            _keep(found, response, count)
        else:
            wait = max(wait, _asked(response.get("headers")))
    return found, wait


def _keep(found: dict[int, dict[str, Any]], response: Mapping[str, Any], count: int) -> None:
    at, body = str(response.get("id")), response.get("body")
    if isinstance(body, dict) and at in map(str, range(count)):
        found[int(at)] = body


def _asked(headers: object) -> float:
    if not isinstance(headers, dict):
        return 0.0
    return asked_wait({"Retry-After": str(headers.get("Retry-After", ""))}) or 0.0
