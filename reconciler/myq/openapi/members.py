"""Which endpoints add and remove what a user has several of: groups, cards, aliases, PINs."""

from __future__ import annotations

from typing import Final

from reconciler.myq.openapi.candidate import Candidate, Rule
from reconciler.myq.openapi.places import Place, a_list
from reconciler.myq.openapi.shapes import Shape
from reconciler.myq.openapi.spec import Endpoint
from reconciler.myq.openapi.words import plain

_OWN_VALUE: Final = frozenset({"value", "number", "serial", "card", "alias", "pin", "name", "badge"})


def both(methods: frozenset[str]) -> Rule:
    """Return the rule for an operation on a user and a group."""

    def rule(endpoint: Endpoint, where: Place) -> Candidate | None:
        if endpoint.method not in methods or where.action:
            return None
        if where.is_of("group/", "user/") or where.is_of("user/", "group/"):
            return Candidate(endpoint, 10, (f"{endpoint.method} of a user in a group",))
        if "DELETE" in methods or not (where.is_of("group/", "user") or where.is_of("user/", "group")):
            return None
        key = _only_key(endpoint.takes, _id_words(where.steps[-1].entity))
        if key is None:
            return None
        reasons = (f"{endpoint.method} to the {where.steps[-1].entity}s of a {where.steps[0].entity}",)
        return Candidate(endpoint, 9, (*reasons, f"takes an id in {key}"), value=key, in_body=True)

    return rule


def several(entity: str) -> Rule:
    """Return the rule for the list of what a user has several of."""

    def rule(endpoint: Endpoint, where: Place) -> Candidate | None:
        if endpoint.method != "GET" or not where.is_of("user/", entity) or where.action:
            return None
        found = a_list(endpoint.gives, lambda shape: shape.kind in {"text", "object"})
        reasons = (f"GET of the {entity}s of a user",)
        return None if found is None else Candidate(endpoint, 9, reasons, found)

    return rule


def add(entity: str) -> Rule:
    """Return the rule for what adds one of what a user has several of."""

    def rule(endpoint: Endpoint, where: Place) -> Candidate | None:
        if endpoint.method in {"PUT", "POST"} and where.is_of("user/", f"{entity}/") and not where.action:
            reasons = (f"{endpoint.method} of a {entity} of a user",)
            return Candidate(endpoint, 10, reasons, value=where.steps[1].parameter)
        if endpoint.method != "POST" or not where.is_of("user/", entity) or where.action:
            return None
        key = _only_key(endpoint.takes, _OWN_VALUE)
        if key is None:
            return None
        taken = (f"POST to the {entity}s of a user", f"takes it in {key}")
        return Candidate(endpoint, 9, taken, value=key, in_body=True)

    return rule


def take(entity: str) -> Rule:
    """Return the rule for what takes one of what a user has several of."""

    def rule(endpoint: Endpoint, where: Place) -> Candidate | None:
        if endpoint.method != "DELETE" or not where.is_of("user/", f"{entity}/") or where.action:
            return None
        reasons = (f"DELETE of a {entity} of a user",)
        return Candidate(endpoint, 9, reasons, value=where.steps[1].parameter)

    return rule


def _only_key(taken: Shape | None, likely: frozenset[str]) -> str | None:
    """Return the one key of a body that takes a value; of several, the one whose name says so."""
    told = {} if taken is None else taken.properties
    plainly = [key for key, each in told.items() if each.kind in {"text", "number", ""}]
    named = [key for key in plainly if plain(key) in likely]
    if len(named) == 1:
        return named[0]
    return plainly[0] if len(plainly) == 1 and not named else None


def _id_words(entity: str) -> frozenset[str]:
    return frozenset({"id", f"{entity}id", "memberid", "personid", "teamid"})


def is_value(name: str) -> bool:
    """Return whether the name of a parameter says that it takes a value, and not the id of one."""
    return plain(name) in _OWN_VALUE or "number" in plain(name)
