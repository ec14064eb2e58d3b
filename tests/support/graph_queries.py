"""How Microsoft Graph answers questions about users, groups and members, for the double.

Written from Microsoft's public reference (microsoftgraph/microsoft-graph-docs-contrib): api-reference
user-list, group-list, group-list-members, group-list-transitivemembers; concepts paging, errors,
aad-advanced-queries, query-parameters; the include "limited-info". What is tagged *seen* was reported by
people who asked the real service.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson

from support.https import Reply, Request

READS_USERS = {"User.Read.All", "Directory.Read.All"}
READS_GROUPS = {"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"}
DEFAULT_PAGE, LARGEST_PAGE = 100, 999
OPTIONS = {"$count", "$top", "$select", "$filter", "$skiptoken"}

USER_PROPERTIES = frozenset(
    [
        "accountEnabled",
        "assignedLicenses",
        "businessPhones",
        "companyName",
        "department",
        "displayName",
        "employeeId",
        "employeeOrgData",
        "employeeType",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mailNickname",
        "mobilePhone",
        "officeLocation",
        "onPremisesDomainName",
        "onPremisesExtensionAttributes",
        "onPremisesSamAccountName",
        "onPremisesUserPrincipalName",
        "otherMails",
        "preferredLanguage",
        "proxyAddresses",
        "surname",
        "userPrincipalName",
        "userType",
    ]
)
ONE_BY_ONE = frozenset({"aboutMe", "birthday", "mailboxSettings", "preferredName", "skills"})
"""Shown only for a single user: 501 in a list (user-list)."""
GROUP_PROPERTIES = frozenset(
    ["description", "displayName", "groupTypes", "id", "mail", "mailEnabled", "securityEnabled", "visibility"]
)
EXTENSION = re.compile(r"extension_[0-9a-f]{32}_\w+|ext[a-z0-9]{8}_\w+")

Record = dict[str, Any]


@dataclass
class Tenant:
    """One directory: objects by id, and the ids of each group's direct members."""

    domain: str
    id: str
    users: dict[str, Record] = field(default_factory=dict)
    groups: dict[str, Record] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    extensions: set[str] = field(default_factory=set)
    count_is_off_by: dict[str, int] = field(default_factory=dict)
    """How far the index lags behind, by the path of a list."""
    shown_at_most: int = LARGEST_PAGE
    """A page may hold less than $top asks for (paging.md: "zero or more results")."""
    hidden_looks_empty: bool = False
    """Without Member.Read.Hidden a hidden group shows nobody; otherwise it answers 403."""

    def users_in(self, group: str) -> list[str]:
        return [key for key in self.members.get(group, ()) if key in self.users]

    def groups_in(self, group: str) -> list[str]:
        return [key for key in self.members.get(group, ()) if key in self.groups]

    def reached_from(self, group: str) -> set[str]:
        """Return who is in a group directly or through others; circles end."""
        found: set[str] = set()
        todo = [group]
        while todo:
            for key in self.members.get(todo.pop(), ()):
                if key not in found:
                    found.add(key)
                    todo += [key] if key in self.groups else []
        return found


class Refusal(Exception):
    """An error as Graph words it (concepts/errors.md)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = error_reply(status, code, message)


def error_reply(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return Graph's form of an error."""
    inner = {"date": "2026-11-23T10:00:00", "request-id": "0", "client-request-id": "0"}
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return Reply(status, orjson.dumps(body), {"Content-Type": "application/json", **(headers or {})})


class Question(NamedTuple):
    """A request taken apart."""

    base: str
    path: str
    options: dict[str, str]
    advanced: bool
    roles: frozenset[str]


class Asked(NamedTuple):
    """What a path means: which objects, of which type, and whether the type was asked for by a cast."""

    ids: list[str]
    kind: str
    cast: bool


def answer(tenant: Tenant, base: str, request: Request, roles: frozenset[str]) -> Reply:
    """Return what Graph says to a GET that carries a good token."""
    parts = urlsplit(request.target)
    advanced = request.headers.get("ConsistencyLevel", "") == "eventual"
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        return _list(tenant, Question(base, parts.path, options, advanced, roles))
    except Refusal as refusal:
        return refusal.reply


