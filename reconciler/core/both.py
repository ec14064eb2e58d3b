"""One read mapped by two sets of rules while it is read: by the manifests, and by those of the base."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

from reconciler.core.mapping import MappedSource, end, grow
from reconciler.core.model import Batch, Reading
from reconciler.core.rules import SourceRules
from reconciler.errors import SourceError

BothRead: TypeAlias = Generator[tuple[Batch, Batch], None, Reading]
"""A read in progress that gives each batch twice: the columns of the one rules, and those of the other."""


def map_both(
    rules: SourceRules, base: SourceRules, read: BothRead, watched: frozenset[str] = frozenset()
) -> tuple[MappedSource, MappedSource | SourceError]:
    """Map a source to its end by both rules; whatever the reader raises goes through.

    What does not fit the base alone, be it one record, is no reason to end: it comes back as an error.
    Most users are the same by both, and are then held once.
    """
    mapped, other = (MappedSource(one, [], [], Reading(0)) for one in (rules, base))
    failed: SourceError | None = None
    while True:
        try:
            mine, theirs = next(read)
        except StopIteration as ended:
            end(mapped, ended.value)
            return mapped, failed or _ended(other, ended.value)
        grow(mapped, mine, watched)
        if failed is None:
            failed = _grown(other, theirs, mapped)


def _grown(other: MappedSource, batch: Batch, mapped: MappedSource) -> SourceError | None:
    start = len(other.users)
    try:
        grow(other, batch)
    except SourceError as error:
        return error
    other.users[start:] = [
        mine if mine == theirs else theirs
        for mine, theirs in zip(mapped.users[start:], other.users[start:], strict=True)
    ]
    return None


def _ended(other: MappedSource, reading: Reading) -> MappedSource | SourceError:
    try:
        end(other, reading)
    except SourceError as error:
        return error
    return other
