"""Sources, from their manifest to rules, and what the keys of a source may not say together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from reconciler.core.model import Property
from reconciler.core.normal import clean
from reconciler.core.rules import Adopt, Drop, Expectation, GroupWay, Mode, Options, SourceRules
from reconciler.core.template import parse_template
from reconciler.errors import Problem
from reconciler.manifest.check import Manifest
from reconciler.manifest.contradictions import contradictions
from reconciler.manifest.mapping import CompiledMapping, compile_mapping, wording
from reconciler.manifest.words import did_you_mean, listed, quoted
from reconciler.sources.expect import Expect
from reconciler.sources.spec import GroupImport, MappingSpec, SourceOptions, SourceSpec
from reconciler.sources.strict import camel


class Mappings(NamedTuple):
    """The mappings of a project, None for one with problems; `complete` says that these are all."""

    by_name: Mapping[str, CompiledMapping | None]
    complete: bool


class Source(NamedTuple):
    """One source: its rules, what reads it, and where its manifest stands."""

    rules: SourceRules
    spec: SourceSpec
    manifest: Manifest


def compile_source(
    manifest: Manifest,
    spec: SourceSpec,
    mappings: Mappings,
    problems: list[Problem],
) -> Source | None:
    """Return the compiled source; None when it has no mapping to go by."""
    mapping = _mapping(manifest, spec, mappings, problems)
    if mapping is None:
        return None
    rules = SourceRules(
        name=manifest.name,
        kind=str(getattr(spec, "type", "")),
        synchronization_source=clean(spec.synchronization_source or manifest.name),
        place=manifest.named_at,
        rules=mapping.rules,
        precedence=spec.precedence,
        ways=tuple(_ways(manifest, spec, mapping, problems)),
        groups_mode=_groups_mode(manifest, spec, mapping, problems),
        max_depth=spec.groups.max_depth,
        replace_separators=spec.groups.replace_separators or "",
        options=_options(spec.options),
        adopt=Adopt(_names(spec.adopt.sources), _names(spec.adopt.users)),
        expect=_expectation(spec.expect),
        definition=_definition(spec, mapping),
    )
    problems += contradictions(manifest, rules, mapping)
    return Source(rules, spec, manifest)


def _names(written: Iterable[str]) -> frozenset[str]:
    return frozenset(map(clean, written))


def _expectation(spec: Expect) -> Expectation:
    drop = spec.drop
    return Expectation(
        spec.minimum_records,
        tuple(map(clean, spec.sentinels)),
        Drop(drop.count, drop.percent, drop.reads, drop.days),
        frozenset(spec.accept),
    )


def _definition(spec: SourceSpec, mapping: CompiledMapping) -> str:
    """Return a digest of all that decides who is in a source, and whose account is whose."""
    said = json.dumps([wording(spec, but=("mapping", "expect")), mapping.wording])
    return hashlib.sha256(said.encode()).hexdigest()


def _options(spec: SourceOptions) -> Options:
    return Options(
        add_new_users=spec.add_new_users,
        deactivate_missing_users=spec.deactivate_missing_users,
        convert_user_name_to_lowercase=spec.convert_user_name_to_lowercase,
        append_domain_name=clean(spec.append_domain_name or ""),
        pair_by=tuple(Property(key) for key in spec.pair_by),
        authentication_server=clean(spec.use_authentication_server or ""),
        import_groups_under=clean(spec.import_groups_under or ""),
        do_not_change_default_group=spec.do_not_change_default_group,
        ignore_synchronization_source=spec.ignore_synchronization_source,
    )


def _mapping(
    manifest: Manifest, spec: SourceSpec, mappings: Mappings, problems: list[Problem]
) -> CompiledMapping | None:
    name = spec.mapping
    if isinstance(name, MappingSpec):
        return compile_mapping(name, manifest.places, ("spec", "mapping"), problems)
    if name not in mappings.by_name and mappings.complete:
        known = mappings.by_name
        hint = did_you_mean(name, known) if known else "add a document of the kind Mapping, or map in place"
        message = f"spec.mapping: no Mapping is named {quoted(name)}"
        problems.append(Problem(manifest.places.value(("spec", "mapping")), message, hint))
    return mappings.by_name.get(name)


def _groups_mode(
    manifest: Manifest, spec: SourceSpec, mapping: CompiledMapping, problems: list[Problem]
) -> Mode:
    """Return the one mode of groups, which may be written beside the mapping or below `groups`."""
    mapped = mapping.groups.mode if mapping.groups else None
    if mapped is None or "mode" not in spec.groups.model_fields_set:
        return mapped or spec.groups.mode
    if mapped is not spec.groups.mode:
        problems.append(
            Problem(
                manifest.place("groups", "mode"),
                f"spec.groups.mode is {spec.groups.mode}, and the mapping says {mapped} for groups",
                "write the mode of groups once",
            )
        )
    return mapped


def _ways(
    manifest: Manifest, spec: SourceSpec, mapping: CompiledMapping, problems: list[Problem]
) -> Iterator[GroupWay]:
    groups = mapping.groups
    ignored = Mode.IGNORE in {spec.groups.mode, groups.mode if groups else None}
    if groups and not ignored:
        ready = spec.ready_groups and not groups.template.levels
        yield GroupWay(groups.template, groups.place, ready=ready)
    default = mapping.default_group
    if default and not ignored:
        ready = spec.ready_groups and not default.template.levels
        yield GroupWay(default.template, default.place, make_default=True, ready=ready)
    for position, each in enumerate(spec.groups.import_):
        way = _way(manifest, each, position, problems)
        if way and not ignored:
            yield way


def _way(manifest: Manifest, spec: GroupImport, position: int, problems: list[Problem]) -> GroupWay | None:
    path = ("groups", "import", position)
    place = manifest.places.value(("spec", *path))
    where = f"spec.groups.import[{position}]"
    written = [camel(way) for way in spec.ways if getattr(spec, way) not in (None, False)]
    if len(written) != 1:
        known = listed(camel(way) for way in spec.ways)
        fact = (
            f"{' and '.join(written)} stand together"
            if written
            else "nothing says where the groups come from"
        )
        problems.append(Problem(place, f"{where}: {fact}", f"write exactly one of {known}"))
        return None
    ready = spec.ready_attribute(position)
    try:
        template = parse_template(ready or spec.attribute or "", tree=True)
    except ValueError as error:
        hint = "write an attribute name, or a template such as '%department%|%title%'"
        problems.append(Problem(manifest.place(*path, written[0]), f"{where}: {error}", hint))
        return None
    return GroupWay(
        template, place, make_default=spec.make_default, ready=ready is not None, empty_level=spec.empty_level
    )
