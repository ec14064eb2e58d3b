"""Mappings, from their manifest to rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from reconciler.core.model import MANY, Property
from reconciler.core.rules import Filter, Mode, Rule
from reconciler.core.template import Template, parse_template
from reconciler.errors import Place, Problem
from reconciler.manifest.document import Path, Places
from reconciler.manifest.steps import step
from reconciler.manifest.words import spelled_path
from reconciler.sources.spec import FilterSpec, MappingSpec, PropertyMapping
from reconciler.sources.strict import Strict, camel

_ADDED = frozenset({Property.CARDS, Property.ALIASES, Property.PINS})
"""What users enrol by themselves at terminals: a source adds to it unless told otherwise."""

_TEMPLATE = "write an attribute name, or a template such as '%givenName% %sn%'"
_SEVERAL = (
    "write an attribute name, several as in `mail;otherMailbox`, or a template such as '%uid%@example.org'"
)
_TREE = "write an attribute name, or a template such as '%company%|%department%'"


_AS_GROUPS = frozenset({Property.GROUPS, Property.DEFAULT_GROUP})
"""What is a path in the tree of groups, and so a way to import groups rather than a rule."""


class GroupsRule(NamedTuple):
    """What a mapping says of groups or of the default group; `mode` is None where it is unwritten."""

    template: Template
    mode: Mode | None
    place: Place


class CompiledMapping(NamedTuple):
    """A mapping's rules. Groups are no rule: they become ways to import groups."""

    rules: tuple[Rule, ...]
    groups: GroupsRule | None
    default_group: GroupsRule | None
    given: frozenset[Property]
    """What the mapping gives, were it right: what is ignored is not among it, what has a problem is."""
    place: Place
    wording: str
    """All that the manifest says, in one spelling."""


def compile_mapping(spec: MappingSpec, places: Places, at: Path, problems: list[Problem]) -> CompiledMapping:
    """Return the compiled mapping; what cannot be compiled is a problem, and left out."""
    rules: list[Rule] = []
    given: set[Property] = set()
    groups: dict[Property, GroupsRule] = {}
    for field in MappingSpec.model_fields:
        mapped = getattr(spec, field)
        if mapped is None:
            continue
        prop = Property(camel(field))
        path = (*at, prop.value)
        full = (
            mapped
            if isinstance(mapped, PropertyMapping)
            else PropertyMapping.model_validate({"from": mapped})
        )
        template = _template(full, prop, places, path, problems)
        steps = _steps(full.filters, places, path, problems)
        if full.mode is not Mode.IGNORE:
            given.add(prop)
        if template is None or (full.mode is Mode.IGNORE and prop is not Property.GROUPS):
            continue
        if prop in _AS_GROUPS:
            groups[prop] = GroupsRule(template, full.mode, places.key(path))
            _refuse_filters(full, places, path, problems)
            problems += _unfit_mode(prop, full.mode, places.key(path))
        else:
            mode = full.mode or (Mode.ADD if prop in _ADDED else Mode.REPLACE_IF_PRESENT)
            rules.append(Rule(prop, template, mode, places.key(path), steps))
    return CompiledMapping(
        tuple(rules),
        groups.get(Property.GROUPS),
        groups.get(Property.DEFAULT_GROUP),
        frozenset(given),
        places.key(at),
        wording(spec),
    )


def wording(spec: Strict, *, but: Collection[str] = ()) -> str:
    """Return what a model says in one spelling, without what it need not have said."""
    return spec.model_dump_json(by_alias=True, exclude_defaults=True, exclude=set(but))


def _unfit_mode(prop: Property, mode: Mode | None, place: Place) -> Iterator[Problem]:
    """Give the mode that a default group cannot have: it is set where the source says so, or left."""
    if prop is Property.DEFAULT_GROUP and mode in {Mode.REPLACE, Mode.ADD}:
        yield Problem(
            place,
            f"spec.mapping.defaultGroup: the mode {mode} is not for the default group",
            "write `replaceIfPresent`, or leave the mode out",
        )


def _template(
    mapped: PropertyMapping, prop: Property, places: Places, path: Path, problems: list[Problem]
) -> Template | None:
    try:
        return parse_template(mapped.from_, several=prop in MANY, tree=prop in _AS_GROUPS)
    except ValueError as error:
        hint = _TREE if prop in _AS_GROUPS else _SEVERAL if prop in MANY else _TEMPLATE
        problems.append(Problem(places.value((*path, "from")), f"{spelled_path(path)}: {error}", hint))
        return None


def _steps(
    specs: Sequence[FilterSpec], places: Places, path: Path, problems: list[Problem]
) -> tuple[Filter, ...]:
    steps: list[Filter] = []
    for position, spec in enumerate(specs):
        here = (*path, "filters", position)
        try:
            steps.append(step(spec))
        except ValueError as error:
            fact, hint = error.args
            problems.append(Problem(places.value(here), f"{spelled_path(here)}: {fact}", hint))
    return tuple(steps)


def _refuse_filters(mapped: PropertyMapping, places: Places, path: Path, problems: list[Problem]) -> None:
    if mapped.filters:
        problems.append(
            Problem(
                places.key((*path, "filters")),
                f"{spelled_path(path)}: filters do not reach group paths",
                "shape the attribute at its source; groups.replaceSeparators is for ',' and '|' in names",
            )
        )
