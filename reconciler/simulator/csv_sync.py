"""A run of the CSV synchronization, as MyQ does it, traps included (myq.md sections 2.6, 4.1, 5 and 7).

Each row is a transaction of its own: what a run has done when it is cancelled stays done. There is no
threshold, and no question is asked before many users are deleted.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from reconciler.errors import UsageError
from reconciler.simulator import users
from reconciler.simulator.csv_rows import CsvRow, rows_of, wanted_from
from reconciler.simulator.csv_settings import CsvSettings
from reconciler.simulator.faults import IMPORT
from reconciler.simulator.groups import delete_emptied, ensure_group, find_group
from reconciler.simulator.identity import check_pin, new_pin, user_named, user_numbered
from reconciler.simulator.lists import add_held, held, memberships
from reconciler.simulator.refusal import Conflict, Invalid, Refusal
from reconciler.simulator.store import Store
from reconciler.simulator.switches import EmptiedGroups, Returning
from reconciler.simulator.work import MASK, Work


class Result(NamedTuple):
    """One line of the *Synchronization Results*; line 0 is about no row."""

    line: int
    level: str
    message: str


class Synchronization:
    """One run over one file; `steps` does it row by row, and `cancel` lets it end early."""

    def __init__(self, store: Store, content: bytes, settings: CsvSettings) -> None:
        under = settings.import_groups_under
        with store.work(IMPORT, 0) as work:
            if under and find_group(work, under) is None:
                raise UsageError(
                    f"there is no group {under!r}", hint="choose one that exists, or create it", where=IMPORT
                )
        self.results: list[Result] = []
        self.counts: Counter[str] = Counter()
        self.cancelled = False
        self._store = store
        self._content = content
        self._settings = settings
        self._request = store.next_request()
        self._seen: set[int] = set()

    def cancel(self) -> None:
        """End the run before its next row; what is done stays done."""
        self.cancelled = True

    def report(self) -> dict[str, Any]:
        """Return the results so far."""
        return {
            "cancelled": self.cancelled,
            "counts": dict(self.counts),
            "results": [result._asdict() for result in self.results],
        }

    def steps(self) -> Iterator[None]:
        """Do one row, or one missing user, between each two yields."""
        before = self._populated()
        try:
            for row in rows_of(self._content, self._settings, self._store.switches):
                yield
                if self.cancelled:
                    return
                self._take(row)
        except csv.Error as error:
            self._tell(0, "error", f"The file cannot be read: {error}")
            return
        yield from self._delete_missing()
        if not self.cancelled:
            self._clear_emptied(before)

    def _tell(self, line: int, level: str, message: str) -> None:
        self.counts[level] += 1
        self.results.append(Result(line, level, message))

    def _take(self, row: CsvRow) -> None:
        try:
            with self._store.work(IMPORT, self._request) as work:
                lenient = replace(work, hashed_pins=work.switches.csv_pins_may_be_hashed)
                outcome = self._apply(lenient, row)
        except Refusal as refusal:
            self._tell(row.line, "error", refusal.message)
        else:
            self.counts[outcome] += 1

    def _apply(self, work: Work, row: CsvRow) -> str:
        """Create or update the row's user; return what came of it."""
        found = self._paired(work, row)
        if found is None and not self._settings.add_new_users:
            return "left out"
        wanted = wanted_from(row, self._settings, work.switches, lambda kind: _now(work, found, kind))
        if "pins" in wanted:
            wanted["pins"] = self._good_pins(work, row.line, wanted["pins"], _now(work, found, "pins"))
        if found is not None and not work.switches.csv_pairing_by_number_renames:
            wanted["username"] = users.find(work, found).name
        for path in wanted.get("groups", ()):
            ensure_group(work, path)
        if found is None:
            outcome, user_id = (
                "created",
                users.create(work, wanted, self._returning(work, wanted["username"])),
            )
        else:
            outcome, user_id = "updated" if users.update(work, found, wanted) else "unchanged", found
        self._seen.add(user_id)
        if work.switches.generate_pins_in_synchronization:
            _give_pin(work, user_id)
        return outcome

    def _good_pins(self, work: Work, line: int, pins: list[str], present: list[str]) -> list[str]:
        """Return the PINs without those that the rules forbid: the rest of the row is taken all the same."""
        good = []
        for pin in pins:
            try:
                check_pin(work, pin)
            except Invalid as invalid:
                if pin not in present:
                    self._tell(line, "warning", invalid.message)
                    continue
            good.append(pin)
        return good

    def _paired(self, work: Work, row: CsvRow) -> int | None:
        """Return the user that the row is about; refuse one that another source owns (section 2.6).

        A user who is found is no missing user, even where the row is refused later on.
        """
        bare = wanted_from(row, self._settings, work.switches, lambda _: [])
        if not bare["username"]:
            raise Invalid("The user name is missing.")
        if self._settings.pair_by_the_personal_number:
            found = user_numbered(work, bare.get("code", ""))
        else:
            found = user_named(work, bare["username"], deleted=False)
        if found is None:
            return None
        user = users.find(work, found)
        if user.system or self._is_foreign(user):
            raise Conflict(f'The name/alias "{bare["username"]}" is already used by the user "{user.name}"')
        self._seen.add(found)
        return found

    def _is_foreign(self, user: users.Row) -> bool:
        own = self._settings.synchronization_source
        return not self._settings.ignore_synchronization_source and user.scalars["syncSource"] != own

    def _returning(self, work: Work, name: str) -> Returning:
        """Return what happens where a deleted user has the name: one of another source is no returner."""
        twin = user_named(work, name, deleted=True)
        if twin is None or not self._is_foreign(users.find(work, twin)):
            return work.switches.returning_user
        return Returning.REFUSE if work.switches.deleted_user_blocks_names else Returning.RECREATE

    def _delete_missing(self) -> Iterator[None]:
        """Delete the users of this source, or of all, whom the file does not have (section 4.1)."""
        if not self._settings.deactivate_missing_users:
            return
        for user_id, name in self._missing():
            yield
            if self.cancelled:
                return
            with self._store.work(IMPORT, self._request) as work:
                users.delete(work, user_id)
            self._tell(0, "deleted", f'The user "{name}" is missing and was deleted.')

    def _missing(self) -> list[tuple[int, str]]:
        ignoring = self._settings.ignore_synchronization_source
        rows = self._store.db.execute(
            "SELECT id, username FROM users WHERE NOT deleted AND NOT system"
            " AND (syncSource = ? OR (? AND (syncSource <> '' OR ?))) ORDER BY id",
            (
                self._settings.synchronization_source,
                ignoring,
                self._store.switches.manual_users_fall_under_ignore_source,
            ),
        )
        return [(user_id, name) for user_id, name in rows if user_id not in self._seen]

    def _populated(self) -> list[int]:
        """Return the groups that somebody is in, where emptied ones are to go."""
        if self._store.switches.emptied_groups is EmptiedGroups.KEEP:
            return []
        rows = self._store.db.execute(
            "SELECT id FROM groups WHERE id IN (SELECT grp FROM memberships) ORDER BY path DESC"
        )
        return [group_id for (group_id,) in rows]

    def _clear_emptied(self, before: list[int]) -> None:
        with self._store.work(IMPORT, self._request) as work:
            for path in delete_emptied(work, before):
                self._tell(0, "group deleted", f'Nobody is left in the group "{path}".')


def _now(work: Work, user_id: int | None, kind: str) -> list[str]:
    """Return what a user holds of a list; nobody, nothing."""
    if user_id is None:
        return []
    return list(memberships(work, user_id).values()) if kind == "groups" else held(work, user_id, kind)


def _give_pin(work: Work, user_id: int) -> None:
    """Generate a PIN for a user who has an e-mail and no PIN (myq.md section 5)."""
    if users.find(work, user_id).scalars["email"] and not held(work, user_id, "pins"):
        add_held(work, "pins", new_pin(work), (user_id, user_id))
        work.effect(user_id, {"pins": [None, MASK]})
