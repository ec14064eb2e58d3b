"""Who holds what others want, found a whole column at a time: mostly nobody does, and one look tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import cast

from reconciler.core.model import INDEX, MANY, Property, User


def holders(
    wanted: AbstractSet[str], users: Sequence[User], prop: Property, key: Callable[[str], str] = str
) -> Iterator[int]:
    """Yield the positions of the users of whose values in a property some `key` is wanted."""
    if not wanted:
        return
    column = [user[INDEX[prop]] for user in users]
    if prop in MANY:
        many = cast("list[tuple[str, ...]]", column)
        if not wanted.isdisjoint(map(key, chain.from_iterable(many))):
            yield from (at for at, held in enumerate(many) if not wanted.isdisjoint(map(key, held)))
        return
    keys = list(map(key, cast("list[str]", column)))
    if not wanted.isdisjoint(keys):
        yield from (at for at, one in enumerate(keys) if one in wanted)
