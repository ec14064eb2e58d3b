"""A ledger in a database: what is asked of it, in SQL."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta

from reconciler.core.change import Action
from reconciler.core.history import Absence, Entry, History, LastRead, Lower, Seen, Spent, Written, after
from reconciler.core.marks import LENGTH
from reconciler.core.outcome import Status
from reconciler.core.sight import LastLook, sights_of
from reconciler.core.times import stamp
from reconciler.errors import LedgerError
from reconciler.ledger.database import Database
from reconciler.ledger.journal import StoredJournal
from reconciler.ledger.port import Held, Journal, OpenRun
from reconciler.ledger.upgrade import bring_up

_SPENT = (
    "SELECT entry.source, MAX(run.started), entry.effect FROM ledger_run AS run"
    " JOIN ledger_entry AS entry ON entry.run = run.run"
    " WHERE run.target = ? AND run.started >= ? AND entry.action = ?"
    " AND (entry.outcome IS NULL OR entry.outcome IN (?, ?))"
    " GROUP BY entry.source, entry.effect ORDER BY 1, 2, 3"
)
"""What nobody knows the end of counts as done, and so does what was handed over to be imported."""

_WRITTEN = (
    "SELECT entry.marks, run.started FROM ledger_run AS run"
    " JOIN ledger_entry AS entry ON entry.run = run.run"
    " WHERE run.target = ? AND run.started >= ? AND entry.outcome = ? AND entry.marks <> ''"
    " ORDER BY run.started"
)

_LATELY = timedelta(days=30)
"""What was written before that, and is needed again, is news."""

_REMEMBERED = timedelta(days=366)
"""No window reaches further back."""


class Store:
    """A ledger that is kept in a database; `locking` gives the run lock that fits it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        try:
            bring_up(database)
        except LedgerError:
            database.close()
            raise

    def recall(self, target: str, now: datetime) -> History | None:
        """Return what is remembered of a target."""
        return History(
            target=target,
            now=stamp(now),
            salt=self._salt(),
            last_reads=self._last_reads(target),
            absences=self._absences(target),
            fingerprints=dict(
                self.database.rows("SELECT account, fingerprint FROM ledger_pins WHERE target = ?", target)
            ),
            spent=self._spent(target, stamp(now - _REMEMBERED)),
            written=self._written(target, stamp(now - _LATELY)),
        )

    def remember(self, target: str, now: datetime, seen: Seen) -> None:
        """Add what a run has seen to what is remembered by now, which may be more than the run knew."""
        with self.database.transaction(target):
            absences = self._absences(target)
            known = History(target, stamp(now), last_reads=self._last_reads(target), absences=absences)
            kept = after(known, seen)
            self._write_reads(target, kept, seen)
            self._write_pins(target, seen.fingerprints)
            gone = [(target, *where) for where in absences if where not in kept.absences]
            self.database.run_each(
                "DELETE FROM ledger_absence WHERE target = ? AND source = ? AND account = ?", gone
            )
            self.database.run_each(
                "INSERT INTO ledger_absence (target, source, account, since, reads) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (target, source, account)"
                " DO UPDATE SET since = excluded.since, reads = excluded.reads",
                [
                    (target, *where, absence.since, absence.reads)
                    for where, absence in kept.absences.items()
                    if absences.get(where) != absence
                ],
            )

    def remember_pins(self, target: str, fingerprints: Mapping[str, str]) -> None:
        """Remember which PINs accounts have been given."""
        with self.database.transaction(target):
            self._write_pins(target, fingerprints)

    def last_look(self, target: str) -> LastLook | None:
        """Return what the last look at a target saw."""
        found = self.database.rows(
            "SELECT manifests, revision, at, sights FROM ledger_look WHERE target = ?", target
        )
        for manifests, commit, at, sights in found:
            return LastLook(manifests, commit, at, sights_of(b64decode(sights)))
        return None

    def keep_look(self, target: str, look: LastLook) -> None:
        """Keep what a look saw."""
        self.database.run(
            "INSERT INTO ledger_look (target, manifests, revision, at, sights) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (target) DO UPDATE SET manifests = excluded.manifests,"
            " revision = excluded.revision, at = excluded.at, sights = excluded.sights",
            *(target, look.manifests, look.commit, look.at, b64encode(look.packed()).decode("ascii")),
        )

    def lock(self, target: str, name: str) -> AbstractContextManager[Held]:
        """Hold the run lock of a target."""
        return self.database.lock(target, name)

    @contextmanager
    def journal(self, target: str, now: datetime) -> Iterator[Journal]:
        """Open the journal of an apply."""
        run = f"{stamp(now)}-{secrets.token_hex(4)}"
        self.database.run(
            "INSERT INTO ledger_run (run, target, started) VALUES (?, ?, ?)", run, target, stamp(now)
        )
        journal = StoredJournal(self.database, run)
        try:
            yield journal
        finally:
            # What cannot be noted any more stays open, and the next run looks at it.
            with suppress(LedgerError):
                journal.close(stamp(datetime.now(UTC)))

    def open_runs(self, target: str) -> tuple[OpenRun, ...]:
        """Return the applies that were cut off, the oldest first."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for run, started, *entry in self.database.rows(
            "SELECT run.run, run.started, entry.effect, entry.action, entry.source FROM ledger_run AS run"
            " LEFT JOIN ledger_entry AS entry ON entry.run = run.run AND entry.outcome IS NULL"
            " WHERE run.target = ? AND run.ended IS NULL ORDER BY run.started, run.run, entry.effect",
            target,
        ):
            known = found.setdefault((run, started), [])
            if entry[0] is not None:
                known.append(Entry(*entry))
        return tuple(OpenRun(*of, tuple(entries)) for of, entries in found.items())

    def settle(self, run: str, outcomes: Sequence[tuple[str, str]], now: datetime) -> None:
        """Note how the effects of an apply that was cut off have ended after all, and close it."""
        journal = StoredJournal(self.database, run)
        for effect, outcome in outcomes:
            journal.end(effect, outcome)
        journal.close(stamp(now))

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _salt(self) -> bytes:
        """Return what the ledger's pseudonyms are made with, its own from the first day on."""
        ((value,),) = self.database.rows("SELECT value FROM ledger_fact WHERE name = 'salt'")
        return bytes.fromhex(value)

    def _spent(self, target: str, since: str) -> tuple[Spent, ...]:
        done = (Status.APPLIED.value, Status.HANDED_OVER.value)
        found = self.database.rows(_SPENT, target, since, Action.DEACTIVATE.value, *done)
        return tuple(Spent("removals", *one) for one in found)

    def _written(self, target: str, since: str) -> dict[str, Written]:
        found: dict[str, Written] = {}
        for marks, started in self.database.rows(_WRITTEN, target, since, Status.APPLIED.value):
            for at in range(0, len(marks), LENGTH):
                mark = marks[at : at + LENGTH]
                known = found.get(mark)
                found[mark] = Written(known.times + 1 if known else 1, started)
        return found

    def _last_reads(self, target: str) -> dict[str, LastRead]:
        return {
            source: LastRead(records, at, None if lower[0] is None else Lower(*lower))
            for source, records, at, *lower in self.database.rows(
                "SELECT source, records, at, doubted_records, doubted_reads, doubted_since"
                " FROM ledger_read WHERE target = ?",
                target,
            )
        }

    def _absences(self, target: str) -> dict[tuple[str, str], Absence]:
        return {
            (source, account): Absence(since, reads)
            for source, account, since, reads in self.database.rows(
                "SELECT source, account, since, reads FROM ledger_absence WHERE target = ?", target
            )
        }

    def _write_pins(self, target: str, fingerprints: Mapping[str, str]) -> None:
        self.database.run_each(
            "INSERT INTO ledger_pins (target, account, fingerprint) VALUES (?, ?, ?)"
            " ON CONFLICT (target, account) DO UPDATE SET fingerprint = excluded.fingerprint",
            [(target, *one) for one in fingerprints.items()],
        )

    def _write_reads(self, target: str, kept: History, seen: Seen) -> None:
        self.database.run_each(
            "INSERT INTO ledger_read"
            " (target, source, records, at, doubted_records, doubted_reads, doubted_since)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (target, source) DO UPDATE SET"
            " records = excluded.records, at = excluded.at, doubted_records = excluded.doubted_records,"
            " doubted_reads = excluded.doubted_reads, doubted_since = excluded.doubted_since",
            [
                (target, source, read.records, read.at, *(read.lower or (None, None, None)))
                for source, read in kept.last_reads.items()
                if source in seen.reads
            ],
        )