def _list(tenant: Tenant, question: Question) -> Reply:
    options = question.options
    if strange := sorted(set(options) - OPTIONS):
        raise Refusal(400, "Request_BadRequest", f"Unrecognized query argument specified: '{strange[0]}'.")
    asked = _resolve(tenant, question)
    counted = options.get("$count") == "true" and question.advanced
    if (asked.cast or "$filter" in options) and not counted:
        # aad-advanced-queries: an OData cast needs both advanced query parameters.
        raise Refusal(400, "Request_UnsupportedQuery", "The request needs $count and ConsistencyLevel.")
    objects = tenant.users if asked.kind == "user" else tenant.groups
    select = _selected(tenant, options.get("$select", ""), asked.kind)
    ids = sorted(key for key in asked.ids if _passes(objects[key], options.get("$filter", "")))
    size = int(options.get("$top", DEFAULT_PAGE))
    if not 1 <= size <= LARGEST_PAGE:  # seen
        raise Refusal(
            400,
            "Request_UnsupportedQuery",
            f"Invalid page size specified: '{size}'. Must be between 1 and 999 inclusive.",
        )
    size = min(size, tenant.shown_at_most)
    start = _after(ids, options.get("$skiptoken", ""))
    shown = ids[start : start + size]
    limited = asked.cast and asked.kind == "user" and not question.roles & READS_USERS
    shape = f"{asked.kind}s({options['$select']})" if "$select" in options else f"{asked.kind}s"
    body: Record = {"@odata.context": f"{question.base}/v1.0/$metadata#{shape}"}
    if counted and "$skiptoken" not in options:  # paging.md: the count is in the first page only
        body["@odata.count"] = len(ids) + tenant.count_is_off_by.get(question.path, 0)
    if start + size < len(ids):
        body["@odata.nextLink"] = _next(question, shown[-1])
    body["value"] = [_shown(objects[key], select, limited=limited) for key in shown]
    return Reply(200, orjson.dumps(body))


def _resolve(tenant: Tenant, question: Question) -> Asked:
    steps = question.path.removeprefix("/v1.0/").split("/")
    if steps == ["users"]:
        _demand(question, READS_USERS)
        return Asked(list(tenant.users), "user", cast=False)
    _demand(question, READS_GROUPS)
    if steps == ["groups"]:
        return Asked(list(tenant.groups), "group", cast=False)
    _, group, relation, cast = steps
    if group not in tenant.groups:
        raise Refusal(
            404,
            "Request_ResourceNotFound",
            f"Resource '{group}' does not exist or one of its queried reference-property objects "
            "are not present.",
        )
    record = tenant.groups[group]
    if cast == "microsoft.graph.group" and "Unified" in record["groupTypes"]:
        raise Refusal(400, "Request_UnsupportedQuery", "The group cannot have members of this type.")
    if record.get("visibility") == "HiddenMembership" and "Member.Read.Hidden" not in question.roles:
        if not tenant.hidden_looks_empty:
            _demand(question, set())
        return Asked([], "user", cast=True)
    kind = cast.removeprefix("microsoft.graph.")
    objects = tenant.users if kind == "user" else tenant.groups
    within = tenant.members.get(group, ()) if relation == "members" else tenant.reached_from(group)
    return Asked([key for key in within if key in objects], kind, cast=True)


def _demand(question: Question, sufficient: set[str]) -> None:
    if not question.roles & sufficient:
        raise Refusal(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )


def _selected(tenant: Tenant, said: str, kind: str) -> list[str]:
    known = USER_PROPERTIES if kind == "user" else GROUP_PROPERTIES
    names = said.split(",") if said else sorted(known & {"displayName", "id", "mail", "userPrincipalName"})
    spelled = {name.lower(): name for name in (*known, *tenant.extensions)}
    for name in names:
        if name in ONE_BY_ONE:  # seen
            raise Refusal(501, "NotImplemented", "This operation target is not yet supported.")
        if name.lower() not in spelled:
            raise Refusal(
                400,
                "BadRequest",
                f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.",
            )
    return [spelled[name.lower()] for name in names]


def _shown(record: Record, select: list[str], *, limited: bool) -> Record:
    """Return a record as selected; extensions that are not set are left out, other properties are null."""
    shown = {name: record.get(name) for name in select if name in record or not EXTENSION.fullmatch(name)}
    if limited:
        return {"@odata.type": "#microsoft.graph.user"} | dict.fromkeys(shown) | {"id": record["id"]}
    return shown


def _passes(record: Record, said: str) -> bool:
    """Evaluate as much of $filter as the tests use: ``a eq 'b'`` and ``a eq true``, joined by ``and``."""
    return all(_equal(record, term) for term in said.split(" and ")) if said else True


def _equal(record: Record, term: str) -> bool:
    matched = re.fullmatch(r"(\w+) eq (?:'((?:[^']|'')*)'|(true|false))", term)
    if matched is None:
        raise Refusal(400, "Request_UnsupportedQuery", f"Unsupported Query: '{term}'.")
    name, text, truth = matched.groups()
    if truth is not None:
        return record.get(name) is (truth == "true")
    return str(record.get(name) or "").casefold() == text.replace("''", "'").casefold()


def _after(ids: list[str], token: str) -> int:
    return bisect_right(ids, base64.urlsafe_b64decode(token).decode()) if token else 0


def _next(question: Question, last: str) -> str:
    token = base64.urlsafe_b64encode(last.encode()).decode()
    options = {**question.options, "$skiptoken": token}
    return f"{question.base}{question.path}?{urlencode(options, quote_via=quote, safe='$,')}"


def numbered(count: int, start: int = 0) -> Iterator[str]:
    """Return object ids that sort by number."""
    return (f"00000000-0000-4000-8000-{number:012x}" for number in range(start, start + count))
