"""What is remembered of one target from run to run, as values; how it is kept is `reconciler.ledger`'s.

Times are UTC in ISO 8601, as plans write them. A time that lies in the future counts as now: a clock
that goes back makes everybody wait longer, and nobody shorter.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from reconciler.core.model import Account, Doubt
from reconciler.core.rules import Drop, SourceRules
from reconciler.core.times import days_since, tenths


class Lower(NamedTuple):
    """A lower number of records that was met and not believed: which, how often in a row, since when."""

    records: int
    reads: int
    since: str


class LastRead(NamedTuple):
    """The last read of a source that was believed, and a lower number that was met since."""

    records: int
    at: str
    lower: Lower | None = None


class Absence(NamedTuple):
    """Since when an account is missing, and in how many complete reads."""

    since: str
    reads: int


class ComparedRead(NamedTuple):
    """A read held against the last good one: its number of records, None when this is the first.

    `dropped` says in words how far it has fallen, when that is too far.
    """

    before: int | None
    dropped: str = ""


class Spent(NamedTuple):
    """One change that was carried out, or may have been, for a source, and when; the guard adds them up."""

    guard: str
    source: str
    at: str
    effect: str


class Written(NamedTuple):
    """How often a value was written, as far as is remembered, and when last."""

    times: int
    last: str


@dataclass(frozen=True, slots=True)
class History:
    """What is remembered of one target, as it stands in a run that began at `now`.

    `absences` are by source and by what stands for the account there (`key_of`). `compared` has the reads
    of this run, once they are `weighed`. `written` has what was written lately, by `core.marks`.
    `fingerprints` tell which PINs accounts were given, to those who have the `pin_key`
    (`reconciler.core.pins`). What is `unreadable` says why, and then nothing else here means anything.
    """

    target: str
    now: str
    salt: bytes = field(default=b"", repr=False)
    last_reads: Mapping[str, LastRead] = field(default_factory=dict)
    absences: Mapping[tuple[str, str], Absence] = field(default_factory=dict)
    spent: tuple[Spent, ...] = ()
    written: Mapping[str, Written] = field(default_factory=dict)
    compared: Mapping[str, ComparedRead] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    pin_key: bytes = field(default=b"", repr=False)
    unreadable: str = ""

    def key_of(self, rules: SourceRules, account: Account) -> str:
        """Return what stands for an account that a source should know; no name can be read from it.

        It is another one when the source is defined otherwise: then its absences count anew.
        """
        whose = f"id:{account.id}" if account.id else f"name:{account.user.user_name}"
        return keyed(self.salt, "absence/1", self.target, rules.name, rules.definition, whose)

    def absence(self, source: str, key: str) -> Absence:
        """Return how long an account is missing that this run does not find either."""
        known = self.absences.get((source, key))
        return Absence(self.now, 1) if known is None else Absence(known.since, known.reads + 1)


class Seen(NamedTuple):
    """What a run has seen: each source's records, and the accounts that are missing in it, by `key_of`.

    A read that is `unproven` does not count against anybody. `fingerprints` are of PINs that were not known.
    """

    reads: Mapping[str, LastRead]
    absent: Collection[tuple[str, str]] = frozenset()
    unproven: Collection[str] = frozenset()
    fingerprints: Mapping[str, str] = MappingProxyType({})


class Entry(NamedTuple):
    """What the journal of an apply notes of one change: its effect, and whose it is in a budget.

    An effect is a hash, and so is each of the `marks` of what it writes: no name stands in a journal.
    """

    effect: str
    action: str
    source: str = ""
    marks: tuple[str, ...] = ()


def keyed(key: bytes, *said: str) -> str:
    """Return what stands for texts to those who have the key, and says nothing to others."""
    return hmac.new(key, json.dumps(said).encode("ascii"), hashlib.sha256).hexdigest()


def weighed(history: History, counted: Mapping[str, int], sources: Collection[SourceRules]) -> History:
    """Return the history with each source's read held against the last one that was believed."""
    reads, compared = dict(history.last_reads), {}
    for rules in sources:
        name, drop, records = rules.name, rules.expect.drop, counted[rules.name]
        last = history.last_reads.get(name)
        read = _next(last, records, drop, history.now)
        told = _told(last, read.lower, drop, history.now) if last and read.lower else ""
        reads[name] = LastRead(records, history.now) if Doubt.DROPPED in rules.expect.accept else read
        compared[name] = ComparedRead(last.records if last else None, told)
    return replace(history, last_reads=reads, compared=compared)


def dropped(drop: Drop, before: int, records: int) -> bool:
    """Return whether a number of records is so far below another that something is wrong."""
    gone = before - records
    return gone > drop.count and gone * 100 > drop.percent * before


def _next(last: LastRead | None, records: int, drop: Drop, now: str) -> LastRead:
    """Return the last read as it is after this one; a lower number that has stood is believed."""
    if last is None or not dropped(drop, last.records, records):
        return LastRead(records, now)
    known = last.lower
    stands = known is not None and not dropped(drop, known.records, records)
    lower = Lower(records, known.reads + 1, known.since) if known and stands else Lower(records, 1, now)
    if lower.reads >= drop.reads and days_since(lower.since, now) >= drop.days:
        return LastRead(records, now)
    return last._replace(lower=lower)


def _told(last: LastRead, lower: Lower, drop: Drop, now: str) -> str:
    share = (last.records - lower.records) * 100 / last.records
    days = f"{tenths(days_since(lower.since, now))} of {drop.days:g} days"
    return (
        f"the read holds {lower.records} records, and the last good one held {last.records} "
        f"({share:.0f} % fewer); so few have stood for {lower.reads} of {drop.reads} reads and {days}"
    )


def after(history: History, seen: Seen) -> History:
    """Return what is remembered once a run has seen this.

    Who is missing once more has one read more; who is back is forgotten, and so is an absence from
    a source as it was defined before. An unproven read adds to no absence.
    """
    absences = {where: absence for where, absence in history.absences.items() if where[0] not in seen.reads}
    for source, key in seen.absent:
        known = history.absences.get((source, key))
        if source not in seen.unproven:
            absences[source, key] = history.absence(source, key)
        elif known is not None:
            absences[source, key] = known
    return replace(history, last_reads={**history.last_reads, **seen.reads}, absences=absences)
