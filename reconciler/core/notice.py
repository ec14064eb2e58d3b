"""What the program found and decided not to act upon, told to the people who read the plan."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Why nothing happens to somebody, or what else a reviewer should know."""

    CONFLICT = "conflict"
    """Two claim the same identity; neither is touched."""
    OUTRANKED = "outranked"
    """A record gave way to the same person in a source of higher precedence."""
    FOREIGN = "foreign"
    """The account belongs to another synchronization source; it is not touched."""
    NOT_ADDED = "not-added"
    """A record without an account, and the source may not add users."""
    KEPT = "kept"
    """An account that its source no longer has, and the source may not deactivate."""
    WITHHELD = "withheld"
    """A removal that is due and does not happen, as it lacks proof or grace is not over."""
    LEDGER = "ledger"
    """What cannot be promised, since there is no ledger, or it cannot be used."""
    UNDONE = "undone"
    """Changes that were carried out before and are needed again: somebody else writes too."""
    LOOKALIKE = "lookalike"
    """A new name that looks like one that is there, and is another."""
    WAIVER = "waiver"
    """A waiver of the policy that is worth nothing, since it has expired or is for nothing that is there."""
    UNSEEN = "unseen"
    """A property that the target does not show, so that it cannot be compared."""

    NOT_REVERTED = "not-reverted"
    """Something an apply did, and that cannot be taken back, or has changed since; it is left as it is."""


OF_NOBODY = frozenset({Kind.UNDONE, Kind.LEDGER, Kind.WAIVER, Kind.UNSEEN})
"""The kinds whose notices do not bear the name of a user."""


class Notice(NamedTuple):
    """One such finding; `places` are the records and accounts it is about."""

    kind: Kind
    name: str
    message: str
    places: tuple[str, ...] = ()
