"""A made-up relative of MyQ's interface: other names, pages by number, group paths with slashes."""

from __future__ import annotations

from typing import Any

from reconciler.simulator import operations as do
from reconciler.simulator.dialects.spoken import (
    Spoken,
    at,
    listing,
    number,
    renamed,
    text,
    texts,
    thing,
    understood,
    window,
)
from reconciler.simulator.speech import Answer, Asked, Listen, Operation, Parameter, Route, Said, Told
from reconciler.simulator.switches import Dialect
from reconciler.simulator.work import Work

_MOST = 200
_USERS, _GROUPS = "/rest/users", "/rest/userGroups"
_USER, _GROUP = f"{_USERS}/{{userId}}", f"{_GROUPS}/{{groupId}}"

USER = {
    "id": "userId",
    "username": "userName",
    "fullname": "fullName",
    "aliases": "aliases",
    "email": "emailAddress",
    "cards": "cardNumbers",
    "code": "personalNumber",
    "scanStorage": "scanStorage",
    "phone": "phoneNumber",
    "lang": "language",
    "notes": "notes",
    "groups": "groupPaths",
    "defaultGroup": "defaultGroupPath",
    "department": "department",
    "ldapDomain": "authenticationServer",
    "objectId": "objectId",
    "syncSource": "synchronizationSource",
    "deleted": "isDeleted",
    "pins": "pinCodes",
}
GROUP = {"id": "groupId", "path": "fullPath"}
_PATHS = ("groups", "defaultGroup", "path")


def _listed(operation: Operation) -> Operation:
    """Return a list of users without the deleted ones, unless they are asked for too."""

    def run(work: Work, asked: Asked) -> Answer:
        if asked.query.get("includeDeleted") == "true":
            return operation(work, asked)
        everybody = operation(work, asked._replace(query={"offset": "0", "limit": "1000000000"})).content
        there = [user for user in everybody["users"] if not user["deleted"]]
        first, most = int(asked.query["offset"]), int(asked.query["limit"])
        return Answer({"users": there[first : first + most], "count": len(there)})

    return run


def _page(said: Said) -> Asked:
    """Return which page is asked for; with a name, it is a search."""
    size = min(number(said.query.get("pageSize", ""), 50), _MOST)
    page = max(number(said.query.get("page", ""), 1), 1)
    return Asked(0, window(said, "page", "pageSize", (page - 1) * size) | {"limit": str(size)}, {})


def _found_or_listed(work: Work, asked: Asked) -> Answer:
    name = asked.query.get("userName")
    if name is None:
        return _listed(do.list_users)(work, asked)
    return do.find_users(work, asked._replace(query={"username": name}))


def _heard(said: Said) -> Asked:
    body = {
        name: _slashed(name, value, "/", "|") for name, value in understood(said.body, USER | GROUP).items()
    }
    return at(said, said.path.get("id", 0), body)


def _slashed(name: str, value: Any, before: str, after: str) -> Any:  # noqa: ANN401  JSON
    if name not in _PATHS:
        return value
    if isinstance(value, list):
        return [_slashed(name, one, before, after) for one in value]
    return value.replace(before, after) if isinstance(value, str) else value


