"""Which endpoints could be the operations that are needed, by scored evidence.

Each need is looked for at the place where such an operation stands (the method, the words of the path),
and what it takes and gives has to fit; tags, summaries and parameters tell those apart that are left. Two
that are about equally good are ambiguous: nobody guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from reconciler.myq.openapi import groups
from reconciler.myq.openapi.candidate import Candidate, Rule
from reconciler.myq.openapi.fields import match
from reconciler.myq.openapi.members import add, both, several, take
from reconciler.myq.openapi.places import Place, a_list, one, place
from reconciler.myq.openapi.shapes import Shape
from reconciler.myq.openapi.spec import Endpoint, Parameter
from reconciler.myq.openapi.words import BACK, FIND, FOR_GOOD, LIST, TOKEN, plain, words

MARGIN: Final = 2
"""By so much the best has to be better than the next."""

_LOGIN: Final = frozenset({"username", "login", "loginname", "logonname", "userlogin", "name"})
_SELF_EVIDENT: Final = frozenset({"create", "add", "new", "update", "edit", "change"})


class Choice(NamedTuple):
    """What was found for a need: one, several that are about equally good, or nothing."""

    chosen: Candidate | None
    rivals: tuple[Candidate, ...]


def choose(need: str, endpoints: Sequence[Endpoint]) -> Choice:
    """Return the endpoint that a need is met by, or those among which a person has to choose."""
    found = [
        _weighed(candidate)
        for endpoint in endpoints
        if (candidate := RULES[need](endpoint, place(endpoint.path))) is not None
    ]
    found.sort(key=lambda candidate: -candidate.score)
    if not found:
        return Choice(None, ())
    rivals = [candidate for candidate in found if candidate.score > found[0].score - MARGIN]
    return Choice(found[0], ()) if len(rivals) == 1 else Choice(None, tuple(rivals))


def _weighed(candidate: Candidate) -> Candidate:
    if not candidate.endpoint.deprecated:
        return candidate
    return replace(candidate, score=candidate.score - 3, reasons=(*candidate.reasons, "it is deprecated"))


def is_user(shape: Shape) -> bool:
    """Return whether a shape is a user's."""
    return match(shape).is_user


def name_parameter(endpoint: Endpoint) -> Parameter | None:
    """Return the query parameter that takes a user name."""
    query = [each for each in endpoint.parameters if each.place == "query"]
    exact = [each for each in query if plain(each.name) in _LOGIN - {"name"}]
    loose = [each for each in query if plain(each.name) == "name" and "user name" in each.about.lower()]
    return next(iter(exact or loose), None)


def _is_paged(endpoint: Endpoint) -> bool:
    said = frozenset(plain(each.name) for each in endpoint.parameters if each.place == "query")
    signs = {"offset", "skip", "page", "pagenumber", "cursor", "after", "limit", "take", "pagesize", "batch"}
    return bool(said & signs)


def _says(endpoint: Endpoint, sought: frozenset[str]) -> bool:
    return bool(words(f"{endpoint.id} {endpoint.summary}") & sought)


def _list(entity: str, fits: Callable[[Shape], bool]) -> Rule:
    def rule(endpoint: Endpoint, where: Place) -> Candidate | None:
        required = any(each.required and each.place == "query" for each in endpoint.parameters)
        if endpoint.method != "GET" or not where.is_of(entity) or required or where.parameter:
            return None
        found = a_list(endpoint.gives, fits)
        if found is None or (where.action and not where.action <= LIST | {"get"}):
            return None
        reasons = [f"GET of {entity}s", f"gives a list of {entity}s in {found.key or 'the answer itself'}"]
        score = 8
        for sign, worth, why in (
            (_is_paged(endpoint), 2, "has parameters of pages"),
            (bool(where.action & LIST) or _says(endpoint, LIST), 1, "says that it lists all"),
        ):
            score += worth * sign
            reasons += [why] * sign
        if entity == "user" and name_parameter(endpoint) and not _is_paged(endpoint):
            score -= 4
            reasons.append("it takes filters, and is not cut into pages: it may answer nothing without one")
        return Candidate(endpoint, score, tuple(reasons), found)

    return rule


