"""Words of a specification: how names are taken apart, and what the parts mean."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_PIECES: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

USER: Final = frozenset({"user", "person", "people", "account", "employee", "member", "principal"})
GROUP: Final = frozenset({"group", "team", "usergroup"})
CARD: Final = frozenset({"card", "badge", "idcard"})
ALIAS: Final = frozenset({"alias"})
PIN: Final = frozenset({"pin"})

LIST: Final = frozenset({"all", "list"})
FIND: Final = frozenset({"find", "search", "lookup", "look", "by", "query"})
BACK: Final = frozenset({"undelete", "restore", "reactivate", "recover", "activate", "enable", "revive"})
TOKEN: Final = frozenset({"token", "oauth", "oauth2", "auth", "issue", "authorize"})
GONE: Final = frozenset({"deleted", "removed", "inactive", "disabled", "deactivated", "archived"})
LIVE: Final = frozenset({"active", "live", "enabled", "present", "current", "normal", "existing"})
FOR_GOOD: Final = frozenset(
    {"permanently", "permanent", "purge", "irreversibly", "irreversible", "anonymize"}
)

_IRREGULAR: Final = {"people": "person", "aliases": "alias", "addresses": "address", "statuses": "status"}


@cache
def pieces(name: str) -> tuple[str, ...]:
    """Return the words that a name is made of, in lower case and singular: ``userGroups``: user, group."""
    return tuple(_singular(piece.lower()) for piece in _PIECES.findall(name))


@cache
def words(text: str) -> frozenset[str]:
    """Return the words of a sentence or a name."""
    return frozenset(pieces(text)) | frozenset(re.findall(r"[a-z0-9]+", text.lower()))


@cache
def plain(name: str) -> str:
    """Return a name without what only spells it: ``E-mail_Address`` and ``emailAddress`` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:  # noqa: PLR2004  gas
        return word[:-1]
    return word
