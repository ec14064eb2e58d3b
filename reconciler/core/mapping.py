"""Records to users, a batch of columns at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import cast

from reconciler.core.columns import rule_column, said_column, unmapped
from reconciler.core.evidence import believe, told_twice
from reconciler.core.groups import GroupError, Paths, PathsMemo, values_of
from reconciler.core.model import (
    INDEX,
    MANY,
    SYSTEM_USER_MARK,
    Batch,
    Cell,
    Property,
    Read,
    Reading,
    User,
    made,
)
from reconciler.core.normal import fold
from reconciler.core.rules import GroupWay, Mode, Rule, SourceRules, Values
from reconciler.errors import SourceDataError


@dataclass(slots=True)
class MappedSource:
    """All users of one source, mapped while they were read; it exists only when the read ended well.

    `users` and `origins` go in step. `pins` are kept apart, by user name, and shown nowhere. `spelled`
    has, of people who are watched, what the record says of each property before anything is made of it.
    """

    rules: SourceRules
    users: list[User]
    origins: list[str]
    reading: Reading
    pins: dict[str, Values] = field(default_factory=dict, repr=False)
    spelled: dict[str, dict[str, Cell]] = field(default_factory=dict, repr=False)


def map_source(rules: SourceRules, read: Read, watched: frozenset[str] = frozenset()) -> MappedSource:
    """Map a source to its end; whatever the reader raises goes through.

    Of the user names that are `watched` the records are kept as they are spelled.
    """
    mapped = MappedSource(rules, [], [], Reading(0))
    while True:
        try:
            batch = next(read)
        except StopIteration as ended:
            end(mapped, ended.value)
            return mapped
        grow(mapped, batch, watched)


def grow(mapped: MappedSource, batch: Batch, watched: frozenset[str] = frozenset()) -> None:
    """Map one more batch. Raises SourceDataError for a record that cannot be mapped."""
    users, pins = map_batch(mapped.rules, batch)
    if watched:
        mapped.spelled.update(_spelled(mapped.rules, batch, users, watched))
    mapped.users += users
    mapped.origins += batch.origins
    mapped.pins.update(pins)


def end(mapped: MappedSource, reading: Reading) -> None:
    """Close a source that was read to its end. Raises SourceDataError when it is not to be believed."""
    names = [user.user_name for user in mapped.users]
    believe(mapped.rules, names)
    mapped.reading = reading._replace(doubts=(*reading.doubts, *told_twice(names)))


def map_batch(rules: SourceRules, batch: Batch) -> tuple[list[User], dict[str, Values]]:
    """Return the users of one batch, and their PINs by user name.

    Raises SourceDataError, naming the record, for one that cannot be mapped: it is never left out,
    since a person left out would count as missing.
    """
    columns = dict(zip(rules.attributes, batch.columns, strict=True))
    mapped: dict[Property, Sequence[Cell]] = {
        rule.property: rule_column(rule, columns, batch.origins) for rule in rules.rules
    }
    names = _user_names(rules, mapped[Property.USER_NAME], batch.origins)
    mapped[Property.USER_NAME] = names
    pins = mapped.pop(Property.PINS, ())
    if Property.ALIASES in mapped:
        mapped[Property.ALIASES] = _other_names(mapped[Property.ALIASES], names)
    _check_full_names(rules, mapped.get(Property.FULL_NAME), batch.origins)
    _add_groups(rules, mapped, columns, batch.origins)
    constant: dict[Property, Cell] = {
        Property.SYNCHRONIZATION_SOURCE: rules.synchronization_source,
        Property.AUTHENTICATION_SERVER: rules.options.authentication_server,
    }
    fields: list[Iterable[Cell]] = [
        mapped[prop] if prop in mapped else repeat(constant.get(prop, () if prop in MANY else ""), len(names))
        for prop in INDEX
    ]
    users = list(made(User, zip(*fields, strict=True)))
    return users, {name: values_of(held) for name, held in zip(names, pins, strict=False) if held}


def _spelled(
    rules: SourceRules, batch: Batch, users: Sequence[User], watched: frozenset[str]
) -> Iterator[tuple[str, dict[str, Cell]]]:
    columns = dict(zip(rules.attributes, batch.columns, strict=True))
    shown = [rule for rule in rules.rules if rule.property is not Property.PINS]
    for at, user in enumerate(users):
        if user.user_name in watched:
            record = {name: column[at : at + 1] for name, column in columns.items()}
            said = {rule.property.value: said_column(rule, record, ("",))[0] for rule in shown}
            yield user.user_name, said


def _user_names(rules: SourceRules, column: Sequence[Cell], origins: Sequence[str]) -> list[str]:
    names = cast("list[str]", list(column))
    if rules.options.convert_user_name_to_lowercase:
        names = [name.lower() for name in names]
    domain = rules.options.append_domain_name
    if domain:
        names = [name if not name or name.endswith(f"@{domain}") else f"{name}@{domain}" for name in names]
    at = next((at for at, name in enumerate(names) if name[:1] in {"", SYSTEM_USER_MARK}), None)
    if at is not None:
        raise _no_user_name(_rule(rules, Property.USER_NAME), names[at], origins[at])
    return names


def _no_user_name(rule: Rule, name: str, origin: str) -> SourceDataError:
    if name:
        message = f"the user name {name!r} begins with '*', as MyQ's own accounts do"
        hint = "rename it in the source, or leave it out by a filter of the source"
    else:
        message = f"the user name is empty ({rule.template.text})"
        hint = "every record needs one: mend it, or leave it out by a filter of the source"
    return unmapped(message, hint, rule, origin)


def _other_names(aliases: Sequence[Cell], names: Sequence[str]) -> list[Cell]:
    """Leave out an alias that is the user's own name: MyQ holds aliases without regard to case."""
    return [
        tuple(alias for alias in held if fold(alias) != fold(name)) if held else ()
        for held, name in zip(aliases, names, strict=True)
    ]


