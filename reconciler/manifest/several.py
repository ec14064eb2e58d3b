"""Several targets in one project: which sources, which policy and which groups each of them has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.core.policy import Policy
from reconciler.core.rules import SourceRules
from reconciler.core.tree import GroupNode
from reconciler.errors import Problem
from reconciler.manifest.check import Manifest
from reconciler.manifest.models import GroupTreeSpec, PolicySpec, TargetSpec
from reconciler.manifest.policy import compile_policy
from reconciler.manifest.source import Source
from reconciler.manifest.target import Target
from reconciler.manifest.tree import compile_trees
from reconciler.manifest.words import did_you_mean, quoted
from reconciler.sources.spec import SourceSpec

_NAMED = 3
"""More targets than this are not named in one message."""


class Compiled(NamedTuple):
    """What one target of a project is to hold; it means something only where there was no problem.

    `idle` are the sources that no target takes.
    """

    target: Target
    sources: tuple[tuple[SourceRules, SourceSpec], ...]
    policy: Policy
    groups: tuple[GroupNode, ...]
    idle: tuple[str, ...]


class Declared(NamedTuple):
    """The documents that targets choose from, or that choose their targets."""

    sources: Sequence[Source]
    policies: Sequence[tuple[Manifest, PolicySpec]]
    trees: Sequence[tuple[Manifest, GroupTreeSpec]]


def parts(targets: Sequence[Target], declared: Declared, problems: list[Problem]) -> tuple[Compiled, ...]:
    """Return what each target is to hold; add what is wrong in putting it together, each thing once."""
    found: list[Problem] = [*_same_servers(targets), *_second_policies(targets, declared.policies)]
    forests = _forests(targets, declared.trees, found)
    names = [source.rules.name for source in declared.sources]
    idle = tuple(name for name in names if not any(takes(target, name) for target in targets))
    made = []
    for target in targets:
        sources = [one for one in declared.sources if takes(target, one.rules.name)]
        found += _shared_sources(sources)
        policies = [(manifest, spec) for manifest, spec in declared.policies if _is_for(spec, target)]
        policy = compile_policy(*policies[0]) if policies else Policy()
        rules = tuple((source.rules, source.spec) for source in sources)
        made.append(Compiled(target, rules, policy, forests[target.name], idle))
    problems += dict.fromkeys(found)
    return tuple(made)


def takes(target: Target, source: str) -> bool:
    """Return whether a target takes users from the source of this name."""
    return target.spec.sources is None or source in target.spec.sources


def unknown_sources(
    targets: Sequence[tuple[Manifest, TargetSpec]], known: Collection[str]
) -> Iterator[Problem]:
    """Give the sources that targets name and nobody declares."""
    for manifest, spec in targets:
        yield from _unknown(manifest, "sources", spec.sources or (), known, "Source")


def unknown_targets(declared: Declared, known: Collection[str]) -> Iterator[Problem]:
    """Give the targets that policies and trees of groups name and nobody declares."""
    chosen = [(manifest, spec.targets or ()) for manifest, spec in declared.policies]
    chosen += [(manifest, spec.targets or ()) for manifest, spec in declared.trees]
    for manifest, names in chosen:
        yield from _unknown(manifest, "targets", names, known, "Target")


def _unknown(
    manifest: Manifest, key: str, names: Sequence[str], known: Collection[str], kind: str
) -> Iterator[Problem]:
    for position, name in enumerate(names):
        if name not in known:
            place = manifest.places.value(("spec", key, position))
            yield Problem(
                place,
                f"spec.{key}: no {kind} is named {quoted(name)}",
                did_you_mean(name, known)
                if known
                else f"add a document of the kind {kind}, or remove the key",
            )


def _is_for(spec: PolicySpec | GroupTreeSpec, target: Target) -> bool:
    return spec.targets is None or target.name in spec.targets


def _forests(
    targets: Sequence[Target], trees: Sequence[tuple[Manifest, GroupTreeSpec]], problems: list[Problem]
) -> Mapping[str, tuple[GroupNode, ...]]:
    """Return the groups of each target by its name; targets of the same trees have them compiled once."""
    chosen = {
        target.name: tuple(at for at, (_, spec) in enumerate(trees) if _is_for(spec, target))
        for target in targets
    }
    alone = set(range(len(trees))).difference(*chosen.values())
    for at in sorted(alone):
        compile_trees([trees[at]], problems)  # for its problems: no target is there to have it
    compiled = {
        those: compile_trees([trees[at] for at in those], problems)
        for those in dict.fromkeys(chosen.values())
    }
    return {name: compiled[those] for name, those in chosen.items()}


def _same_servers(targets: Sequence[Target]) -> Iterator[Problem]:
    """Give the targets that another one is as well: approvals, locks and removals would be confused."""
    for fact, values in (
        ("are both known as", [target.identity for target in targets]),
        ("are both the server", [target.address for target in targets]),
        ("are both read from", [target.export for target in targets]),
        ("are both written into", [target.import_file for target in targets]),
    ):
        first: dict[str, Target] = {}
        for target, value in zip(targets, values, strict=True):
            other = first.setdefault(value, target) if value else target
            if other is not target:
                yield Problem(
                    target.place,
                    f"the targets {quoted(other.name)} and {quoted(target.name)} {fact} {quoted(value)}",
                    f"each Target is one MyQ server of its own; the other is at {other.place}",
                )


def _second_policies(
    targets: Sequence[Target], policies: Sequence[tuple[Manifest, PolicySpec]]
) -> Iterator[Problem]:
    """Give the policies that are for a target which has one already."""
    first: dict[str, Manifest] = {}
    for manifest, spec in policies:
        shared: dict[str, list[str]] = {}
        for target in targets:
            if _is_for(spec, target):
                other = first.setdefault(target.name, manifest)
                if other is not manifest:
                    shared.setdefault(str(other.named_at), []).append(target.name)
        for place, names in shared.items():
            yield Problem(
                manifest.named_at,
                f"a target has one Policy, and this is another for {_some(names)}",
                f"keep one, or say in `targets` which is for which; the first is at {place}",
            )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(map(quoted, names[:_NAMED])) + (f" and {more} more" if more > 0 else "")


def _shared_sources(sources: Sequence[Source]) -> Iterator[Problem]:
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
