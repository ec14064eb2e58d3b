"""Parts of a directory that lie on another server, and what the manifest has us do about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from reconciler.errors import SourceDataError
from reconciler.sources.ldap.access import Address
from reconciler.sources.ldap.dn import parse_dn, short_type

_URL = re.compile(
    r"(ldaps?)://(\[[0-9A-Fa-f:.]+\]|[^/:?]*)(?::([0-9]+))?(?:/([^?]*)(?:\?[^?]*(?:\?([^?]*).*)?)?)?",
    re.IGNORECASE,
)
_PORTS = {False: 389, True: 636}
_SCOPES = {"base": "BASE", "one": "LEVEL", "sub": "SUBTREE"}

_WITHOUT_PEOPLE = frozenset({("dc", "domaindnszones"), ("dc", "forestdnszones"), ("cn", "configuration")})
"""Partitions that every Active Directory refers to from the root of a domain; they hold DNS and settings."""


class Referral(NamedTuple):
    """Where a part of the directory lies; ``""`` stands for what the URL leaves open."""

    uri: str
    host: str
    port: int
    ldaps: bool
    base: str
    scope: str

    def address(self, ours: Address) -> Address:
        """Return the server to ask: with TLS from the first byte when ours has it, whatever the URL says."""
        ldaps = self.ldaps or ours.ldaps
        port = self.port if self.port and ldaps == self.ldaps else 0
        return Address(
            self.host or ours.host, port or (ours.port if ldaps == ours.ldaps else _PORTS[ldaps]), ldaps
        )


def parse_referral(uri: str) -> Referral:
    """Return what a URL (RFC 4516) says; raise SourceDataError for one that is none."""
    found = _URL.fullmatch(uri)
    if found is None:
        raise SourceDataError(
            f"the server refers to {uri!r}, which is no LDAP URL",
            hint="mend the referral in the directory, or set `referrals: ignore`",
            where="referrals",
        )
    scheme, host, port, base, scope = found.groups()
    return Referral(
        uri,
        unquote(host).strip("[]"),
        int(port or 0),
        scheme.lower() == "ldaps",
        unquote(base or "").strip(),
        _SCOPES.get((scope or "").lower(), ""),
    )


def holds_people(referral: Referral) -> bool:
    """Return whether there may be people behind it."""
    try:
        levels = parse_dn(referral.base)
    except ValueError:
        return True
    return not levels or all(
        (short_type(part.type), part.value.lower()) not in _WITHOUT_PEOPLE for part in levels[0]
    )


def refuse(referrals: Sequence[Referral], doing: str) -> None:
    """Raise when a part of the directory lies elsewhere: whoever is there would count as missing."""
    if referrals:
        raise SourceDataError(
            f"a part of the directory lies elsewhere: {', '.join(referral.uri for referral in referrals)}",
            hint="give that part a source of its own, and set `referrals: ignore` here; or set `referrals: "
            "follow`, which shows our password to that server",
            where=doing,
        )