def _object(entry: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return renamed({name: _slashed(name, value, "|", "/") for name, value in entry.items()}, names)


def _told(answer: Answer, asked: Asked, said: Said) -> Answer:  # noqa: ARG001  # as others
    content = answer.content
    for key, names in (("users", USER), ("groups", GROUP)):
        if key in content and "count" in content:
            entries = [_object(entry, names) for entry in content[key]]
            return answer._replace(content={"items": entries, "totalItems": content["count"]})
    names = GROUP if "path" in content else USER
    return answer._replace(content=_object(content, names))


def _route(name: str, method: str, path: str, run: Operation, told: Told, listen: Listen = _heard) -> Route:
    return Route(name, method, path, run, dialect=Dialect.PAGED, listen=listen, tell=_told, told=told)


_PAGES = (
    Parameter("page", "Number of the page, from 1.", "integer"),
    Parameter("pageSize", "Entries on a page, at most 200.", "integer"),
)
_ROUTES = (
    _route(
        "list_users",
        "GET",
        _USERS,
        _found_or_listed,
        Told(
            "getUsers",
            "Returns all users, or those with a user name.",
            "Users",
            (
                *_PAGES,
                Parameter("userName", "Return only the user with this user name."),
                Parameter("includeDeleted", "Return deleted users as well.", "boolean"),
            ),
            gives="UserPage",
        ),
        listen=_page,
    ),
    _route("get_user", "GET", _USER, do.get_user, Told("getUser", "Returns a user.", "Users", gives="User")),
    _route(
        "create_user",
        "POST",
        _USERS,
        do.create_user,
        Told("createUser", "Creates a user.", "Users", takes="UserCreate", gives="UserCreated"),
    ),
    _route(
        "update_user",
        "PATCH",
        _USER,
        do.update_user,
        Told("updateUser", "Updates a user.", "Users", takes="UserUpdate", gives="User"),
    ),
    _route("delete_user", "DELETE", _USER, do.delete_user, Told("deleteUser", "Deletes a user.", "Users")),
    _route(
        "undelete_user",
        "POST",
        f"{_USER}/restore",
        do.undelete_user,
        Told("restoreUser", "Restores a deleted user.", "Users", gives="User"),
    ),
    _route(
        "list_groups",
        "GET",
        _GROUPS,
        do.list_groups,
        Told("getUserGroups", "Returns all user groups.", "User groups", _PAGES, gives="GroupPage"),
        listen=_page,
    ),
    _route(
        "create_group",
        "POST",
        _GROUPS,
        do.create_group,
        Told("createUserGroup", "Creates a user group.", "User groups", takes="GroupUpdate", gives="Group"),
    ),
    _route(
        "move_group",
        "PATCH",
        _GROUP,
        do.move_group,
        Told(
            "updateUserGroup", "Renames or moves a group.", "User groups", takes="GroupUpdate", gives="Group"
        ),
    ),
)

_FIELDS = {
    "userName": text("User name."),
    "fullName": text("Full name."),
    "aliases": texts("Aliases."),
    "emailAddress": text("E-mail address."),
    "cardNumbers": texts("Card numbers."),
    "personalNumber": text("Personal number."),
    "scanStorage": text("Scan storage."),
    "phoneNumber": text("Phone number."),
    "language": text("Language."),
    "notes": text("Notes."),
    "groupPaths": texts("Groups, as full paths such as Company/Sales."),
    "defaultGroupPath": text("Default group, as a full path such as Company/Sales."),
    "department": text("Department."),
    "authenticationServer": text("Authentication server."),
    "objectId": text("Object ID of the directory."),
    "synchronizationSource": text("Synchronization source."),
}
_ID = {"userId": {"type": "integer", "format": "int64"}}
_TOTAL = {"type": "integer", "description": "Total number of entries."}
_PATH = {"fullPath": text("Full path of the group, such as Company/Sales.")}
_GROUP_ID = {"groupId": {"type": "integer", "format": "int64"}}

SPOKEN = Spoken(
    title="Print management",
    token="/rest/auth/token",  # noqa: S106  # an address
    routes=_ROUTES,
    base="/rest",
    schemas={
        "UserUpdate": thing(_FIELDS),
        "UserCreate": {
            "allOf": [
                {"ref": "UserUpdate"},
                thing({"pinCodes": texts("PINs, write only.")}, "userName", "fullName"),
            ]
        },
        "UserCreated": thing(_ID | {"userName": text("User name."), "fullName": text("Full name.")}),
        "User": {
            "allOf": [
                thing(
                    _ID | {"isDeleted": {"type": "boolean", "description": "Whether the user is deleted."}}
                ),
                {"ref": "UserUpdate"},
            ]
        },
        "UserPage": listing("items", "User", totalItems=_TOTAL),
        "GroupUpdate": thing(_PATH, "fullPath"),
        "Group": {"allOf": [thing(_GROUP_ID), {"ref": "GroupUpdate"}]},
        "GroupPage": listing("items", "Group", totalItems=_TOTAL),
    },
)
