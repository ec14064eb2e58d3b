"""The interface that is documented or assumed of MyQ itself (myq.md section 6.3)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.simulator import operations as do
from reconciler.simulator.dialects.spoken import Spoken, listing, text, texts, thing
from reconciler.simulator.speech import Parameter, Route, Told
from reconciler.simulator.switches import Server

_USER = "/api/v3/users/{id}"
_PAGE = (
    Parameter("offset", "How many to leave out.", "integer"),
    Parameter("limit", "How many to give at most.", "integer"),
)
_FILTERS = tuple(
    Parameter(name, f"Only users with this {name}.") for name in ("username", "email", "card", "code")
)

_PRINT = (
    Route(
        "find_users",
        "GET",
        "/api/v3/users/find",
        do.find_users,
        documented=True,
        told=Told(
            "findUsers", "Find users by name, number, card or e-mail.", "Users", _FILTERS, gives="Users"
        ),
    ),
    Route("find_users", "GET", "/api/v3/users", do.find_users, documented=True),
    Route(
        "create_user",
        "POST",
        "/api/v3/users",
        do.create_user,
        documented=True,
        told=Told("createUser", "Create a user.", "Users", takes="NewUser", gives="User"),
    ),
    Route("generate_pin", "POST", f"{_USER}/pins", do.generate_pin, documented=True),
    Route("register_card", "POST", f"{_USER}/cards", do.register_card, documented=True),
    Route(
        "list_users",
        "GET",
        "/api/v3/users/all",
        do.list_users,
        told=Told("listUsers", "List all users, deleted ones too.", "Users", _PAGE, gives="Users"),
    ),
    Route(
        "get_user", "GET", _USER, do.get_user, told=Told("getUser", "Get one user.", "Users", gives="User")
    ),
    Route(
        "update_user",
        "PATCH",
        _USER,
        do.update_user,
        told=Told("updateUser", "Change a user.", "Users", takes="UserChange", gives="User"),
    ),
    Route("delete_user", "DELETE", _USER, do.delete_user, told=Told("deleteUser", "Delete a user.", "Users")),
    Route(
        "undelete_user",
        "POST",
        f"{_USER}/undelete",
        do.undelete_user,
        told=Told("undeleteUser", "Undelete a user.", "Users", gives="User"),
    ),
    Route(
        "list_groups",
        "GET",
        "/api/v3/groups",
        do.list_groups,
        told=Told("listGroups", "List all groups.", "Groups", _PAGE, gives="Groups"),
    ),
    Route(
        "create_group",
        "POST",
        "/api/v3/groups",
        do.create_group,
        told=Told("createGroup", "Create a group.", "Groups", takes="NewGroup", gives="Group"),
    ),
    Route(
        "move_group",
        "PATCH",
        "/api/v3/groups/{id}",
        do.move_group,
        told=Told("updateGroup", "Rename or move a group.", "Groups", takes="NewGroup", gives="Group"),
    ),
)

_CENTRAL = (
    *(
        replace(route, path=route.path.replace("/v3/", "/v2/"), told=None)
        for route in _PRINT
        if route.documented and not route.path.endswith("/find")
    ),
    Route("list_users", "GET", "/api/v2/users/all", do.list_users, server=Server.CENTRAL),
    Route("list_groups", "GET", "/api/v2/groups", do.list_groups, server=Server.CENTRAL),
)

_WRITTEN = {
    "username": text("User name; unique."),
    "fullname": text("Full name."),
    "aliases": texts("Further names that the user may sign in with."),
    "email": text("E-mail address."),
    "cards": texts("Numbers of ID cards."),
    "code": text("Personal number; unique."),
    "scanStorage": text("Where scans go."),
    "phone": text("Phone number."),
    "lang": text("Language."),
    "notes": text("Notes."),
    "groups": texts("Full paths of the user's groups, levels joined by |."),
    "defaultGroup": text("Full path of the default (accounting) group."),
    "department": text("Department."),
    "ldapDomain": text("Authentication server (LDAP domain)."),
    "objectId": text("Object ID in Entra ID."),
    "syncSource": text("Synchronization source."),
}
_ID = {"id": {"type": "integer", "description": "ID of the user."}}
_COUNT = {"type": "integer", "description": "How many there are in all."}
_PATH = {"path": text("Full path of the group, levels joined by |.")}

SPOKEN = Spoken(
    title="MyQ Print Server",
    token="/api/auth/token",  # noqa: S106  # an address
    routes=(*_PRINT, *_CENTRAL),
    base="/api/v3",
    schemas={
        "User": thing(
            _ID | _WRITTEN | {"deleted": {"type": "boolean", "description": "The user is deleted."}}
        ),
        "UserChange": thing(_WRITTEN),
        "NewUser": thing(
            _WRITTEN | {"pins": texts("PINs of the new user; never shown.")}, "username", "fullname"
        ),
        "Users": listing("users", "User", count=_COUNT),
        "Group": thing({"id": {"type": "integer", "description": "ID of the group."}} | _PATH),
        "NewGroup": thing(_PATH, "path"),
        "Groups": listing("groups", "Group", count=_COUNT),
    },
)
