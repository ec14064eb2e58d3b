"""All documents of a project together: what refers to what, and the values the core works with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from reconciler.core.policy import Policy
from reconciler.core.rules import SourceRules
from reconciler.core.tree import GroupNode
from reconciler.errors import Place, Problem
from reconciler.manifest.check import Checked, Manifest
from reconciler.manifest.mapping import CompiledMapping, compile_mapping
from reconciler.manifest.models import GroupTreeSpec, PolicySpec, TargetSpec
from reconciler.manifest.policy import compile_policy
from reconciler.manifest.source import Mappings, Source, compile_source
from reconciler.manifest.target import Target, compile_target
from reconciler.manifest.tree import compile_trees
from reconciler.manifest.words import quoted
from reconciler.sources.spec import MappingSpec, SourceSpec, Strict

Spec = TypeVar("Spec", bound=Strict)


class Compiled(NamedTuple):
    """A project's values; they mean something only where there was no problem."""

    target: Target
    sources: tuple[tuple[SourceRules, SourceSpec], ...]
    policy: Policy
    groups: tuple[GroupNode, ...]


def compile_project(
    checked: Sequence[Checked], problems: list[Problem], *, complete: bool
) -> Compiled | None:
    """Return the compiled project; None without a target.

    Where not every document could be read (`complete` is off), nothing is called missing.
    """
    manifests = [each.manifest for each in checked if each.manifest is not None]
    problems += _repeated_names(manifests)
    targets = [compile_target(each, spec, problems) for each, spec in _of(manifests, TargetSpec)]
    policies = list(_of(manifests, PolicySpec))
    problems += _too_many("Target", [target.place for target in targets])
    problems += _too_many("Policy", [each.named_at for each, _ in policies])
    mappings = Mappings(_mappings(checked, manifests, problems), complete)
    sources = [
        source
        for each, spec in _of(manifests, SourceSpec)  # type: ignore[type-abstract]  # only asked for instances
        if (source := compile_source(each, spec, mappings, problems)) is not None
    ]
    problems += _shared_sources(sources)
    groups = compile_trees(_of(manifests, GroupTreeSpec), problems)
    if not targets:
        if complete and not any(each.kind == "Target" for each in checked):
            hint = "add a document of the kind Target: it names the MyQ server"
            problems.append(Problem(Place("sources.d"), "no document declares the Target", hint))
        return None
    policy = compile_policy(policies[0][1]) if policies else Policy()
    return Compiled(targets[0], tuple((source.rules, source.spec) for source in sources), policy, groups)


def _of(manifests: Iterable[Manifest], model: type[Spec]) -> Iterator[tuple[Manifest, Spec]]:
    return ((each, each.spec) for each in manifests if isinstance(each.spec, model))


def _mappings(
    checked: Iterable[Checked], manifests: Iterable[Manifest], problems: list[Problem]
) -> dict[str, CompiledMapping | None]:
    """Return the mappings by name; None for one that has problems."""
    found: dict[str, CompiledMapping | None] = {each.name: None for each in checked if each.kind == "Mapping"}
    for manifest, spec in _of(manifests, MappingSpec):
        found[manifest.name] = compile_mapping(spec, manifest.places, ("spec",), problems)
    return found


def _repeated_names(manifests: Iterable[Manifest]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Manifest] = {}
    for each in manifests:
        known = first.setdefault((each.kind, each.name), each)
        if known is not each:
            message = f"a {each.kind} named {quoted(each.name)} is declared twice"
            yield Problem(each.named_at, message, f"rename one of them; the first is at {known.named_at}")


def _too_many(kind: str, places: Sequence[Place]) -> Iterator[Problem]:
    for place in places[1:]:
        hint = f"keep one, or make a project folder for each; the first is at {places[0]}"
        yield Problem(place, f"a project has one {kind}, and this is another", hint)


def _shared_sources(sources: Iterable[Source]) -> Iterator[Problem]:
    """Give the sources that would each deactivate the users of the other."""
    first: dict[str, Source] = {}
    for source in sources:
        rules = source.rules
        if not rules.options.deactivate_missing_users:
            continue
        other = first.setdefault(rules.synchronization_source, source)
        if other is not source:
            yield Problem(
                source.manifest.place("options", "deactivateMissingUsers"),
                f"{rules.name} and {other.rules.name} share the synchronization source "
                f"{quoted(rules.synchronization_source)}, and each would deactivate the other's users",
                "give them different values of synchronizationSource, or let one of them deactivate nobody",
            )