def _check_full_names(rules: SourceRules, column: Sequence[Cell] | None, origins: Sequence[str]) -> None:
    """MyQ demands a full name (myq.md section 5), so nobody is created or left without one."""
    if column is None or all(column):
        return
    rule = _rule(rules, Property.FULL_NAME)
    if rules.options.add_new_users or rule.mode is Mode.REPLACE:
        raise unmapped(
            f"the full name is empty ({rule.template.text})",
            "MyQ demands one: mend the source, or add a `default` filter",
            rule,
            origins[list(column).index("")],
        )


def _add_groups(
    rules: SourceRules,
    mapped: dict[Property, Sequence[Cell]],
    columns: Mapping[str, Sequence[Cell]],
    origins: Sequence[str],
) -> None:
    """Add the columns of groups and of default groups, where there are ways to import them."""
    if not rules.ways:
        return
    found = [_paths(rules, way, columns, origins) for way in rules.ways]
    mapped[Property.GROUPS] = _united(found)
    defaults = [paths for way, paths in zip(rules.ways, found, strict=True) if way.make_default]
    if defaults:
        mapped[Property.DEFAULT_GROUP] = [
            next((paths[0] for paths in mine if paths), "") for mine in zip(*defaults, strict=True)
        ]


def _paths(
    rules: SourceRules, way: GroupWay, columns: Mapping[str, Sequence[Cell]], origins: Sequence[str]
) -> list[Paths]:
    said = list(zip(*(columns[name] for name in way.template.attributes), strict=True))
    memo = PathsMemo(rules, way)
    try:
        return list(map(memo.__getitem__, said))
    except GroupError as error:
        origin = next(origin for cells, origin in zip(said, origins, strict=True) if cells not in memo)
        raise SourceDataError(f"{error} ({way.place})", hint=error.hint, where=origin) from None


def _united(found: Sequence[Sequence[Paths]]) -> Sequence[Cell]:
    """Return the paths of all ways together, sorted; equal tuples are shared, for memory."""
    shared: dict[tuple[Paths, ...], Paths] = {}
    column: list[Cell] = []
    for mine in zip(*found, strict=True):
        paths = shared.get(mine)
        if paths is None:
            paths = shared[mine] = tuple(sorted({path for paths in mine for path in paths}))
        column.append(paths)
    return column


def _rule(rules: SourceRules, prop: Property) -> Rule:
    return next(rule for rule in rules.rules if rule.property is prop)
