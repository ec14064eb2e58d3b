"""Everything up to the plan: load, read, map, decide. Nothing is written to MyQ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path

from reconciler.core.census import census
from reconciler.core.desired import DesiredState, resolve
from reconciler.core.diff import diff
from reconciler.core.guards import Question, alike, evaluate, untimely
from reconciler.core.history import History
from reconciler.core.mapping import MappedSource
from reconciler.core.model import ActualState, Cell
from reconciler.core.notice import Notice
from reconciler.core.plan import Evidence, Plan, Stamp, TargetIdentity
from reconciler.core.times import stamp
from reconciler.core.undone import second_writers
from reconciler.garbage import uncollected
from reconciler.ledger import Ledger
from reconciler.manifest.load import Project, load_project
from reconciler.pipeline.against import Before, held_against, read_rest, read_source
from reconciler.pipeline.base import Base, load_base
from reconciler.pipeline.git import ask
from reconciler.pipeline.memory import Memory, recalled
from reconciler.pipeline.pins import with_pin_key
from reconciler.pipeline.reach import unreachable_changes
from reconciler.pipeline.reads import Reads, Source, reads_of
from reconciler.pipeline.shared import SharedReads
from reconciler.secret import resolve_secret
from reconciler.sources.base import Surroundings


@dataclass(frozen=True, slots=True)
class Run:
    """One run on one project folder, at one moment; `say` hears what it is doing.

    `target` names one of the targets of the project, "" the only one; `loaded` is what the manifests say of
    it, for who has read them already. The records of the user names that are `watched` are kept, for
    `reconciler.pipeline.look`. Without `scripts`, a project that would run one is refused before anything
    is read. With a `snapshot` the reads come from there, and nothing else is touched. The `base` is a folder
    or a git ref whose manifests the plan is held against. What is `shared` with the runs on other targets is
    read once, unless there is a base.

    The `ledger` is a file in the folder unless there is a `ledger_url`; without one nothing is recalled. A
    run on what nobody has reviewed, or that is only curious, does not `remember`: its reads do not count.
    """

    folder: Path
    now: datetime
    say: Callable[[str], None] = field(default=lambda _: None)
    watched: frozenset[str] = frozenset()
    scripts: bool = True
    target: str = ""
    snapshot: Path | None = None
    base: str = ""
    loaded: Project | None = None
    ledger: bool = True
    ledger_url: str = field(default="", repr=False)
    remember: bool = True
    shared: SharedReads | None = None

    def project(self) -> Project:
        """Return what the manifests say of the target; they are read once where several targets are run."""
        return self.loaded or load_project(self.folder, self.target)

    @property
    def remembers(self) -> bool:
        """Whether this run's reads count in the ledger."""
        return self.ledger and self.remember and self.scripts and self.snapshot is None and not self.base

    @property
    def surroundings(self) -> Surroundings:
        """What readers and servers may know of the world."""
        return Surroundings(self.folder, partial(resolve_secret, folder=self.folder), self.scripts)


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it was made of, for those who act on it in the same run.

    `history` is what was remembered when it was made, `before` what it was held against. `spelled` has, by
    user name, what each source's record of a watched person says.
    """

    plan: Plan
    project: Project
    desired: DesiredState
    actual: ActualState
    history: History | None = None
    before: Before | None = None
    spelled: Mapping[str, Mapping[str, Mapping[str, Cell]]] = field(default_factory=dict, repr=False)


def make_plan(run: Run, ledger: Ledger | None = None) -> Planned:
    """Read everything, decide everything, write nothing to MyQ.

    The ledger is the run's own unless an open one is given. Raises ManifestError, SourceError or
    TargetError: a doubtful read ends the run before the diff.
    """
    project = run.project()
    with recalled(run, project.target.identity, ledger) as memory:
        return planned(run, project, memory, reads_of(run.snapshot, run.surroundings))


def planned(run: Run, project: Project, memory: Memory, reads: Reads, base: Base | None = None) -> Planned:
    """Return the plan that comes of these reads and of what is remembered; see `make_plan`.

    A base that is given takes the place of the run's, and of what it says about remembering.
    """
    before = _before(run, project, base)
    with uncollected():
        mapped = _read(run, reads, project, before)
        run.say(f"reading {project.target.name}")
        actual = reads.state(project.target)
        history = with_pin_key(memory.weighed(mapped), run, project)
        desired = resolve(mapped, project.groups, project.target.assumptions, history)
        difference = diff(desired, actual, project.policy, project.target.assumptions, history)
        untold = memory.add(history, desired, difference)
        question = Question(
            difference.changes,
            actual,
            desired.covered,
            project.policy,
            difference.former,
            history,
            stamp(run.now),
        )
        notices = (
            *difference.notices,
            *untold,
            *untimely(question),
            *alike(question),
            *second_writers(question.again),
        )
        plan = as_plan(run, project, question, notices, tuple(_evidence(one, desired) for one in mapped))
        plan = replace(
            plan,
            stamp=replace(plan.stamp, recorded=reads.taken),
            unreachable=unreachable_changes(run.surroundings, project, desired, actual, plan.changes),
            attribution=held_against(plan, project, before, actual, memory) if before else None,
        )
    return Planned(plan, project, desired, actual, history, before, _spelled(run, mapped))


def _spelled(run: Run, mapped: Sequence[MappedSource]) -> dict[str, dict[str, Mapping[str, Cell]]]:
    return {
        name: {one.rules.name: one.spelled[name] for one in mapped if name in one.spelled}
        for name in run.watched
    }


def _before(run: Run, project: Project, base: Base | None) -> Before | None:
    if run.base and base is None:
        base = load_base(run.base, run.folder, project)
    return Before(base) if base else None


def _read(run: Run, reads: Reads, project: Project, before: Before | None) -> list[MappedSource]:
    for source in project.sources:
        reads.source(*source)  # who may not be read is told before anything is
    mapped = [_read_source(run, reads, source, before) for source in project.sources]
    if before:
        read_rest(reads, project, before)
    return mapped


def _read_source(run: Run, reads: Reads, source: Source, before: Before | None) -> MappedSource:
    name = source[0].name

    def read() -> MappedSource:
        run.say(f"reading {name}")
        return read_source(reads, source, before, run.watched)

    return run.shared.source(run.target, name, read) if run.shared and before is None else read()


def as_plan(
    run: Run,
    project: Project,
    question: Question,
    notices: Iterable[Notice],
    evidence: tuple[Evidence, ...],
) -> Plan:
    """Return what was decided as a plan of this run, with what the guards say to it."""
    target = project.target
    return Plan(
        target=TargetIdentity(target.name, target.identity, target.spec.release, target.can_write),
        stamp=Stamp(
            created=stamp(run.now),
            expires=stamp(run.now + timedelta(hours=project.policy.plan_hours)),
            tool=version("myq-reconciler"),
            manifests=project.digest,
            commit=ask("rev-parse", "HEAD", folder=run.folder),
        ),
        evidence=evidence,
        verdicts=evaluate(question),
        changes=tuple(question.changes),
        notices=tuple(sorted(notices)),
        groups=census(question.actual.groups, question.members, question.changes, question.former),
    )


def _evidence(mapped: MappedSource, desired: DesiredState) -> Evidence:
    rules = mapped.rules
    return Evidence(
        rules.name,
        rules.kind,
        rules.synchronization_source,
        len(mapped.users),
        mapped.reading.facts,
        desired.proofs[rules.name],
    )
