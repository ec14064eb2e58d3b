"""The built-in binding: MyQ's REST operations as far as they are known, each with the evidence for it.

What MyQ documents in public is little (myq.md section 6.3): no listing of all users, no update, no
deletion, no groups. Those rows are assumptions, which hold against the simulator. An installation's own
OpenAPI file says more: `reconciler doctor --spec` makes a binding of it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.core.model import Property
from reconciler.sources.myq_binding import (
    TOKEN,
    Binding,
    Deleted,
    Evidence,
    GroupShape,
    Operation,
    Paging,
    Style,
    UserShape,
    same,
)
from reconciler.sources.myq_fields import FIELDS

_UNKNOWN: Final = "myq.md 6.3, unknown"
_USER: Final = "/api/v3/users/{user}"


def _assumed(method: str, path: str, *, entries: str = "", repeatable: bool = True) -> Operation:
    paging = Paging() if entries else None
    return Operation(
        method, path, Evidence.ASSUMED, _UNKNOWN, repeatable=repeatable, entries=entries, paging=paging
    )


BUILT_IN: Final = Binding(
    "built-in",
    MappingProxyType(
        {
            "token": TOKEN,
            "find_users": Operation(
                "GET",
                "/api/v3/users/find",
                Evidence.SEEN,
                "myq.md 6.3",
                asked=(("name", "username"),),
                entries="users",
                paging=Paging(Style.NONE, size="", count="count"),
            ),
            "create_user": Operation(
                "POST", "/api/v3/users", Evidence.DOCUMENTED, "myq.md 6.3", repeatable=False
            ),
            "list_users": _assumed("GET", "/api/v3/users/all", entries="users"),
            "get_user": _assumed("GET", _USER),
            "update_user": _assumed("PATCH", _USER),
            "delete_user": _assumed("DELETE", _USER),
            "undelete_user": _assumed("POST", f"{_USER}/undelete", repeatable=False),
            "list_groups": _assumed("GET", "/api/v3/groups", entries="groups"),
            "create_group": _assumed("POST", "/api/v3/groups", repeatable=False),
            "move_group": _assumed("PATCH", "/api/v3/groups/{group}", repeatable=False),
        }
    ),
    UserShape(
        MappingProxyType({prop: same(key) for prop, key in FIELDS.items()}),
        deleted=Deleted("deleted"),
        pins=Property.PINS.value,
    ),
    GroupShape(),
)
