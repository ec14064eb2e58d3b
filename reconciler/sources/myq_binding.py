"""How one server's REST interface is spoken, as values: operations, paging, and the names of things.

Everything that could differ from one installation to the next stands in a `Binding`; the code that reads
and writes works from it alone. What MyQ documents in public is little (myq.md section 6.3), so every
operation carries the evidence that there is such a thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from reconciler.core.model import Property

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Evidence(StrEnum):
    """How sure it is that a server has an operation."""

    DOCUMENTED = "documented"
    SEEN = "seen in public client code"
    ASSUMED = "assumed"
    SPECIFIED = "from the specification"
    CHOSEN = "chosen by a person"


class Style(StrEnum):
    """How a list is cut into pages."""

    OFFSET = "offset"
    PAGE = "page"
    CURSOR = "cursor"
    LINK = "link"
    """The next page's address: in the header ``Link``, or under a key of the answer."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is read to its end, and what proves that this was the end.

    `start` is the parameter that says where a page begins (an offset, a page's number, a cursor), `size`
    the one that says how much it may hold, ``""`` where there is none. `count` is the key under which the
    answer says how many there are in all. `next` is the key of the next cursor, or of the next address.
    With `trusted` a person vouches for an end that nothing proves.
    """

    style: Style = Style.OFFSET
    start: str = "offset"
    size: str = "limit"
    first: int = 0
    count: str = "count"
    next: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One request; `path` has what it is about in braces: ``{user}``, ``{group}``, ``{name}``, ``{value}``.

    `repeatable` may be sent twice without harm. What is not in the path goes by `asked` into the query and
    by `told` into the body: our name, theirs. `query` and `body` are sent always. `entries` is the key of
    a list in the answer and `entry_id` of the id in what it lists; `entity` is the key of a single object,
    `wrap` that of the object in the body; ``""`` is the whole. With `whole` the body is the object as it is
    now, changed; `carried` are the keys that are sent back then, all but the id where there are none.
    `accepts` are the properties that the body may hold, None for all that can be written.
    """

    method: str
    path: str
    evidence: Evidence
    source: str
    repeatable: bool = True
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    asked: tuple[tuple[str, str], ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    entries: str = ""
    entry_id: str = "id"
    entity: str = ""
    wrap: str = ""
    whole: bool = False
    carried: tuple[str, ...] = ()
    accepts: frozenset[Property] | None = None
    form: bool = False
    paging: Paging | None = None

    def is_about(self, name: str) -> bool:
        """Return whether the request has a place for this."""
        return f"{{{name}}}" in self.path or name in dict(self.asked) or name in dict(self.told)


class Reference(StrEnum):
    """By what a user's groups are named."""

    PATH = "path"
    ID = "id"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class FieldShape:
    """Where a property of a user stands; keys inside of objects are joined by dots.

    Several values are a list of texts; of objects with the text under `item`; or one text, `joined` by a
    separator. `key` is ``""`` where the object does not show it, and `written`, the key in bodies, where
    the property cannot be written with the user.
    """

    key: str
    written: str
    item: str = ""
    joined: str = ""
    reference: Reference = Reference.PATH


def same(key: str) -> FieldShape:
    """Return the shape of a property that is read and written under one key."""
    return FieldShape(key, key)


@dataclass(frozen=True, slots=True)
class Deleted:
    """How an object says that its user is deleted: `when` one of these texts stands under `key`.

    `otherwise` are the texts of one who is not; ``""`` is for null, or no key at all.
    """

    key: str
    when: frozenset[str] = frozenset({"true", "1"})
    otherwise: frozenset[str] = frozenset({"false", "0", ""})


@dataclass(frozen=True, slots=True)
class UserShape:
    """What a user object looks like; a property without a field is neither read nor written."""

    fields: Mapping[Property, FieldShape]
    id: str = "id"
    numeric: bool = True
    """Whether bodies take the id as a number."""
    deleted: Deleted | None = None
    pins: str = ""
    """The key that takes PINs when a user is made; they are never read."""


@dataclass(frozen=True, slots=True)
class GroupShape:
    """What a group object looks like: with its whole `path`, or with its `name` and its `parent`'s id."""

    path: str = "path"
    id: str = "id"
    numeric: bool = True
    name: str = ""
    parent: str = ""
    separator: str = "|"


@dataclass(frozen=True, slots=True)
class Several:
    """The operations on a property with resources of its own; one value is added or removed at a time."""

    list: str
    add: str
    remove: str


SEVERAL: Final[Mapping[Property, Several]] = MappingProxyType(
    {
        Property.GROUPS: Several("list_user_groups", "add_to_group", "remove_from_group"),
        Property.CARDS: Several("list_cards", "add_card", "remove_card"),
        Property.ALIASES: Several("list_aliases", "add_alias", "remove_alias"),
    }
)

PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token": "get an access token",
        "list_users": "read every user",
        "find_users": "look a user up by name",
        "get_user": "read one user",
        "create_user": "make a user",
        "update_user": "change a user",
        "delete_user": "deactivate a user",
        "undelete_user": "bring a deactivated user back",
        "list_groups": "read every group",
        "create_group": "make a group",
        "move_group": "rename or move a group",
        "list_user_groups": "read the groups of one user",
        "add_to_group": "make a user a member of a group",
        "remove_from_group": "take a user out of a group",
        "list_cards": "read the cards of one user",
        "add_card": "give a user a card",
        "remove_card": "take a card from a user",
        "list_aliases": "read the aliases of one user",
        "add_alias": "give a user an alias",
        "remove_alias": "take an alias from a user",
        "add_pin": "give a user a PIN",
    }
)
"""Every operation there is a use for."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One server's REST interface."""

    name: str
    operations: Mapping[str, Operation]
    user: UserShape
    group: GroupShape = field(default_factory=GroupShape)

    @property
    def readable(self) -> frozenset[Property]:
        """The properties that can be read of a user."""
        shown = frozenset(prop for prop, shape in self.user.fields.items() if shape.key)
        return shown | frozenset(prop for prop, several in SEVERAL.items() if several.list in self.operations)


TOKEN: Final = Operation("POST", "/api/auth/token", Evidence.DOCUMENTED, "myq.md 6.2")
