"""What the bind account sees of a directory before anything is read: who it is, where it may look.

A directory answers "success, no entries" to an account that lost its rights, and to a filter with an
attribute that it does not know. So these are asked about first.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ldap3 import BASE

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.ldap.connect import Session
from reconciler.sources.ldap.decode import Entry
from reconciler.sources.ldap.dn import comparable_dn, is_within, parse_dn
from reconciler.sources.ldap.filter import CheckedFilter
from reconciler.sources.ldap.strategy import Search

_WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
_ANY = "(objectClass=*)"
_ROOT_ATTRIBUTES = (
    "namingContexts",
    "defaultNamingContext",
    "subschemaSubentry",
    "supportedControl",
    "supportedExtension",
)
_DEFINED = re.compile(r"\(\s*([0-9.]+|[A-Za-z][^\s]*)\s+(?:NAME\s+(?:'([^']*)'|\(([^)]*)\)))?")
_QUOTED = re.compile(r"'([^']*)'")


WORKED_OUT = "@"
"""What attributes begin with that a reader works out; no attribute of a directory does."""


class View(NamedTuple):
    """What the server says of itself to this account; everything may be missing.

    `attributes` are all names of attributes and what each is called in answers, in lower case as keys;
    `rules` the matching rules, by name and number.
    """

    contexts: tuple[str, ...]
    controls: frozenset[str]
    extensions: frozenset[str]
    attributes: Mapping[str, str]
    rules: frozenset[str]


def look(session: Session) -> View:
    """Return the server's description of itself."""
    entries = _shown(session, Search("", _ANY, BASE, _ROOT_ATTRIBUTES, 0), "reading the root entry")
    root = entries[0] if entries else ("", {})
    subschema = _texts(root, "subschemaSubentry")
    attributes, rules = _schema(session, subschema[0]) if subschema else ({}, frozenset[str]())
    contexts = (*_texts(root, "defaultNamingContext"), *_texts(root, "namingContexts"))
    return View(
        contexts=tuple(filter(_is_dn, contexts)),
        controls=frozenset(_texts(root, "supportedControl")),
        extensions=frozenset(_texts(root, "supportedExtension")),
        attributes=attributes,
        rules=rules,
    )


def _shown(session: Session, search: Search, doing: str) -> list[Entry]:
    """Return what the server shows of itself; some show nothing, and what depends on it says so."""
    try:
        return session.all(search, doing).entries
    except SourceUnavailable:
        raise
    except SourceError:
        return []


def _is_dn(text: str) -> bool:
    try:
        return bool(parse_dn(text))
    except ValueError:
        return False


def _texts(entry: Entry, name: str) -> list[str]:
    return [value.decode("utf-8", "replace") for value in entry[1].get(name) or ()]


def _schema(session: Session, dn: str) -> tuple[dict[str, str], frozenset[str]]:
    search = Search(dn, "(objectClass=subschema)", BASE, ("attributeTypes", "matchingRules"), 0)
    attributes: dict[str, str] = {}
    rules: set[str] = set()
    for entry in _shown(session, search, "reading the schema"):
        for definition in _texts(entry, "attributeTypes"):
            names = _names(definition)
            attributes.update((name.lower(), names[0]) for name in names)
        for definition in _texts(entry, "matchingRules"):
            rules.update(name.lower() for name in _names(definition))
    return attributes, frozenset(rules)


def _names(definition: str) -> list[str]:
    """Return what a definition calls something: its names, the first of them first, and its number."""
    found = _DEFINED.match(definition)
    if found is None:
        return []
    number, single, several = found.groups()
    return [*([single] if single else _QUOTED.findall(several or "")), number]


def check_names(view: View, names: Iterable[str]) -> dict[str, str]:
    """Return what the server calls each of these attributes; raise SourceDataError for one it does not know.

    Without a schema to look at, they are what they are called.
    """
    called = {}
    for name in names:
        plain, semicolon, options = name.partition(";")
        known_name = view.attributes.get(plain.lower()) if view.attributes else plain
        spelled = None if name.startswith(WORKED_OUT) else known_name
        if spelled is None:
            close = difflib.get_close_matches(plain.lower(), view.attributes, 1, cutoff=0.75)
            known = f"did you mean {view.attributes[close[0]]}? " if close else ""
            raise SourceDataError(
                f"the directory has no attribute {plain}",
                hint=f"{known}The mapping, a filter or a group import names it; memberOf may need an overlay",
                where=name,
            )
        called[name] = f"{spelled}{semicolon}{options}"
    return called


def check_rules(view: View, checked: CheckedFilter) -> None:
    """Raise SourceDataError for a matching rule that the server does not know: it would find nobody."""
    unknown = sorted(rule for rule in checked.rules if rule.lower() not in view.rules) if view.rules else []
    if unknown:
        raise SourceDataError(
            f"the directory does not know the matching rule {unknown[0]}",
            hint="rules such as 1.2.840.113556.1.4.1941 (in chain) are Active Directory's own; for groups in "
            "groups there is `memberOf.nested`",
            where="filter",
        )


def identity(session: Session, view: View, *, named: bool) -> str:
    """Return whom the server takes us for, ``""`` where it does not say; raise when that is nobody.

    `named` says that we bound as somebody.
    """
    if _WHO_AM_I not in view.extensions:
        return ""
    who = session.who_am_i()
    if named and not who:
        raise SourceError(
            "the server let us in and takes us for nobody",
            hint="an anonymous account sees less than there is: look at `bind`",
            where=str(session.address),
        )
    return who


def check_base(session: Session, base: str) -> tuple[str, ...]:
    """Raise unless the account sees the base DN; return where it is when another server has it."""
    page = session.all(Search(base, _ANY, BASE, (), 0), f"looking at {base}")
    if not page.entries and not page.referrals:
        raise SourceError(
            "the server answered success and showed nothing: the bind account may not see it",
            hint=f"give the bind account the right to read {base} and everything under it",
            where=f"{session.address}: {base}",
        )
    return tuple(page.referrals)


def whole_tree(view: View, base: str) -> str:
    """Return the DN of the tree that a base DN stands in; the base DN itself where the server names none."""
    levels = parse_dn(base)
    within = [context for context in view.contexts if is_within(levels, parse_dn(context))]
    return min(within, key=len, default=base)


def without_covered(bases: Iterable[str], *, subtree: bool) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the base DNs to be read, and those that another one covers, with that one."""
    distinct = {comparable_dn(base): base for base in bases}
    covered: dict[str, str] = {}
    if subtree:
        for base in distinct.values():
            above = [
                other
                for other in distinct.values()
                if other is not base and is_within(parse_dn(base), parse_dn(other))
            ]
            if above:
                covered[base] = min(above, key=len)
    return tuple(base for base in distinct.values() if base not in covered), covered
