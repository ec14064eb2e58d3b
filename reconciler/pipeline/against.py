"""Reading for two sets of manifests at once, and holding the plan of one against that of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.core.attribution import Attribution, attribute
from reconciler.core.both import map_both
from reconciler.core.desired import DesiredState, resolve
from reconciler.core.diff import diff
from reconciler.core.guards import Question, evaluate
from reconciler.core.mapping import MappedSource, map_source
from reconciler.core.model import ActualState
from reconciler.core.plan import Plan
from reconciler.errors import SourceError
from reconciler.manifest.load import Project
from reconciler.pipeline.base import Base
from reconciler.pipeline.memory import Memory
from reconciler.pipeline.reads import Reads, Source, more_is_read, same_definition


@dataclass(slots=True)
class Before:
    """What the sources say by the manifests of the base; with an error there is no telling.

    `desired` is what they want together, once that is known.
    """

    base: Base
    mapped: list[MappedSource] = field(default_factory=list)
    desired: DesiredState | None = None
    error: SourceError | None = None

    def add(self, found: MappedSource | SourceError) -> None:
        """Take in one more source."""
        if isinstance(found, SourceError):
            self.error = self.error or found
            self.mapped = []
        else:
            self.mapped.append(found)


def read_source(reads: Reads, source: Source, before: Before | None, watched: frozenset[str]) -> MappedSource:
    """Map a source to its end, and with the same read the one of the base that reads the same."""
    twin = None if before is None or before.error else _twin(before.base.project, source)
    if before is None or twin is None:
        return _alone(reads, source, watched)
    try:
        rules, other, read = reads.both(source, twin)
        mapped, theirs = map_both(rules, other, read, watched)
    except SourceError as error:
        # It may be the base alone that asks for something that is not there.
        if not more_is_read(source, twin):
            raise
        before.add(error)
        return _alone(reads, source, watched)
    before.add(theirs)
    return mapped


def read_rest(reads: Reads, project: Project, before: Before) -> None:
    """Read the sources that only the base has, or that it reads in another way."""
    sources = before.base.project.sources if before.base.project else ()
    for source in sources:
        if before.error is None and not any(_are_twins(source, one) for one in project.sources):
            try:
                before.add(_alone(reads, source, frozenset()))
            except SourceError as error:
                before.add(error)


def held_against(
    plan: Plan, project: Project, before: Before, actual: ActualState, memory: Memory
) -> Attribution:
    """Return what of a plan the manifests cause, for they are no longer those of the base."""
    base, then = before.base, before.base.project
    problem = base.problem or _unread(before.error)
    if problem:
        return Attribution(base.name, base.commit, problem=problem)
    if then is None:
        return Attribution(base.name, base.commit, "", *attribute(plan.changes, (), _places(project)))
    desired = before.desired = resolve(before.mapped, then.groups, then.target.assumptions)
    history = memory.weighed(before.mapped)
    found = diff(desired, actual, then.policy, then.target.assumptions, history)
    question = Question(found.changes, actual, desired.covered, then.policy, found.former, history)
    told = attribute(plan.changes, found.changes, _places(project))
    tripped = sorted({verdict.guard for verdict in evaluate(question) if verdict.tripped})
    return Attribution(base.name, base.commit, then.digest, *told, tuple(tripped))


def _unread(error: SourceError | None) -> str:
    """Return why the base could not be planned, without the remedy: the plan itself needs none."""
    return "" if error is None else f"its sources could not be read: {str(error).splitlines()[0]}"


def _twin(base: Project | None, source: Source) -> Source | None:
    sources: Sequence[Source] = base.sources if base else ()
    return next((one for one in sources if _are_twins(one, source)), None)


def _are_twins(one: Source, other: Source) -> bool:
    return one[0].name == other[0].name and same_definition(one, other)


def _alone(reads: Reads, source: Source, watched: frozenset[str]) -> MappedSource:
    rules, reader = reads.source(*source)
    return map_source(rules, reader.read(rules.attributes), watched)


def _places(project: Project) -> dict[str, str]:
    return {rules.name: str(rules.place) for rules, _ in project.sources}
