"""What an import cannot do, known at plan time (myq.md section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, gained
from reconciler.core.dialect import DOCUMENTED
from reconciler.core.groups import with_ancestors
from reconciler.core.model import INDEX, Property
from reconciler.core.reach import Capabilities, unreachable
from reconciler.myq.csv_import.dialect import SCALARS, Dialect, Row
from reconciler.myq.csv_import.people import CsvTarget, People, Person

_SERVER = Property.AUTHENTICATION_SERVER
_WITHOUT_COLUMN = "MyQ documents no column of its CSV for {}"
_HIDDEN = "what is read of this server does not show {}, and a column for it would clear what others have"


def lacking(target: CsvTarget, changes: Sequence[Change]) -> dict[str, str]:
    """Return the ids of the changes that no import of this server can carry out, each with why."""
    limits = capabilities(target.dialect, target.assumptions)
    found = {change.id: why for change in changes if (why := limits.lacking(change))}
    asking = _Asking(target, _servers(target, changes), _unsayable(target, changes))
    persons = People(target.actual).of(changes)
    gone: Mapping[str, str] = unreachable(changes, found)
    while more := asking.more(persons, gone):
        found |= more
        known, gone = gone.keys(), unreachable(changes, found)
        # A row says all that somebody is: without one of their changes, it may be one that nobody can say.
        fewer = gone.keys() - known
        persons = [one for one in persons if any(change.id in fewer for change in one.changes)]
    return found | _without_members(changes, gone)


def capabilities(dialect: Dialect, assumptions: Assumptions) -> Capabilities:
    """Return what import files lack whoever they are for."""
    actions = {Action.GROUP_MOVE: "an import moves no group; move it in MyQ, then plan again"}
    if not assumptions.csv_pairing_by_number_renames:
        actions[Action.REKEY] = (
            "whether an import changes user names is not known: see `csvPairingByNumberRenames`"
        )
    if assumptions.returning_user != "undelete":
        actions[Action.REACTIVATE] = (
            "whether an import undeletes is not known: undelete it in MyQ, or see `returningUser`"
        )
    unclearable = {
        _SERVER.value: "an import takes nobody's authentication server away",
        Property.FULL_NAME.value: "MyQ wants a full name",
        Property.DEFAULT_GROUP.value: "an import takes nobody's default group away",
    }
    if not assumptions.csv_empty_field_clears:
        told = "an empty cell may leave it as it is: see `csvEmptyFieldClears`"
        unclearable |= dict.fromkeys([prop.value for prop in (*SCALARS.values(), Property.ALIASES)], told)
    if dialect.first_is_default:
        unclearable[Property.GROUPS.value] = "an import takes nobody out of all groups and the default group"
    return Capabilities(actions, _unsettable(dialect), unclearable)


def _unsettable(dialect: Dialect) -> dict[str, str]:
    columns = {SCALARS[column] for column in dialect.columns if column in SCALARS}
    settable = {
        Property.USER_NAME,
        Property.ALIASES,
        Property.CARDS,
        Property.GROUPS,
        _SERVER,
        Property.SYNCHRONIZATION_SOURCE,
        *columns,
    }
    fields = {prop.value: _WITHOUT_COLUMN.format(prop.value) for prop in INDEX if prop not in settable}
    for prop in dialect.hidden & {SCALARS[column] for column in DOCUMENTED if column in SCALARS} - settable:
        fields[prop.value] = _HIDDEN.format(prop.value)
    if dialect.first_is_default:
        del fields[Property.DEFAULT_GROUP.value]
    else:
        fields[Property.DEFAULT_GROUP.value] = (
            "no column of MyQ's CSV is known to set the default group: see `defaultGroupFromFirstBranch`"
        )
    return fields


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks of one change whether an import can do it.

    `servers` are the authentication servers that the plan asks for, by synchronization source;
    `unsayable` has, by synchronization source, the living accounts that no row can repeat, each with why.
    """

    target: CsvTarget
    servers: Mapping[str, frozenset[str]]
    unsayable: Mapping[str, Mapping[str, str]]

    def more(self, persons: Iterable[Person], gone: Mapping[str, str]) -> dict[str, str]:
        """Return the changes that cannot be done besides those that are `gone`, each with why."""
        found: dict[str, str] = {}
        for person in persons:
            rest = person._replace(changes=tuple(one for one in person.changes if one.id not in gone))
            found |= {one.id: why for one in rest.changes if (why := self.why(rest, one))}
        return found

    def why(self, person: Person, change: Change) -> str:
        """Return why not; "" when it can."""
        source = self.target.source_of(change)
        if not source or source not in self.target.sources.values():
            return "it belongs to no synchronization source of this project, and an import is for one"
        if person.before is not None and not self.target.dialect.repeats_accounts:
            hidden = ", ".join(sorted(self.target.dialect.hidden))
            return f"what is read of this server does not show {hidden}, and an import would clear it"
        if change.action is Action.DEACTIVATE:
            return self._staying(source, change.name)
        if change.action is not Action.CREATE and change.field(Property.SYNCHRONIZATION_SOURCE.value):
            return "an import leaves alone who belongs to another synchronization source"
        return (
            self.target.dialect.fault(person.row(self.target))
            or self._server(source, change)
            or self._number(person, change)
            or self._default(person)
        )

    def _staying(self, source: str, name: str) -> str:
        """Return why a missing user cannot be deleted: whoever stays must stand in the file."""
        if not self.target.actual.knows_source:
            return "an import deletes who is not in its file, and nobody knows whose accounts these are"
        others = [why for other, why in self.unsayable.get(source, {}).items() if other != name]
        if not others:
            return ""
        return (
            f"an import deletes who is not in its file, and {len(others)} of those who stay cannot be in it: "
            f"{others[0]}"
        )

    def _server(self, source: str, change: Change) -> str:
        if not change.field(_SERVER.value) or len(self.servers.get(source, ())) <= 1:
            return ""
        return "an import sets one authentication server for all its users, and this plan asks for several"

    def _number(self, person: Person, change: Change) -> str:
        """Return why an account cannot be renamed: an import finds it again by its personal number."""
        if change.action is Action.REACTIVATE and change.field(Property.USER_NAME.value):
            return "an import finds a deleted user by its name, so it gives no other name"
        if change.action is not Action.REKEY or numbered(person):
            return ""
        return "an import changes user names by the personal number, which this account lacks, or changes"

    def _default(self, person: Person) -> str:
        after = person.after
        if not self.target.dialect.first_is_default or not person.sets(Property.GROUPS):
            return ""
        if after.default_group in after.groups or not after.groups:
            return ""
        return "the first of its groups would become the default group, and none is asked for"


