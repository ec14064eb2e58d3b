"""LDAP search filters as text (RFC 4515): checked, put together, and made of MyQ's rows.

A filter is checked before any server sees it, since a server's answer to a wrong one is often success
with no entries, which must not be taken for an empty directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

DEEPEST = 50
"""Levels of a filter; ldap3 encodes them by recursion."""

IN_CHAIN = "1.2.840.113556.1.4.1941"
"""Active Directory's matching rule for membership through groups in groups (LDAP_MATCHING_RULE_IN_CHAIN)."""

_SPECIAL = frozenset("()*\\\0")
_SPACE = re.compile(r"\s*")
_TYPE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)(?:;[A-Za-z0-9-]+)*"
_ITEM = re.compile(
    rf"\s*(?P<type>{_TYPE})?(?P<extended>(?::[Dd][Nn])?(?::(?P<rule>{_TYPE}))?:)?\s*"
    r"(?P<operator>[~<>]?=)(?P<value>(?:[^()\\\x00]|\\[0-9A-Fa-f]{2})*)"
)
_NAME = re.compile(_TYPE)


class CheckedFilter(NamedTuple):
    """A filter in one spelling, the attributes it looks at, and the matching rules it asks for."""

    text: str
    attributes: frozenset[str]
    rules: frozenset[str]


def parse_filter(text: str) -> CheckedFilter:
    """Check a filter; raise ValueError, fit for a person, with the place where it goes wrong."""
    made: list[str] = []
    attributes: set[str] = set()
    rules: set[str] = set()
    open_levels: list[int] = []
    at = _past_space(text, 0)
    while True:
        at = _past_space(text, _expect(text, at, "("))
        if text[at : at + 1] in {"&", "|", "!"}:
            made += ["(", text[at]]
            open_levels.append(1 if text[at] == "!" else 0)
            if len(open_levels) > DEEPEST:
                raise ValueError(f"the filter has more than {DEEPEST} levels")
            at = _past_space(text, at + 1)
            continue
        item = _item(text, at)
        made += ["(", item[0], ")"]
        attributes |= item[1]
        rules |= item[2]
        at = _close(text, _expect(text, item[3], ")"), open_levels, made)
        if not open_levels:
            if at != len(text):
                raise ValueError(f"the filter ends before {text[at:]!r}; `(&...)` puts several together")
            return CheckedFilter("".join(made), frozenset(attributes), frozenset(rules))


def _close(text: str, at: int, open_levels: list[int], made: list[str]) -> int:
    """Close the levels that end here; return where the next filter begins."""
    at = _past_space(text, at)
    while open_levels and (open_levels[-1] or text[at : at + 1] == ")"):
        at = _past_space(text, _expect(text, at, ")"))
        open_levels.pop()
        made.append(")")
    return at


def _item(text: str, at: int) -> tuple[str, set[str], set[str], int]:
    found = _ITEM.match(text, at)
    if found is None or text[found.end() : found.end() + 1] not in {")", ""}:
        raise ValueError(
            f"`attribute=value` is expected at {text[at : at + 40]!r}; in values, the characters "
            r"( ) * \ are written \28 \29 \2a \5c"
        )
    name, extended, operator, value = found["type"], found["extended"], found["operator"], found["value"]
    if extended:
        known = operator == "=" and (name or found["rule"])
    else:
        known = name and (operator == "=" or "*" not in value)
    if not known or (extended and "*" in value):
        raise ValueError(f"{found.group().strip()!r} is no comparison that LDAP knows")
    stripped = "*".join(_kept_spaces(part) for part in value.split("*"))
    written = f"{name or ''}{extended or ''}{operator}{stripped}"
    return written, {name} if name else set(), {found["rule"]} - {None}, found.end()


def _kept_spaces(value: str) -> str:
    """Escape white space at both ends: ldap3 would take it off."""
    bare = value.strip()
    if bare == value:
        return value
    before, after = value[: len(value) - len(value.lstrip())], value[len(value.rstrip()) :]
    return f"{escape_text(before, spaces=True)}{bare}{escape_text(after if bare else '', spaces=True)}"


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, char: str) -> int:
    if text[at : at + 1] != char:
        there = repr(text[at : at + 20]) if at < len(text) else "its end"
        raise ValueError(f"{char!r} is missing in the filter at {there}")
    return at + 1


def escape_text(value: str, *, spaces: bool = False) -> str:
    """Return a value as it stands in a filter, where it matches nothing but itself."""
    return "".join(
        "".join(f"\\{byte:02x}" for byte in char.encode("utf-8"))
        if char in _SPECIAL or (spaces and char.isspace())
        else char
        for char in value
    )


def row_filter(row: str) -> str:
    """Return the filter of one of MyQ's rows, ``Attribute=Value`` with `*` at either end (myq.md 2.3).

    Raises ValueError for what is no such row.
    """
    name, equals, value = (part.strip() for part in row.partition("="))
    if not equals or not _NAME.fullmatch(name) or not value:
        raise ValueError(f"{row!r} is not `Attribute=Value`")
    if value == "*":
        return f"({name}=*)"
    front, back = value.startswith("*"), value.endswith("*") and len(value) > 1
    inner = value[front : len(value) - back]
    if not inner.strip("*"):
        raise ValueError(f"{row!r} has nothing between its wildcards")
    return f"({name}={'*' * front}{escape_text(inner)}{'*' * back})"


def any_of(filters: Iterable[str]) -> str:
    """Return the filter that at least one of these passes."""
    each = list(filters)
    return each[0] if len(each) == 1 else f"(|{''.join(each)})"


def all_of(filters: Iterable[str]) -> str:
    """Return the filter that all of these pass."""
    each = list(filters)
    return each[0] if len(each) == 1 else f"(&{''.join(each)})"
