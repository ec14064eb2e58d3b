"""New names that look like names that are there already, and are others.

``greta``, ``Greta``, and ``greta`` with a zero-width space, a full-width or a Cyrillic letter are five people
to MyQ and one to whoever reads a list. Names that were there before are not reported, only what
a plan adds to them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from reconciler.core.change import Action, Change, gained
from reconciler.core.model import ActualState, Property
from reconciler.core.normal import DRAWN_AS_NOTHING, fold

_ALIKE = str.maketrans(
    "аеорсхуіјѕԁһԛԝкмтвнοαρνικυετβζημχօսհıɑɡ",
    "aeopcxyijsdhqwkmtbhoapvikuetbzhmxouhiag",
)
_NAMES = frozenset({Property.USER_NAME.value, Property.ALIASES.value})
_FEW = 3
_CASES = "letters in another case"
_UNSEEN = "characters that are not seen, or of another width"
_LETTERS = "letters of another alphabet"


class Likeness(NamedTuple):
    """A name that a change brings, a name that looks like it, and what tells the two apart."""

    name: str
    like: str
    why: str
    change: str


class _Held(NamedTuple):
    """A name that is there already, and whose it is."""

    name: str
    owner: tuple[str, str]


class _New(NamedTuple):
    """A name that a change brings, and whose it is: MyQ's account where there is one."""

    name: str
    change: Change
    owner: tuple[str, str]


def lookalikes(changes: Sequence[Change], actual: ActualState) -> list[Likeness]:
    """Return the new user names, aliases and groups that look like others, each with one of those."""
    people = _by_look(new for change in changes if not change.is_group for new in _names(change))
    groups = _by_look(new for change in changes if change.is_group for new in _paths(change))
    named = (
        _Held(name, (account.user.user_name, account.id))
        for account in (actual.accounts if _any_looks(people, actual) else ())
        for name in (account.user.user_name, *account.user.aliases)
        if look(name) in people
    )
    paths = (_Held(path, (path, "")) for path in actual.groups if look(path) in groups)
    return sorted({*_likenesses(people, named), *_likenesses(groups, paths)})


def _any_looks(looks: Mapping[str, object], actual: ActualState) -> bool:
    """Return whether some account's name looks like one of these; mostly none does."""
    users = [account.user for account in actual.accounts if looks]
    names = [user.user_name for user in users]
    names += chain.from_iterable([user.aliases for user in users])
    plain = "".join(names).isascii()
    return not looks.keys().isdisjoint(map(fold if plain else look, names))


def _likenesses(looks: Mapping[str, Sequence[_New]], held: Iterable[_Held]) -> Iterator[Likeness]:
    """Yield what looks like something held, or like another new one; of each look a few stand for all."""
    few: dict[str, list[_Held]] = {}
    for one in held:
        key = look(one.name)
        few[key] = sorted([*few.get(key, ()), one])[:_FEW]
    for key, alike in looks.items():
        if len(alike) == 1 and key not in few:
            continue
        firsts = sorted(_Held(new.name, new.owner) for new in alike)[:_FEW]
        others = [*few.get(key, ()), *firsts]
        for new in alike:
            other = next((one for one in others if new.name != one.name and new.owner != one.owner), None)
            if other is not None and (other in others[: -len(firsts)] or other < (new.name, new.owner)):
                yield Likeness(new.name, other.name, _why(new.name, other.name), new.change.id)


def look(name: str) -> str:
    """Return what a name looks like; linear, and no more than a fold for plain ones."""
    return fold(name) if name.isascii() else _seen(name).translate(_ALIKE)


def _seen(name: str) -> str:
    """Return a name without what is drawn as nothing, in letters of one case and width."""
    return fold(DRAWN_AS_NOTHING.sub("", unicodedata.normalize("NFKC", name)))


def _why(one: str, other: str) -> str:
    """Return what tells two names apart that look alike."""
    if fold(one) == fold(other):
        return _CASES
    return _UNSEEN if _seen(one) == _seen(other) else _LETTERS


def _names(change: Change) -> Iterator[_New]:
    owner = (change.name, change.account_id)
    if change.action is Action.CREATE:
        yield _New(change.name, change, owner)
    for field in change.fields:
        if field.field in _NAMES:
            yield from (_New(value, change, owner) for value in gained(field))


def _paths(change: Change) -> Iterator[_New]:
    if change.action is Action.GROUP_CREATE:
        yield _New(change.name, change, (change.name, ""))
    else:
        yield from (_New(str(field.after), change, (change.name, "")) for field in change.fields[:1])


def _by_look(names: Iterator[_New]) -> dict[str, list[_New]]:
    looks: dict[str, list[_New]] = {}
    for new in names:
        looks.setdefault(look(new.name), []).append(new)
    return looks
