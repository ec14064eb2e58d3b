"""Fill a store in bulk: no rule is checked, so that a test can start from any state, however odd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.errors import UsageError
from reconciler.simulator.groups import ensure_group
from reconciler.simulator.schema import HELD, SCALARS
from reconciler.simulator.store import Store
from reconciler.simulator.work import Work

_INSERT = (
    "INSERT INTO users (id, username, fullname, email, scanStorage, code, syncSource, lang, phone,"
    " ldapDomain, notes, department, objectId, folded, defaultGroup, deleted)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_KNOWN = frozenset({*SCALARS, *HELD, "groups", "defaultGroup", "deleted"})


def seed(store: Store, users: Sequence[Mapping[str, Any]], groups: Iterable[str] = ()) -> int:
    """Add users, in the shape of the API with `pins` beside, and groups; return the first user's id.

    Groups that users are in are created. A user needs a `username`; `fullname` defaults to it.
    """
    for user in users:
        wrong = _wrong(user)
        if wrong:
            raise UsageError(
                f"a user to seed {wrong}", hint=f"known: {', '.join(sorted(_KNOWN))}", where="seed"
            )
    with store.work("seed", 0) as work:
        first: int = work.db.execute("SELECT coalesce(max(id), 0) + 1 FROM users").fetchone()[0]
        ids = _groups(work, users, groups)
        work.db.executemany(_INSERT, (_row(first + at, user, ids) for at, user in enumerate(users)))
        work.db.executemany(
            "INSERT INTO held (user, kind, value, folded) VALUES (?, ?, ?, ?)",
            (
                (first + at, kind, value, value.casefold())
                for at, user in enumerate(users)
                for kind in HELD
                for value in user.get(kind, ())
            ),
        )
        work.db.executemany(
            "INSERT INTO memberships (user, grp) VALUES (?, ?)",
            ((first + at, ids[path]) for at, user in enumerate(users) for path in user.get("groups", ())),
        )
    return first


def seed_from(store: Store, content: object) -> int:
    """Add what a JSON document ``{"users": [...], "groups": [...]}`` has; return the first user's id."""
    parts = dict(content) if isinstance(content, Mapping) else {"": []}
    if not parts.keys() <= {"users", "groups"} or not all(isinstance(part, list) for part in parts.values()):
        raise UsageError("this is no seed", hint='it is {"users": [...], "groups": [...]}', where="seed")
    return seed(store, parts.get("users", []), parts.get("groups", []))


def _wrong(user: object) -> str:
    """Return what is wrong with the shape of a user, ``""`` when nothing is."""
    if not isinstance(user, Mapping):
        return "is no object"
    unknown = set(user) - _KNOWN
    if unknown:
        return f"has {', '.join(sorted(unknown))}"
    if not user.get("username"):
        return "has no username"
    texts = [user[name] for name in (*SCALARS, "defaultGroup") if name in user]
    lists = [user[name] for name in (*HELD, "groups") if name in user]
    if not all(isinstance(each, (list, tuple)) for each in lists):
        return f"has no list where one belongs: {user['username']}"
    if not all(isinstance(text, str) for text in (*texts, *(text for each in lists for text in each))):
        return f"has no text where one belongs: {user['username']}"
    return ""


def _groups(work: Work, users: Iterable[Mapping[str, Any]], groups: Iterable[str]) -> dict[str, int]:
    paths = dict.fromkeys(groups)
    for user in users:
        paths |= dict.fromkeys(user.get("groups", ()))
        if user.get("defaultGroup"):
            paths[user["defaultGroup"]] = None
    return {path: ensure_group(work, path) for path in paths}


def _row(user_id: int, user: Mapping[str, Any], groups: Mapping[str, int]) -> tuple[Any, ...]:
    name = user["username"]
    scalars = {field: user.get(field, "") for field in SCALARS}
    scalars["fullname"] = scalars["fullname"] or name
    default = groups.get(user.get("defaultGroup", ""))
    return (user_id, *scalars.values(), name.casefold(), default, bool(user.get("deleted", False)))
