"""From approved changes to import files: one for each synchronization source, and what has to wait.

A file holds everybody of its synchronization source whom we know of, with what they have, so that one who
forgets to switch *Deactivate missing users* off deletes nobody. What cannot go into the same run as the
rest is left for the next file, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.core.change import Action, Change, lost
from reconciler.core.model import Account, Property
from reconciler.core.outcome import Outcome, Status
from reconciler.core.rules import Mode
from reconciler.myq.csv_import.dialect import Row
from reconciler.myq.csv_import.people import CsvTarget, People, Person, key
from reconciler.myq.csv_import.reach import joined, numbered
from reconciler.myq.csv_import.settings import ImportSettings

_NEXT = "run `apply` again on an export made after this import"


@dataclass(frozen=True, slots=True)
class Import:
    """One import: its rows in the order of user names, its settings, the changes that it carries out.

    `left_out` are the user names of those who stay and cannot stand in the file.
    """

    rows: tuple[Row, ...]
    settings: ImportSettings
    changes: tuple[Change, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """The imports by synchronization source, and why each change that is in none of them has to wait."""

    imports: Mapping[str, Import]
    waiting: Mapping[str, str]

    def outcomes(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Yield how each change ended."""
        for change in changes:
            why = self.waiting.get(change.id)
            yield Outcome(change, Status.BLOCKED, why) if why else Outcome(change, Status.HANDED_OVER)


def compose(target: CsvTarget, changes: Sequence[Change]) -> Composed:
    """Return the imports that carry the changes out, as many of them as one run of each can."""
    waiting = _waiting(changes)
    imports: dict[str, Import] = {}
    people = People(target.actual)
    by_source: dict[str, list[Change]] = {}
    for change in changes:
        if not change.is_group:
            by_source.setdefault(target.source_of(change), []).append(change)
    for source, theirs in sorted(by_source.items()):
        made = _Composing(target, source, people, waiting).run(theirs)
        if made is not None:
            imports[source] = made
    created = joined(change for change in changes if change.id not in waiting)
    for change in changes:
        if change.is_group and change.name not in created:
            waiting[change.id] = f"nobody who is imported now joins it; {_NEXT}"
    return Composed(imports, waiting)


def _waiting(changes: Sequence[Change]) -> dict[str, str]:
    """Return what needs a change of another account: nothing is known of the order within a run."""
    accounts = {change.id: key(change) for change in changes if not change.is_group}
    found: set[str] = set()
    while True:
        more = {
            change.id
            for change in changes
            if change.id not in found
            for need in change.needs
            if need in found or accounts.get(need, key(change)) != key(change)
        }
        if not more:
            return dict.fromkeys(found, f"what it needs has to be imported first; {_NEXT}")
        found |= more


