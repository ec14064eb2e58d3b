"""What of people's data is shown to whom: an operator sees names, a comment on a forge sees none."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from reconciler.core.change import Change, FieldChange, typeable
from reconciler.core.model import Property
from reconciler.core.render.view import user_names

BEFORE, AFTER = "*** (before)", "*** (after)"
_CONCEALED = "***"
_SHORTEST = 4

SECRET = frozenset({Property.CARDS.value, Property.PERSONAL_NUMBER.value, Property.PINS.value})
"""Never shown to anybody: who knows one can sign in with it."""

PUBLIC = frozenset(
    {
        Property.GROUPS.value,
        Property.DEFAULT_GROUP.value,
        Property.DEPARTMENT.value,
        Property.LANGUAGE.value,
        Property.AUTHENTICATION_SERVER.value,
        Property.SYNCHRONIZATION_SOURCE.value,
        "path",
    }
)
"""Shown to everybody. What is in neither list, a property of a later version too, counts as personal."""


class Outside(NamedTuple):
    """A piece of text that somebody outside wrote, to be made harmless by whoever shows it.

    It is cut where it is long, unless it is to be copied `whole`.
    """

    text: str
    whole: bool = False


Piece: TypeAlias = str | Outside
Line: TypeAlias = tuple[Piece, ...]
"""Our own words, and pieces from outside between them."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What one kind of reader sees. With pseudonyms people are masked; without, only secrets are."""

    pseudonyms: Mapping[str, str] | None = field(default=None)

    @property
    def hides_people(self) -> bool:
        """Whether the reader may not see whom it is about."""
        return self.pseudonyms is not None

    def id(self, id_: str) -> Outside:
        """Return a change's id as the reader may see it."""
        action, _, name = id_.partition("/")
        if self.pseudonyms is None or action.startswith("group-"):
            return Outside(id_, whole=True)
        return Outside(f"{action}/{self.pseudonyms.get(name, 'user:' + _CONCEALED)}", whole=True)

    def name(self, name: str) -> Outside:
        """Return a user name as the reader may see it."""
        if self.pseudonyms is None:
            return Outside(name)
        return Outside(self.pseudonyms.get(typeable(name), "user:" + _CONCEALED))

    def hides(self, field_name: str) -> bool:
        """Return whether the values of a property are masked; the user name has its pseudonym."""
        if not self.hides_people:
            return field_name in SECRET
        return field_name not in PUBLIC and field_name != Property.USER_NAME.value

    def value(self, field_name: str, value: str) -> Outside:
        """Return one value of a property that is not hidden."""
        return self.name(value) if field_name == Property.USER_NAME.value else Outside(value)

    def told(self, text: str, change: Change) -> str:
        """Return free text about a change, without what the reader may not see of that change.

        For a reader who may not see people, text that mentions one is left out whole.
        """
        personal = {value for one in change.fields if self.hides(one.field) for value in _values(one)}
        if self.hides_people:
            personal.update(user_names(change))
        mentioned = [value for value in personal if value and _mentions(text, value)]
        if self.hides_people:
            return "" if mentioned else text
        for value in sorted(mentioned, key=len, reverse=True):
            text = _whole(value).sub(_CONCEALED, text)
        return text


def _mentions(text: str, value: str) -> bool:
    return value.casefold() in text.casefold() and _whole(value).search(text) is not None


def _whole(value: str) -> re.Pattern[str]:
    """Return what finds a value where it stands by itself, not as a part of a longer word or number."""
    return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)


def _values(change: FieldChange) -> Iterable[str]:
    for side in (change.before, change.after):
        yield from (side,) if isinstance(side, str) else side


def pseudonyms(names: Collection[str], key: bytes) -> dict[str, str]:
    """Return ``user:4f1c`` for each user name; the names are spelled as they are in ids, by `typeable`.

    The digits are of HMAC-SHA256 with the key, so they stay the same from run to run and say nothing
    to who does not have the key; they are more than four where two people would share them. Without
    a key people are numbered.
    """
    typed = sorted(set(names))
    if not key:
        return {name: f"user:{number}" for number, name in enumerate(typed, 1)}
    hashes = {name: hmac.digest(key, name.encode("utf-8", "surrogatepass"), "sha256").hex() for name in typed}
    ordered = sorted(hashes.items(), key=lambda pair: pair[1])
    digits = [value for _, value in ordered]
    return {name: f"user:{value[: _needed(digits, at)]}" for at, (name, value) in enumerate(ordered)}


def _needed(digits: list[str], at: int) -> int:
    """Return how many digits tell one from its neighbours in the sorted list, four at the least."""
    shared = [_common(digits[at], digits[near]) for near in (at - 1, at + 1) if 0 <= near < len(digits)]
    return max(_SHORTEST, *(length + 1 for length in shared)) if shared else _SHORTEST


def _common(one: str, other: str) -> int:
    return next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=True)) if left != right), len(one)
    )
