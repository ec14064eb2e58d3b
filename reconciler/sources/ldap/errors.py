"""What went wrong with a directory, in words that name the setting to look at."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable

SUCCESS, TIME_LIMIT, SIZE_LIMIT, REFERRAL, NO_SUCH_OBJECT, INVALID_CREDENTIALS = 0, 3, 4, 10, 32, 49
"""Result codes of RFC 4511 that are looked at elsewhere."""

UNREADABLE = (
    "see what `ldapsearch` makes of the same search; the port may belong to something that is not LDAP"
)
UNREACHABLE = "see that the server runs and that `servers` and the firewall let us reach it, then try again"
_LIMIT = (
    "raise the limit for the bind account: `limits dn.exact=... size=unlimited time=unlimited` in OpenLDAP "
    "(its own limits are 500 entries and one hour), MaxPageSize and MaxQueryDuration of Active Directory's "
    "LDAP policy, nsslapd-sizelimit and nsslapd-lookthroughlimit elsewhere; or set `pageSize`"
)
_TLS = "write `ldaps://` in `servers`, or `startTls: true` for `ldap://`"
_ACCOUNT = "look at `bind.user` and `bind.password`"
_RIGHTS = (
    "give the bind account read access to everything under `baseDns` and to the attributes that are mapped"
)
_BASE = "look at `baseDns` (and `groups.import[].memberOf.baseDn`), and whether the bind account may see them"

_LATER = frozenset({51, 52, 80})
"""busy, unavailable, other: another server, or the same one later, may answer."""

_HINTS: dict[int, str] = {
    1: "Active Directory says so to whoever is not bound: look at `bind`",
    2: "the server understands less of LDAP than we ask for; try `pageSize: 0`, `startTls: false` or `ldaps://`",
    TIME_LIMIT: _LIMIT,
    SIZE_LIMIT: _LIMIT,
    7: "the server does not offer this way to bind: look at `bind`",
    8: f"the server refuses a bind without TLS: {_TLS}",
    REFERRAL: "the entries lie on another server: name it in `servers`, or set `referrals: follow`",
    11: _LIMIT,
    12: "the server does not know a control we ask for: set `pageSize: 0` if it has no paging",
    13: f"the server wants TLS: {_TLS}",
    16: "a filter or the mapping names an attribute that the directory does not have",
    17: "a filter or the mapping names an attribute that the directory does not have",
    18: "the filter compares an attribute in a way that it does not allow",
    21: "the filter compares an attribute with a value that it cannot have",
    NO_SUCH_OBJECT: _BASE,
    34: f"this is not a DN to the server: {_BASE}",
    48: f"the server does not accept this way to bind for this account: {_ACCOUNT}",
    INVALID_CREDENTIALS: _ACCOUNT,
    50: _RIGHTS,
    53: "the server's own words say what it does not like; its log says more",
}
_ELSE = "the server's own words and its log say more"

_ACTIVE_DIRECTORY_SAYS: dict[str, str] = {
    "525": "there is no such account",
    "52e": "the password is wrong",
    "530": "the account may not sign in at this hour",
    "531": "the account may not sign in from here",
    "532": "the password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "the password must be changed first",
    "775": "the account is locked",
}
"""The `data` code in Active Directory's answer to a refused bind (Windows error codes)."""

_DATA_CODE = re.compile(r"\bdata ([0-9a-f]+)\b")
_LONGEST = 300
_UNRESOLVED = "invalid server address"
"""What ldap3 says when DNS does not know a host."""


class Doing(NamedTuple):
    """What was asked of which server, for messages."""

    server: str
    action: str

    def __str__(self) -> str:
        return f"{self.server}: {self.action}"


def judge(result: Mapping[str, Any], doing: Doing) -> None:
    """Raise unless the result is plain success: anything else means that something may be missing."""
    code = result["result"]
    if code == SUCCESS:
        return
    said = result.get("description") or "unknown"
    words = _one_line(str(result.get("message") or ""))
    fact = f"the server answered {said} ({code}){_seen(result)}{f': {words}' if words else ''}"
    detail = _DATA_CODE.search(words)
    if code == INVALID_CREDENTIALS and detail and detail[1] in _ACTIVE_DIRECTORY_SAYS:
        fact = f"{fact} ({_ACTIVE_DIRECTORY_SAYS[detail[1]]})"
    kind = SourceUnavailable if code in _LATER else SourceError
    raise kind(fact, hint=_HINTS.get(code, _ELSE), where=str(doing))


def _seen(result: Mapping[str, Any]) -> str:
    """Say how far the server got with the DN, where it tells."""
    return (
        f", knowing only {_one_line(result['dn'])!r}"
        if result["result"] == NO_SUCH_OBJECT and result.get("dn")
        else ""
    )


def _one_line(text: str) -> str:
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def broken(error: Exception, doing: Doing) -> SourceUnavailable:
    """Return the error for a connection that could not be made, or broke."""
    said = _one_line(str(error)) or type(error).__name__
    if said == _UNRESOLVED:
        said = "the name of the server cannot be resolved"
    return SourceUnavailable(
        f"the connection failed: {said}",
        hint=UNREACHABLE,
        where=str(doing),
    )


def not_ldap(error: Exception, doing: Doing) -> SourceDataError:
    """Return the error for an answer that is not LDAP."""
    return SourceDataError(
        f"the answer cannot be understood: {type(error).__name__}: {_one_line(str(error))}",
        hint=UNREADABLE,
        where=str(doing),
    )


def tls_refused(error: Exception, doing: Doing) -> SourceUnavailable:
    """Return the error for a TLS handshake that failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fact = f"the server's certificate is not believed: {error.verify_message}"
        hint = (
            "name the authority that issued it in `tls.caFile`, and call the server in `servers` what its "
            "certificate calls it"
        )
    else:
        fact = f"TLS could not begin: {_one_line(str(error))}"
        hint = (
            "see whether this port speaks TLS (ldaps:// is usually 636), and which TLS versions and client "
            "certificates the server accepts (`tls.clientCertificate`)"
        )
    return SourceUnavailable(fact, hint=hint, where=str(doing))
