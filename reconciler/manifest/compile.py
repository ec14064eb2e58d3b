"""All documents of a project together: what refers to what, and the values the core works with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from reconciler.errors import Place, Problem
from reconciler.manifest.check import Checked, Manifest
from reconciler.manifest.mapping import CompiledMapping, compile_mapping
from reconciler.manifest.models import GroupTreeSpec, PolicySpec, TargetSpec
from reconciler.manifest.several import Compiled, Declared, parts, unknown_sources, unknown_targets
from reconciler.manifest.source import Mappings, compile_source
from reconciler.manifest.target import compile_target
from reconciler.manifest.words import quoted
from reconciler.sources.spec import MappingSpec, SourceSpec
from reconciler.sources.strict import Strict

Spec = TypeVar("Spec", bound=Strict)


def compile_project(
    checked: Sequence[Checked], problems: list[Problem], *, complete: bool
) -> tuple[Compiled, ...]:
    """Return what each target of the project is to hold; nothing without a target.

    Where not every document could be read (`complete` is off), nothing is called missing.
    """
    manifests = [each.manifest for each in checked if each.manifest is not None]
    problems += _repeated_names(manifests)
    documents = list(_of(manifests, TargetSpec))
    targets = [compile_target(each, spec, problems) for each, spec in documents]
    mappings = Mappings(_mappings(checked, manifests, problems), complete)
    declared = Declared(
        sources=[
            source
            for each, spec in _of(manifests, SourceSpec)  # type: ignore[type-abstract]  # only asked for instances
            if (source := compile_source(each, spec, mappings, problems)) is not None
        ],
        policies=list(_of(manifests, PolicySpec)),
        trees=list(_of(manifests, GroupTreeSpec)),
    )
    if complete:
        problems += unknown_sources(documents, _names(checked, "Source"))
        problems += unknown_targets(declared, _names(checked, "Target"))
        problems += _no_target(checked)
    return parts(targets, declared, problems)


def _names(checked: Iterable[Checked], kind: str) -> tuple[str, ...]:
    """Return the names of all documents of a kind, of those with problems too."""
    return tuple(each.name for each in checked if each.kind == kind)


def _no_target(checked: Iterable[Checked]) -> Iterator[Problem]:
    if not any(each.kind == "Target" for each in checked):
        hint = "add a document of the kind Target: it names the MyQ server"
        yield Problem(Place("sources.d"), "no document declares the Target", hint)


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
