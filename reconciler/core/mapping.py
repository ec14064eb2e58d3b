"""Records to users: every rule runs over a whole column at a time.

A rule without filters on a column of single values is that column itself, so the common mapping costs
next to nothing at 100,000 records; only what must look at each record does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from typing import cast

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
)
from reconciler.core.normal import clean_column, first_with_control, fold
from reconciler.core.rules import GroupWay, Mode, Rule, SourceRules, Values
from reconciler.errors import SourceDataError


@dataclass(slots=True)
class MappedSource:
    """All users of one source, mapped while they were read; it exists only when the read ended well.

    `users` and `origins` go in step. `pins` are kept apart, by user name, and shown nowhere.
    """

    rules: SourceRules
    users: list[User]
    origins: list[str]
    reading: Reading
    pins: dict[str, Values] = field(default_factory=dict, repr=False)


def map_source(rules: SourceRules, read: Read) -> MappedSource:
    """Map a source to its end; whatever the reader raises goes through."""
    mapped = MappedSource(rules, [], [], Reading(0))
    while True:
        try:
            batch = next(read)
        except StopIteration as end:
            mapped.reading = end.value
            _believe(mapped)
            return mapped
        users, pins = map_batch(rules, batch)
        mapped.users += users
        mapped.origins += batch.origins
        mapped.pins.update(pins)


def map_batch(rules: SourceRules, batch: Batch) -> tuple[list[User], dict[str, Values]]:
    """Return the users of one batch, and their PINs by user name.

    Raises SourceDataError, naming the record, for one that cannot be mapped: it is never left out,
    since a person left out would count as missing.
    """
    columns = dict(zip(rules.attributes, batch.columns, strict=True))
    made: dict[Property, Sequence[Cell]] = {
        rule.property: _column(rule, columns, batch.origins) for rule in rules.rules
    }
    names = _user_names(rules, made[Property.USER_NAME], batch.origins)
    made[Property.USER_NAME] = names
    pins = made.pop(Property.PINS, ())
    if Property.ALIASES in made:
        made[Property.ALIASES] = _other_names(made[Property.ALIASES], names)
    _check_full_names(rules, made.get(Property.FULL_NAME), batch.origins)
    _add_groups(rules, made, columns, batch.origins)
    constant: dict[Property, Cell] = {
        Property.SYNCHRONIZATION_SOURCE: rules.synchronization_source,
        Property.AUTHENTICATION_SERVER: rules.options.authentication_server,
    }
    fields: list[Iterable[Cell]] = [
        made[prop] if prop in made else repeat(constant.get(prop, () if prop in MANY else ""), len(names))
        for prop in INDEX
    ]
    # What User._make calls, without its Python frame: a third of the time at 100,000 users.
    users: list[User] = list(map(tuple.__new__, repeat(User), zip(*fields, strict=True)))
    return users, {name: values_of(held) for name, held in zip(names, pins, strict=False) if held}


def _column(rule: Rule, columns: Mapping[str, Sequence[Cell]], origins: Sequence[str]) -> Sequence[Cell]:
    said = _said(rule, columns, origins)
    if rule.property in MANY:
        if rule.property is Property.PINS:
            return [
                _filtered(rule, values_of(cell), origin) for cell, origin in zip(said, origins, strict=True)
            ]
        return _many(rule, said, origins)
    return _single(rule, said, origins)


def _said(rule: Rule, columns: Mapping[str, Sequence[Cell]], origins: Sequence[str]) -> Sequence[Cell]:
    """Return what the records say, before filters: one attribute, several side by side, or text."""
    template = rule.template
    asked = [columns[name] for name in template.attributes]
    if not template.levels:
        if len(asked) == 1:
            return asked[0]
        return [_joined(cells) for cells in zip(*asked, strict=True)]
    parts = template.levels[0]
    return [
        _text(parts, dict(zip(template.attributes, cells, strict=True)), rule, origin)
        for origin, *cells in zip(origins, *asked, strict=True)
    ]


def _joined(cells: tuple[Cell, ...]) -> Cell:
    values = tuple(value for cell in cells for value in values_of(cell))
    return values if len(values) > 1 else "".join(values)


def _text(parts: tuple[tuple[str, str], ...], cells: Mapping[str, Cell], rule: Rule, origin: str) -> str:
    if not any(cells.values()):
        return ""
    return "".join(text or _one(cells[name], name, rule, origin) for text, name in parts)


def _one(cell: Cell, what: str, rule: Rule, origin: str) -> str:
    if isinstance(cell, str):
        return cell
    raise _unmapped(
        f"{what} has {len(cell)} values, and {rule.property} holds one",
        "add the filter `first`, or map an attribute with one value",
        rule,
        origin,
    )


def _single(rule: Rule, said: Sequence[Cell], origins: Sequence[str]) -> Sequence[str]:
    if rule.filters:
        said = [
            _joined((_filtered(rule, values_of(cell), at),)) for cell, at in zip(said, origins, strict=True)
        ]
    if set(map(type, said)) - {str}:
        for cell, origin in zip(said, origins, strict=True):
            _one(cell, rule.template.text, rule, origin)
    values = clean_column(cast("Sequence[str]", said))
    _check_controls(rule, values, origins.__getitem__)
    return values


def _many(rule: Rule, said: Sequence[Cell], origins: Sequence[str]) -> list[Cell]:
    """Return sorted, distinct values; cleaned all in one go, since most people have none or one."""
    held = [values_of(cell) for cell in said]
    if rule.filters:
        held = [_filtered(rule, values, origin) for values, origin in zip(held, origins, strict=True)]
    flat = [value for values in held for value in values]
    cleaned = clean_column(flat)
    _check_controls(rule, cleaned, lambda at: _owner(at, held, origins))
    following = iter(cleaned)
    return [_distinct(tuple(islice(following, len(values)))) if values else () for values in held]


def _owner(at: int, held: Sequence[Values], origins: Sequence[str]) -> str:
    """Return whose value stands at a position of all values side by side."""
    whose = chain.from_iterable(
        repeat(origin, len(values)) for values, origin in zip(held, origins, strict=True)
    )
    return next(islice(whose, at, None))


def _distinct(values: Values) -> Values:
    if len(values) == 1:
        return values if values[0] else ()
    return tuple(sorted({value for value in values if value}))


def _filtered(rule: Rule, values: Values, origin: str) -> Values:
    try:
        for step in rule.filters:
            values = step(values)
    except ValueError as error:
        raise _unmapped(str(error), "mend the record, or the filter", rule, origin) from None
    return values


def _user_names(rules: SourceRules, column: Sequence[Cell], origins: Sequence[str]) -> list[str]:
    names = cast("list[str]", list(column))
    if rules.options.convert_user_name_to_lowercase:
        names = [name.lower() for name in names]
    domain = rules.options.append_domain_name
    if domain:
        names = [name if not name or name.endswith(f"@{domain}") else f"{name}@{domain}" for name in names]
    rule = _rule(rules, Property.USER_NAME)
    for name, origin in zip(names, origins, strict=True):
        if not name:
            raise _unmapped(
                f"the user name is empty ({rule.template.text})",
                "every record needs one: mend it, or leave it out by a filter of the source",
                rule,
                origin,
            )
        if name[0] == SYSTEM_USER_MARK:
            raise _unmapped(
                f"the user name {name!r} begins with '*', as MyQ's own accounts do",
                "rename it in the source, or leave it out by a filter of the source",
                rule,
                origin,
            )
    return names


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
        raise _unmapped(
            f"the full name is empty ({rule.template.text})",
            "MyQ demands one: mend the source, or add a `default` filter",
            rule,
            origins[list(column).index("")],
        )


def _add_groups(
    rules: SourceRules,
    made: dict[Property, Sequence[Cell]],
    columns: Mapping[str, Sequence[Cell]],
    origins: Sequence[str],
) -> None:
    """Add the columns of groups and of default groups, where there are ways to import them."""
    if not rules.ways:
        return
    found = [_paths(rules, way, columns, origins) for way in rules.ways]
    made[Property.GROUPS] = _united(found)
    defaults = [paths for way, paths in zip(rules.ways, found, strict=True) if way.make_default]
    if defaults:
        made[Property.DEFAULT_GROUP] = [
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


def _believe(mapped: MappedSource) -> None:
    """Refuse a read that holds less than the manifest says it must (design.md section 7.1)."""
    expect = mapped.rules.expect
    count = len(mapped.users)
    if count < expect.minimum_records:
        raise SourceDataError(
            f"{count} records were read, and at least {expect.minimum_records} are expected",
            hint="look at the source first; expect.minimumRecords is the number to change if it is right",
            where=mapped.rules.name,
        )
    absent = set(expect.sentinels).difference(user.user_name for user in mapped.users)
    if absent:
        raise SourceDataError(
            f"{', '.join(sorted(absent))} must be among the records and is not",
            hint="the source may show only a part of itself; expect.sentinels names who must be there",
            where=mapped.rules.name,
        )


def _check_controls(rule: Rule, values: Sequence[str], origin_of: Callable[[int], str]) -> None:
    at = first_with_control(values, notes=rule.property is Property.NOTES)
    if at is not None:
        raise _unmapped(
            f"{rule.property} holds control characters: {values[at][:60]!a}",
            "mend the record, or take them out with the filter `replace`",
            rule,
            origin_of(at),
        )


def _rule(rules: SourceRules, prop: Property) -> Rule:
    return next(rule for rule in rules.rules if rule.property is prop)


def _unmapped(message: str, hint: str, rule: Rule, origin: str) -> SourceDataError:
    return SourceDataError(f"{message} ({rule.place})", hint=hint, where=origin)