def _find(endpoint: Endpoint, where: Place) -> Candidate | None:
    if endpoint.method != "GET" or not where.is_of("user") or (where.action and not where.action & FIND):
        named = where.is_of("user/") and plain(where.steps[0].parameter) in _LOGIN and not where.action
        if endpoint.method != "GET" or not named:
            return None
    parameter = name_parameter(endpoint)
    in_path = where.parameter or (where.steps[0].parameter if where.steps else "")
    name = in_path if plain(in_path) in _LOGIN else parameter.name if parameter and not in_path else ""
    several, single = a_list(endpoint.gives, is_user), one(endpoint.gives, is_user)
    if not name or (several is None and single is None):
        return None
    reasons = (f"takes a user name in {name}", "gives users" if several else "gives a user")
    dedicated = bool(where.action & FIND) or bool(in_path)
    more = ("is there for finding",) if dedicated else ()
    return Candidate(endpoint, 8 + 3 * dedicated, (*reasons, *more), several or single, value=name)


def _one_user(endpoint: Endpoint, where: Place) -> Candidate | None:
    if endpoint.method != "GET" or not where.is_of("user/") or where.action:
        return None
    found = one(endpoint.gives, is_user)
    if found is None or plain(where.steps[0].parameter) in _LOGIN:
        return None
    return Candidate(endpoint, 9, ("GET of one user", "gives a user"), found)


def _make(entity: str, fits: Callable[[Shape], bool]) -> Rule:
    def rule(endpoint: Endpoint, where: Place) -> Candidate | None:
        taken = one(endpoint.takes, fits)
        if endpoint.method != "POST" or not where.is_of(entity) or taken is None or where.parameter:
            return None
        if where.action and not where.action <= _SELF_EVIDENT:
            return None
        found = (
            one(endpoint.gives, lambda shape: bool(shape.properties)) if endpoint.gives.properties else None
        )
        return Candidate(endpoint, 9, (f"POST to {entity}s", f"takes a {entity}"), found, taken)

    return rule


def _change(entity: str, fits: Callable[[Shape], bool]) -> Rule:
    def rule(endpoint: Endpoint, where: Place) -> Candidate | None:
        taken = one(endpoint.takes, fits)
        if endpoint.method not in {"PATCH", "PUT"} or not where.is_of(f"{entity}/") or taken is None:
            return None
        if where.action and not where.action <= _SELF_EVIDENT:
            return None
        reasons = [f"{endpoint.method} of one {entity}", f"takes a {entity}"]
        partial = endpoint.method == "PATCH"
        reasons += ["sends only what changes"] * partial
        return Candidate(endpoint, 9 + 3 * partial, tuple(reasons), taken=taken)

    return rule


def _delete(endpoint: Endpoint, where: Place) -> Candidate | None:
    if endpoint.method != "DELETE" or not where.is_of("user/") or where.action:
        return None
    if _says(endpoint, FOR_GOOD):
        return None
    return Candidate(endpoint, 9, ("DELETE of one user",))


def _bring_back(endpoint: Endpoint, where: Place) -> Candidate | None:
    if endpoint.method not in {"POST", "PUT", "PATCH"} or not where.is_of("user/"):
        return None
    found = where.action & BACK
    return Candidate(endpoint, 9, (f"{endpoint.method} of one user: {min(found)}",)) if found else None


def _token(endpoint: Endpoint, _: Place) -> Candidate | None:
    segments = frozenset(word for part in endpoint.path.split("/") for word in words(part))
    fields = {} if endpoint.takes is None else endpoint.takes.properties
    if endpoint.method != "POST" or not segments & TOKEN or not {"grant_type", "client_id"} & fields.keys():
        return None
    gives = "access_token" in endpoint.gives.properties
    told = ["takes a grant_type and a client_id", *["gives an access_token"] * gives]
    return Candidate(endpoint, 8 + 2 * gives, tuple(told))


RULES: Final[dict[str, Rule]] = {
    "token": _token,
    "list_users": _list("user", is_user),
    "find_users": _find,
    "get_user": _one_user,
    "create_user": _make("user", is_user),
    "update_user": _change("user", is_user),
    "delete_user": _delete,
    "undelete_user": _bring_back,
    "list_groups": _list("group", groups.is_group),
    "create_group": _make("group", groups.is_placed),
    "move_group": _change("group", groups.is_placed),
    "list_user_groups": several("group"),
    "add_to_group": both(frozenset({"PUT", "POST"})),
    "remove_from_group": both(frozenset({"DELETE"})),
    "list_cards": several("card"),
    "add_card": add("card"),
    "remove_card": take("card"),
    "list_aliases": several("alias"),
    "add_alias": add("alias"),
    "remove_alias": take("alias"),
    "add_pin": add("pin"),
}
