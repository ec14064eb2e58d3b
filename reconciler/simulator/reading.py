"""Users as the API shows them; pages of any size cost one query for each table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from reconciler.simulator.refusal import NotFound
from reconciler.simulator.schema import SCALARS
from reconciler.simulator.work import Work

DOCUMENTED = (
    "username",
    "fullname",
    "email",
    "scanStorage",
    "code",
    "syncSource",
    "lang",
    "phone",
    "ldapDomain",
    "notes",
)
"""What the documented search says of a user, beside the id (myq.md section 6.3)."""

_FIRST_LIST = len(SCALARS) + 1
_PAGE = (
    "SELECT users.id, username, fullname, email, scanStorage, code, syncSource, lang, phone, ldapDomain,"
    " notes, department, objectId, path, deleted FROM users LEFT JOIN groups ON groups.id = defaultGroup"
    " WHERE users.id > ? ORDER BY users.id LIMIT ?"
)
"""Rows of users are never removed, so their ids are 1, 2, 3, ...: an offset is an id."""

_ONE = (
    "SELECT users.id, username, fullname, email, scanStorage, code, syncSource, lang, phone, ldapDomain,"
    " notes, department, objectId, path, deleted FROM users LEFT JOIN groups ON groups.id = defaultGroup"
    " WHERE users.id = ?"
)
_FOUND_BY = MappingProxyType(
    {
        "username": "SELECT id FROM users WHERE folded = :folded AND (username = :value OR NOT :exact)"
        " AND NOT system",
        "email": "SELECT id FROM users WHERE email = :value AND NOT system",
        "code": "SELECT id FROM users WHERE code = :value AND NOT system",
        "card": "SELECT user FROM held WHERE kind = 'cards' AND folded = :folded AND value = :value",
    }
)
FILTERS = tuple(_FOUND_BY)
"""What the documented search can look for (myq.md section 6.3)."""


def page_of_users(work: Work, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return some of all users by id, deleted and system users among them, and how many there are."""
    users = [_user(row) for row in work.db.execute(_PAGE, (offset, limit))]
    if users:
        _fill(work, users)
    return users, work.db.execute("SELECT max(id) FROM users").fetchone()[0]


def one_user(work: Work, user_id: int) -> dict[str, Any]:
    """Return the whole of one user; refuse when there is none."""
    row = work.db.execute(_ONE, (user_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    user = _user(row)
    _fill(work, [user])
    return user


def _user(row: tuple[Any, ...]) -> dict[str, Any]:
    user: dict[str, Any] = dict(zip(("id", *SCALARS), row, strict=False))
    user["aliases"] = []
    user["cards"] = []
    user["groups"] = []
    user["defaultGroup"] = row[_FIRST_LIST] or ""
    user["deleted"] = bool(row[_FIRST_LIST + 1])
    return user


def _fill(work: Work, users: list[dict[str, Any]]) -> None:
    """Put aliases, cards and groups into users that stand in the order of their ids."""
    by_id = {user["id"]: user for user in users}
    ends = (users[0]["id"], users[-1]["id"])
    rows = work.db.execute(
        "SELECT user, kind, value FROM held WHERE user BETWEEN ? AND ? AND kind <> 'pins'"
        " ORDER BY user, rowid",
        ends,
    )
    for user, kind, value in rows:
        by_id[user][kind].append(value)
    rows = work.db.execute(
        "SELECT user, path FROM memberships JOIN groups ON groups.id = grp WHERE user BETWEEN ? AND ?"
        " ORDER BY user, memberships.rowid",
        ends,
    )
    for user, path in rows:
        by_id[user]["groups"].append(path)


def search(work: Work, filters: Mapping[str, str], *, with_groups: bool) -> list[dict[str, Any]]:
    """Return the users that pass all filters, by id; without any filter, none (myq.md section 6.3)."""
    exact = work.switches.user_name_case_sensitive
    hits = []
    for name, value in filters.items():
        rows = work.db.execute(_FOUND_BY[name], {"folded": value.casefold(), "value": value, "exact": exact})
        hits.append({user for (user,) in rows})
    users = [one_user(work, user_id) for user_id in sorted(set.intersection(*hits))] if hits else []
    shown = ("id", *DOCUMENTED, "aliases", "groups") if with_groups else ("id", *DOCUMENTED, "aliases")
    return [
        {name: user[name] for name in shown}
        for user in users
        if work.switches.search_finds_deleted_users or not user["deleted"]
    ]
