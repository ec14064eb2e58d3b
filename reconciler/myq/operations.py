"""MyQ's REST operations as data, each with the evidence that there is such a thing.

What MyQ documents in public is little (myq.md section 6.3): no listing of all users, no update, no
deletion, no groups. Those rows are assumptions, which hold against the simulator and wait for the
OpenAPI file that comes with each installation.
"""

from __future__ import annotations

from types import MappingProxyType

from reconciler.sources.myq_api import TOKEN, Evidence, Operation

OPERATIONS = MappingProxyType(
    {
        "token": TOKEN,
        "find_users": Operation("GET", "/api/v3/users/find", Evidence.SEEN, "myq.md 6.3"),
        "create_user": Operation(
            "POST", "/api/v3/users", Evidence.DOCUMENTED, "myq.md 6.3", repeatable=False
        ),
        "list_users": Operation("GET", "/api/v3/users/all", Evidence.ASSUMED, "myq.md 6.3, unknown"),
        "get_user": Operation("GET", "/api/v3/users/{id}", Evidence.ASSUMED, "myq.md 6.3, unknown"),
        "update_user": Operation("PATCH", "/api/v3/users/{id}", Evidence.ASSUMED, "myq.md 6.3, unknown"),
        "delete_user": Operation("DELETE", "/api/v3/users/{id}", Evidence.ASSUMED, "myq.md 6.3, unknown"),
        "undelete_user": Operation(
            "POST", "/api/v3/users/{id}/undelete", Evidence.ASSUMED, "myq.md 6.3, unknown", repeatable=False
        ),
        "list_groups": Operation("GET", "/api/v3/groups", Evidence.ASSUMED, "myq.md 6.3, unknown"),
        "create_group": Operation(
            "POST", "/api/v3/groups", Evidence.ASSUMED, "myq.md 6.3, unknown", repeatable=False
        ),
        "move_group": Operation(
            "PATCH", "/api/v3/groups/{id}", Evidence.ASSUMED, "myq.md 6.3, unknown", repeatable=False
        ),
    }
)
