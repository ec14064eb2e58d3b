"""Replaying recorded days with the manifests of today, to see what the guards would have said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from reconciler.core.backtest import Day
from reconciler.core.carried import carried_out
from reconciler.core.change import Action, Change, effect
from reconciler.core.history import History, Seen, Spent, after
from reconciler.core.model import ActualState
from reconciler.core.plan import summary
from reconciler.core.times import stamp
from reconciler.errors import SnapshotError, SourceError, UsageError
from reconciler.manifest.target import Target
from reconciler.pipeline.memory import Memory
from reconciler.pipeline.plan import Run, planned
from reconciler.pipeline.reads import Recorded
from reconciler.snapshot import Snapshot, open_snapshot
from reconciler.snapshot.models import INDEX


@dataclass(frozen=True, slots=True)
class _Carried(Recorded):
    """Gives the recorded sources, and the server as earlier plans would have left it."""

    actual: ActualState | None = None

    def state(self, target: Target) -> ActualState:
        """Return what the server would hold; what it held, on the first day."""
        return Recorded.state(self, target) if self.actual is None else self.actual


@dataclass(slots=True)
class _Remembered:
    """A ledger that lasts as long as the replay."""

    history: History

    def remember(self, target: str, now: datetime, seen: Seen) -> None:
        """Add what a day has seen."""
        self.history = after(replace(self.history, target=target, now=stamp(now)), seen)


@dataclass(slots=True)
class _Past:
    """What one day leaves to the next."""

    ledger: _Remembered
    actual: ActualState | None = None
    spent: list[Spent] = field(default_factory=list)


def replay(run: Run, folder: Path, *, applied: bool = False) -> Iterator[Day]:
    """Yield each day of a folder of snapshots, in the order in which they were taken.

    Each plan is held against what MyQ held on that day; with `applied`, against what it would hold had every
    plan before been carried out, whatever a guard said. Absences, grace and reads of the days before count
    as a ledger would have counted them. Raises UsageError where there is no snapshot, and SnapshotError for
    one that is damaged or of something else.
    """
    project = run.project()
    identity = project.target.identity
    past = _Past(_Remembered(History(identity, "")))
    for name, snapshot in _snapshots(folder, run.target):
        now = datetime.fromisoformat(snapshot.index.taken)
        history = replace(past.ledger.history, now=stamp(now), spent=tuple(past.spent))
        memory = Memory(identity, now, history, past.ledger)
        reads = _Carried(snapshot, past.actual)
        try:
            made = planned(replace(run, now=now), project, memory, reads)
        except SnapshotError:
            raise
        except SourceError as error:
            yield Day(name, snapshot.index.taken, {}, doubt=str(error).splitlines()[0])
            continue
        if applied:
            past.actual = carried_out(made.actual, made.plan.changes)
            past.spent += _spent(identity, stamp(now), made.plan.changes)
        yield Day(name, snapshot.index.taken, summary(made.plan.changes), made.plan.verdicts)


def _snapshots(folder: Path, target: str) -> list[tuple[str, Snapshot]]:
    """Return the snapshots of a folder, the oldest first; those of several targets lie side by side."""
    try:
        days = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be read: {error.strerror}", hint="name a folder of snapshots", where="--history"
        ) from None
    places = [day / target if (day / target / INDEX).is_file() else day for day in days]
    found = [(day.name, open_snapshot(place)) for day, place in zip(days, places, strict=True)]
    if not found:
        raise UsageError(
            f"there is no snapshot in {folder}",
            hint="record one a day, such as `reconciler snapshot history/2026-01-31`",
            where="--history",
        )
    return sorted(found, key=lambda one: (one[1].index.taken, one[0]))


def _spent(target: str, now: str, changes: tuple[Change, ...]) -> Iterator[Spent]:
    for change in changes:
        if change.action is Action.DEACTIVATE:
            yield Spent("removals", change.source, now, effect(target, change))