def numbered(person: Person) -> bool:
    """Return whether an import that pairs by the personal number finds the account."""
    before = person.before.user.personal_number if person.before else ""
    return bool(before) and person.after.personal_number == before


def _servers(target: CsvTarget, changes: Sequence[Change]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for change in changes:
        field = None if change.is_group else change.field(_SERVER.value)
        if field and field.after:
            source = target.source_of(change)
            found[source] = found.get(source, frozenset()) | {str(field.after)}
    return found


def _unsayable(target: CsvTarget, changes: Iterable[Change]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    if not any(change.action is Action.DEACTIVATE for change in changes):
        return found
    for account in target.actual.accounts:
        if account.active and (why := target.dialect.fault(Row(account.user))):
            found.setdefault(account.user.source, {})[account.user.user_name] = why
    return found


def _without_members(changes: Sequence[Change], lacking: Mapping[str, str]) -> dict[str, str]:
    """Return the groups that no import creates, since nobody who is imported joins them."""
    made = joined(change for change in changes if change.id not in lacking)
    return {
        change.id: "an import creates the groups that its users are in, and nobody of this plan joins it"
        for change in changes
        if change.action is Action.GROUP_CREATE and change.id not in lacking and change.name not in made
    }


def joined(changes: Iterable[Change]) -> set[str]:
    """Return the groups that somebody joins by the changes, and those above them: an import makes them."""
    fields = (change.field(Property.GROUPS.value) for change in changes if not change.is_group)
    return with_ancestors({path for field in fields if field for path in gained(field)})
