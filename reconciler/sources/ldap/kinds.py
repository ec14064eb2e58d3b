"""What differs from one make of directory to the next, as data.

The makes are MyQ's (myq.md section 1); what each of them calls things is its vendor's documentation and
the standard schemas (RFC 4519, RFC 2798, RFC 2307).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class DirectoryKind(StrEnum):
    """The makes of directory."""

    ACTIVE_DIRECTORY = "activeDirectory"
    OPEN_LDAP = "openLdap"
    NOVELL = "novell"
    DOMINO = "domino"
    GOOGLE = "google"
    OTHER = "other"


class Membership(StrEnum):
    """Where a directory says who belongs to a group."""

    MEMBER_OF = "memberOf"
    GROUP_MEMBERSHIP = "groupMembership"
    MEMBER = "member"
    UNIQUE_MEMBER = "uniqueMember"
    MEMBER_UID = "memberUid"

    @property
    def on_user(self) -> bool:
        """Whether users name their groups, rather than groups their members."""
        return self in {Membership.MEMBER_OF, Membership.GROUP_MEMBERSHIP}


class Traits(NamedTuple):
    """What a make calls things. The filters leave nobody out who is missing from them by accident.

    `disabled` and `expired` are filters of accounts that are; the second takes the present moment.
    """

    people: str
    groups: str
    memberships: tuple[Membership, ...]
    login: str = "uid"
    group_name: str = "cn"
    has_security_ids: bool = False
    disabled: str | None = None
    expired: Callable[[datetime], str] | None = None


_UNIX_EPOCH_IN_FILETIME = 11_644_473_600
_MICROSECONDS = 1_000_000


def filetime(moment: datetime) -> int:
    """Return a moment as Active Directory counts: 100 nanoseconds since 1601."""
    since_epoch = moment - datetime.fromtimestamp(0, tz=moment.tzinfo)
    return (since_epoch // timedelta(microseconds=1) + _UNIX_EPOCH_IN_FILETIME * _MICROSECONDS) * 10


def _expired_in_active_directory(now: datetime) -> str:
    # 0 and the largest number both mean never.
    return f"(&(accountExpires>=1)(accountExpires<={filetime(now)}))"


def _expired_in_novell(now: datetime) -> str:
    return f"(loginExpirationTime<={now:%Y%m%d%H%M%S}Z)"


_STANDARD_GROUPS = "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"

_STANDARD = Traits(
    people="(objectClass=person)",
    groups=_STANDARD_GROUPS,
    memberships=(Membership.MEMBER, Membership.UNIQUE_MEMBER, Membership.MEMBER_UID),
)

TRAITS: dict[DirectoryKind, Traits] = {
    DirectoryKind.ACTIVE_DIRECTORY: Traits(
        people="(&(objectCategory=person)(objectClass=user))",
        groups="(objectCategory=group)",
        memberships=(Membership.MEMBER_OF,),
        login="sAMAccountName",
        has_security_ids=True,
        disabled="(userAccountControl:1.2.840.113556.1.4.803:=2)",
        expired=_expired_in_active_directory,
    ),
    DirectoryKind.OPEN_LDAP: _STANDARD,
    DirectoryKind.NOVELL: Traits(
        people="(objectClass=person)",
        groups="(objectClass=groupOfNames)",
        memberships=(Membership.GROUP_MEMBERSHIP,),
        login="cn",
        disabled="(loginDisabled=TRUE)",
        expired=_expired_in_novell,
    ),
    DirectoryKind.DOMINO: Traits(
        people="(objectClass=dominoPerson)",
        groups="(objectClass=groupOfNames)",
        memberships=(Membership.MEMBER,),
    ),
    DirectoryKind.GOOGLE: Traits(
        people="(objectClass=person)",
        groups="(objectClass=groupOfNames)",
        memberships=(Membership.MEMBER_OF,),
    ),
    DirectoryKind.OTHER: _STANDARD,
}
