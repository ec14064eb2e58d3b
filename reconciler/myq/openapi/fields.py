"""Which key of an object holds which property, by its name and by what its description says.

Evidence is scored: a name that means nothing else counts most, a phrase in the description less. Two keys
with equal claims to a property leave it without one: a person chooses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from reconciler.core.model import MANY, Property
from reconciler.myq.openapi.shapes import Shape
from reconciler.myq.openapi.words import plain
from reconciler.sources.myq_binding import FieldShape, Reference

_NAME, _LIKELY, _PHRASE = 10, 6, 5


class _Sign(NamedTuple):
    """What speaks for a property: names that mean it, names that may, phrases of a description."""

    names: frozenset[str]
    likely: frozenset[str]
    phrase: re.Pattern[str]


def _sign(names: str, likely: str, phrase: str) -> _Sign:
    return _Sign(
        frozenset(names.split()), frozenset(likely.split()), re.compile(rf"\b(?:{phrase})\b", re.IGNORECASE)
    )


_SIGNS: Final[Mapping[Property, _Sign]] = {
    Property.USER_NAME: _sign(
        "username login loginname logonname userlogin samaccountname",
        "account accountname name",
        "user ?name|login name",
    ),
    Property.FULL_NAME: _sign("fullname displayname wholename realname", "name", "full name|display name"),
    Property.ALIASES: _sign(
        "aliases alias alternativenames otherlogins useraliases", "othernames", "alias(?:es)?"
    ),
    Property.EMAIL: _sign("email emailaddress mail mailbox mailaddress", "", "e-?mail(?: address)?"),
    Property.CARDS: _sign(
        "cards card cardnumbers idcards badges cardids", "", "(?:id )?cards?|card numbers?"
    ),
    Property.PERSONAL_NUMBER: _sign(
        "personalnumber employeenumber staffnumber personnelnumber", "code employeeid", "personal number"
    ),
    Property.SCAN_STORAGE: _sign(
        "scanstorage scantarget scanfolder scanpath", "storage homefolder", "scan storage|scans?"
    ),
    Property.PHONE: _sign(
        "phone phonenumber telephone telephonenumber", "tel mobile", "(?:tele)?phone number"
    ),
    Property.LANGUAGE: _sign("language lang preferredlanguage", "locale", "language"),
    Property.NOTES: _sign("notes note comment comments remark remarks", "", "notes?"),
    Property.GROUPS: _sign(
        "groups grouppaths groupids groupnames usergroups memberof teams", "memberships", "groups|member of"
    ),
    Property.DEFAULT_GROUP: _sign(
        "defaultgroup defaultgrouppath defaultgroupid accountinggroup primarygroup costteam",
        "",
        "default group|accounting group",
    ),
    Property.DEPARTMENT: _sign("department departmentname", "unit", "department"),
    Property.AUTHENTICATION_SERVER: _sign(
        "authenticationserver authserver ldapdomain", "domain", "authentication server"
    ),
    Property.OBJECT_ID: _sign(
        "objectid directoryobjectid entraobjectid", "externalid directoryguid", "object id"
    ),
    Property.SYNCHRONIZATION_SOURCE: _sign(
        "synchronizationsource syncsource", "source origin", "synchronization source"
    ),
    Property.PINS: _sign("pins pin pincodes pincode", "", "pins?"),
}
_OF_GROUPS: Final = frozenset({Property.GROUPS, Property.DEFAULT_GROUP})


@dataclass(frozen=True, slots=True)
class Matched:
    """Which key holds which property; of the `unclear` ones, what could be meant and why it is not taken."""

    keys: Mapping[Property, str]
    unclear: Mapping[Property, str] = field(default_factory=dict)

    @property
    def is_user(self) -> bool:
        """Whether this is what a user looks like: a name to sign in with, and something else of a person."""
        return Property.USER_NAME in self.keys and len(self.keys) > 1


def match(shape: Shape) -> Matched:
    """Return which key of an object holds which property of a user."""
    claims = {prop: _claims(prop, shape) for prop in _SIGNS}
    best: dict[str, int] = {}
    for scores in claims.values():
        for key, score in scores.items():
            best[key] = max(best.get(key, 0), score)
    keys: dict[Property, str] = {}
    unclear: dict[Property, str] = {}
    for prop, scores in claims.items():
        # A key goes to the property that it speaks for most clearly.
        fitting = {key: score for key, score in scores.items() if score == best[key]}
        # Two names that each mean it alone are rivals, whatever the descriptions say.
        top = [key for key, score in fitting.items() if score >= min(max(fitting.values()), _NAME)]
        if len(top) == 1:
            keys[prop] = top[0]
        elif top:
            unclear[prop] = f"{' and '.join(sorted(top))} may both be meant"
    twice = {key for key, times in Counter(keys.values()).items() if times > 1}
    for prop in [prop for prop, key in keys.items() if key in twice]:
        unclear[prop] = f"{keys.pop(prop)} may be meant, and may be something else"
    return Matched(keys, unclear)


def _claims(prop: Property, shape: Shape) -> dict[str, int]:
    """Return how much each key speaks for a property, of those that do."""
    scores = {key: _score(prop, key, each) for key, each in shape.properties.items()}
    return {key: score for key, score in scores.items() if score}


def _score(prop: Property, key: str, shape: Shape) -> int:
    if not _fits(prop, shape):
        return 0
    sign, name = _SIGNS[prop], plain(key)
    score = _NAME if name in sign.names else _LIKELY if name in sign.likely else 0
    if sign.phrase.search(shape.about):
        score += _PHRASE
    return score


def _fits(prop: Property, shape: Shape) -> bool:
    """Return whether a value of this kind can be the property at all."""
    if prop in MANY:
        return shape.kind in {"list", ""}
    if prop is Property.DEFAULT_GROUP:
        return shape.kind in {"text", "number", "object", ""}
    return shape.kind in {"text", ""}


class Told(NamedTuple):
    """How one property is written in objects, or why that is not clear."""

    shape: FieldShape | None
    why: str = ""


def told(prop: Property, key: str, shape: Shape, group: Mapping[str, str]) -> Told:
    """Return how a property stands under a key; `group` are the keys of id, path and name of a group."""
    value = shape.items if shape.kind == "list" and shape.items is not None else shape
    if prop in _OF_GROUPS:
        return _group_told(key, value, shape.about, group)
    if value.kind == "object":
        inner = [
            name for name, each in value.properties.items() if each.kind == "text" and plain(name) != "id"
        ]
        if len(inner) != 1:
            return Told(None, f"{key} holds objects, and which of their keys is meant is not clear")
        return Told(FieldShape(key, key, item=inner[0]))
    if value.kind not in {"text", ""}:
        return Told(None, f"{key} holds {value.kind}s, and texts are expected")
    return Told(FieldShape(key, key))


def _group_told(key: str, value: Shape, about: str, group: Mapping[str, str]) -> Told:
    if value.kind == "object":
        for word, reference in (("path", Reference.PATH), ("id", Reference.ID), ("name", Reference.NAME)):
            if group.get(word) in value.properties:
                return Told(FieldShape(key, key, item=group[word], reference=reference))
        return Told(None, f"{key} holds objects, and how they name a group is not clear")
    if value.kind == "number":
        return Told(FieldShape(key, key, reference=Reference.ID))
    said = f"{' '.join(re.findall('[A-Z]?[a-z]+', key))} {about} {value.about}".lower()
    found = [
        reference
        for word, reference in (("path", Reference.PATH), ("id", Reference.ID), ("name", Reference.NAME))
        if re.search(rf"\b{word}s?\b", said)
    ]
    if len(found) == 1 or Reference.PATH in found:
        return Told(FieldShape(key, key, reference=found[0]))
    return Told(None, f"whether {key} holds paths, ids or names of groups is not told")
