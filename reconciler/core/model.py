"""The nouns that cross from one ring to another.

A *record* is one person as a source spells it. Readers hand records over in batches of columns, so
that mapping runs over whole columns and a record never becomes a dictionary. A *user* is one person in
MyQ's words, on either side of the comparison.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import repeat
from typing import NamedTuple, TypeAlias, TypeVar

Cell: TypeAlias = str | tuple[str, ...]
"""What a record says of one attribute: ``""`` nothing, a string one value, a tuple two or more."""


class Property(StrEnum):
    """MyQ's user properties, in the order of the fields of `User`."""

    USER_NAME = "userName"
    FULL_NAME = "fullName"
    ALIASES = "aliases"
    EMAIL = "email"
    CARDS = "cards"
    PERSONAL_NUMBER = "personalNumber"
    SCAN_STORAGE = "scanStorage"
    PHONE = "phone"
    LANGUAGE = "language"
    NOTES = "notes"
    GROUPS = "groups"
    DEFAULT_GROUP = "defaultGroup"
    DEPARTMENT = "department"
    AUTHENTICATION_SERVER = "authenticationServer"
    OBJECT_ID = "objectId"
    SYNCHRONIZATION_SOURCE = "synchronizationSource"
    PINS = "pins"
    """Write-only: the one property that `User` has no field for."""


MANY = frozenset({Property.ALIASES, Property.CARDS, Property.GROUPS, Property.PINS})
"""The properties that hold any number of values."""

SYSTEM_USER_MARK = "*"
"""MyQ's own accounts (``*admin``, ``*api``, ...) begin with it (myq.md section 5)."""


class User(NamedTuple):
    """One person in MyQ's words; ``""`` and ``()`` mean that MyQ, or the source, says nothing.

    Values of the multi-valued fields are sorted and distinct. A group is its path from the root,
    levels joined by ``|``. There is no PIN here, by design.
    """

    user_name: str
    full_name: str = ""
    aliases: tuple[str, ...] = ()
    email: str = ""
    cards: tuple[str, ...] = ()
    personal_number: str = ""
    scan_storage: str = ""
    phone: str = ""
    language: str = ""
    notes: str = ""
    groups: tuple[str, ...] = ()
    default_group: str = ""
    department: str = ""
    authentication_server: str = ""
    object_id: str = ""
    source: str = ""


INDEX: dict[Property, int] = {
    prop: position for position, prop in enumerate(Property) if prop is not Property.PINS
}
"""Where a property stands in `User`."""


class Account(NamedTuple):
    """One account as MyQ holds it: the user, MyQ's own id (``""`` where unknown), deleted or not.

    `rights` name the lists of rights and of delegates that are not empty, where MyQ shows them.
    """

    user: User
    id: str = ""
    active: bool = True
    rights: tuple[str, ...] = ()


class ActualState(NamedTuple):
    """All that was read from one MyQ server, to the end.

    `readable` are the properties the server lets us see: no other can be compared. `groups` are all
    group paths, those without members too. `knows_source` and `knows_deleted` say whether accounts
    carry their synchronization source, and whether deleted accounts are among them; `knows_rights`,
    whether it shows who has rights or delegates.
    """

    accounts: tuple[Account, ...]
    groups: frozenset[str]
    readable: frozenset[Property]
    knows_source: bool = True
    knows_deleted: bool = True
    knows_rights: bool = False


class Batch(NamedTuple):
    """Some records of a source: one origin each, and one column for each attribute asked for."""

    origins: Sequence[str]
    columns: Sequence[Sequence[Cell]]


class Fact(NamedTuple):
    """One observation that the read was complete, such as ``paging cookie: ended``."""

    name: str
    value: str


class Doubt(StrEnum):
    """Why a read that ended well may still lack somebody; a manifest can accept each by its name."""

    NO_COUNT = "no-count"
    """Nothing says how many there must be."""
    COUNT_OFF = "count-off"
    """The source counts another number than came, within what is tolerated."""
    LEFT_OUT = "left-out"
    """A part of the source lies elsewhere, and was not read."""
    TWICE = "twice"
    """Some user name came with more than one record, which may stand in the place of others."""
    DROPPED = "dropped"
    """The last good read held many more."""


class Reading(NamedTuple):
    """What a reader can only say at the end: that it got there, and which groups the source has.

    `groups` are group paths to create even when nobody is a member (LDAP: *import empty groups*): whole
    paths, from the group that `importGroupsUnder` names. `counted` is the source's own count, which the
    reader found to agree with what came; None where the source does not count. `doubts` are named by
    `Doubt`: the records are all that came, and may not be all that there are.
    """

    records: int
    facts: tuple[Fact, ...] = ()
    groups: tuple[str, ...] = ()
    counted: int | None = None
    doubts: tuple[Fact, ...] = ()


Read: TypeAlias = Generator[Batch, None, Reading]
"""A read in progress. Only one that ran to its end has a `Reading`; a failed one raises."""


_Tuple = TypeVar("_Tuple", bound=tuple[object, ...])


def made(kind: type[_Tuple], fields: Iterable[tuple[object, ...]]) -> Iterator[_Tuple]:
    """Yield named tuples of a kind; for hundreds of thousands of them, a third of the time of `_make`.

    The fields must be all there and in order: unlike `_make`, this does not count them.
    """
    return map(tuple.__new__, repeat(kind), fields)
