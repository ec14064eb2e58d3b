"""One rule on a whole column at a time.

A rule without filters on a column of single values is that column itself, so the common mapping costs
next to nothing at 100,000 records; only what must look at each record does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import cast

from reconciler.core.groups import values_of
from reconciler.core.model import MANY, Cell, Property
from reconciler.core.normal import clean_column, first_with_control
from reconciler.core.rules import Rule, Values
from reconciler.errors import SourceDataError


def rule_column(rule: Rule, columns: Mapping[str, Sequence[Cell]], origins: Sequence[str]) -> Sequence[Cell]:
    """Return what one rule makes of every record of a batch: texts, or tuples of values.

    Raises SourceDataError, naming the record, for one that the rule does not fit.
    """
    said = said_column(rule, columns, origins)
    if rule.property in MANY:
        if rule.property is Property.PINS:
            return [
                _filtered(rule, values_of(cell), origin) for cell, origin in zip(said, origins, strict=True)
            ]
        return _many(rule, said, origins)
    return _single(rule, said, origins)


def said_column(rule: Rule, columns: Mapping[str, Sequence[Cell]], origins: Sequence[str]) -> Sequence[Cell]:
    """Return what the records say for a rule before its filters: one attribute, several, or text."""
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
    return _cell(tuple(value for cell in cells for value in values_of(cell)))


def _cell(values: Values) -> Cell:
    return values if len(values) > 1 else "".join(values)


def _text(parts: tuple[tuple[str, str], ...], cells: Mapping[str, Cell], rule: Rule, origin: str) -> str:
    if not any(cells.values()):
        return ""
    return "".join(text or _one(cells[name], name, rule, origin) for text, name in parts)


def _one(cell: Cell, what: str, rule: Rule, origin: str) -> str:
    if isinstance(cell, str):
        return cell
    raise unmapped(
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
        raise unmapped(str(error), "mend the record, or the filter", rule, origin) from None
    return values


def _check_controls(rule: Rule, values: Sequence[str], origin_of: Callable[[int], str]) -> None:
    at = first_with_control(values, notes=rule.property is Property.NOTES)
    if at is not None:
        raise unmapped(
            f"{rule.property} holds control characters: {values[at][:60]!a}",
            "mend the record, or take them out with the filter `replace`",
            rule,
            origin_of(at),
        )


def unmapped(message: str, hint: str, rule: Rule, origin: str) -> SourceDataError:
    """Return the error for a record that cannot be mapped, with the manifest line that asks for it."""
    return SourceDataError(f"{message} ({rule.place})", hint=hint, where=origin)