class _Composing:
    """One pass over the changes of one synchronization source; what has to wait is noted on the way."""

    def __init__(self, target: CsvTarget, source: str, people: People, waiting: dict[str, str]) -> None:
        self._target = target
        self._source = source
        self._people = people
        self._waiting = waiting
        self._renaming = False
        self._server = ""

    def run(self, changes: Sequence[Change]) -> Import | None:
        """Return the import, None where there is nothing to do in it."""
        persons = self._persons(changes)
        self._hold(persons, self._sayable, "its row needs a change that waits, or that is not approved")
        persons = self._persons(changes)
        self._renaming = any(person.does(Action.REKEY) for person in persons)
        if self._renaming:
            self._hold(persons, _found_by_number, f"this import finds accounts by personal numbers; {_NEXT}")
            persons = self._persons(changes)
        self._server = _server(persons)
        if self._server:
            told = f"this import gives all its users one authentication server; {_NEXT}"
            self._hold(persons, self._served, told)
            persons = self._persons(changes)
        rows, left_out = self._kept(persons)
        unknown = bool(left_out) or not self._target.actual.knows_source
        if unknown and any(person.does(Action.DEACTIVATE) for person in persons):
            count = len(left_out) or "some"
            told = f"{count} of those who stay cannot be in this import, which would delete them"
            self._hold(persons, _stays, f"{told}; {_NEXT}")
            persons = self._persons(changes)
            rows, left_out = self._kept(persons)
        if not persons:
            return None
        rows += [person.row(self._target) for person in persons if _stays(person)]
        return Import(
            rows=tuple(sorted(rows, key=lambda row: row.user.user_name)),
            settings=self._settings(persons),
            changes=tuple(change for change in changes if change.id not in self._waiting),
            left_out=tuple(sorted(left_out)),
        )

    def _persons(self, changes: Iterable[Change]) -> list[Person]:
        return self._people.of(change for change in changes if change.id not in self._waiting)

    def _hold(self, persons: Iterable[Person], rides: Callable[[Person], bool], why: str) -> None:
        for person in persons:
            if not rides(person):
                self._waiting |= {change.id: why for change in person.changes}

    def _sayable(self, person: Person) -> bool:
        return person.does(Action.DEACTIVATE) or not self._target.dialect.fault(person.row(self._target))

    def _served(self, person: Person) -> bool:
        return person.does(Action.DEACTIVATE) or person.after.authentication_server == self._server

    def _kept(self, persons: Iterable[Person]) -> tuple[list[Row], list[str]]:
        """Return a row for each account of the source that nothing happens to, and who cannot have one."""
        rows: list[Row] = []
        left_out: list[str] = []
        if not self._target.actual.knows_source:
            return rows, left_out
        changed = {id(person.before) for person in persons}
        for account in self._target.actual.accounts:
            if account.active and account.user.source == self._source and id(account) not in changed:
                if self._rides_along(account):
                    rows.append(Row(account.user))
                else:
                    left_out.append(account.user.user_name)
        return rows, left_out

    def _rides_along(self, account: Account) -> bool:
        same = Person(account, ())
        return (
            (not self._renaming or numbered(same))
            and (not self._server or self._served(same))
            and self._target.dialect.repeats_accounts
            and not self._target.dialect.fault(Row(account.user))
        )

    def _settings(self, persons: Sequence[Person]) -> ImportSettings:
        dialect = self._target.dialect
        pins = any(person.before is None and person.row(self._target).pins for person in persons)
        return ImportSettings(
            header=dialect.header,
            encoding=dialect.encoding,
            delimiter=dialect.delimiter,
            synchronization_source=self._source,
            authentication_server=self._server,
            deactivate_missing_users=any(person.does(Action.DEACTIVATE) for person in persons),
            add_new_users=any(
                person.does(Action.CREATE) or person.does(Action.REACTIVATE) for person in persons
            ),
            pair_by_the_personal_number=self._renaming,
            cards=mode_for(persons, Property.CARDS),
            pin=Mode.REPLACE_IF_PRESENT if pins else Mode.IGNORE,
            groups=self._group_mode(persons),
        )

    def _group_mode(self, persons: Sequence[Person]) -> Mode:
        mode = mode_for(persons, Property.GROUPS)
        if not self._target.dialect.first_is_default:
            return mode
        moving = any(person.sets(Property.DEFAULT_GROUP) for person in persons)
        return Mode.REPLACE_IF_PRESENT if moving or mode is not Mode.IGNORE else mode


def mode_for(persons: Iterable[Person], prop: Property) -> Mode:
    """Return the mode that does the least of those that carry the changes of a property out."""
    fields = [
        field
        for person in persons
        if _stays(person)
        for change in person.changes
        if (field := change.field(prop.value))
    ]
    if not fields:
        return Mode.IGNORE
    losing = [field for field in fields if lost(field)]
    if not losing:
        return Mode.ADD
    return Mode.REPLACE_IF_PRESENT if all(field.after for field in losing) else Mode.REPLACE


def _found_by_number(person: Person) -> bool:
    """Return whether an import that pairs by numbers does to the account what it shall."""
    return person.does(Action.DEACTIVATE) or (numbered(person) and not person.does(Action.REACTIVATE))


def _stays(person: Person) -> bool:
    return not person.does(Action.DEACTIVATE)


def _server(persons: Iterable[Person]) -> str:
    """Return the authentication server that the changes ask for; one at most, as reach makes sure."""
    asked = {
        str(field.after)
        for person in persons
        for change in person.changes
        if (field := change.field(Property.AUTHENTICATION_SERVER.value))
    }
    return min(asked, default="")
