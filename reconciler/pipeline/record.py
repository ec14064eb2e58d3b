"""Recording the reads of a project, for plans that are made elsewhere or later."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from reconciler.core.rules import SourceRules
from reconciler.core.times import stamp
from reconciler.errors import UsageError
from reconciler.garbage import uncollected
from reconciler.manifest.load import Project
from reconciler.pipeline.connect import read_state
from reconciler.pipeline.git import ask
from reconciler.pipeline.plan import Run
from reconciler.pipeline.reads import target_settings
from reconciler.snapshot import Recording, new_folder, offered
from reconciler.sources.base import Reader
from reconciler.sources.definition import definition_of


class Wish(NamedTuple):
    """What to record beside what the mappings need: attributes by source, and what comes at no cost."""

    also: Mapping[str, tuple[str, ...]] = {}
    mapped_only: bool = False


class Recorded(NamedTuple):
    """What a snapshot holds: records by source, accounts, and its size in bytes."""

    records: Mapping[str, int]
    accounts: int
    bytes: int


def record(run: Run, folder: Path, wish: Wish) -> Recorded:
    """Read all sources and the server into a new folder, which is there in the end as a whole or not at all.

    Raises what the readers raise; UsageError where the folder is there already.
    """
    project = run.project()
    _check_known(project, wish)
    opened = [(rules, spec, spec.reader(run.surroundings)) for rules, spec in project.sources]
    with new_folder(folder) as part:
        recording = Recording(part)
        with uncollected():
            for rules, spec, reader in opened:
                run.say(f"recording {rules.name}")
                recording.source(rules, definition_of(spec), reader, _also(rules, reader, wish))
            run.say(f"recording {project.target.name}")
            state = read_state(project.target.spec, run.surroundings)
            settings = dict(target_settings(project.target.spec))
            recording.state(project.target.name, project.target.identity, settings, state)
        recording.seal(
            {
                "tool": version("myq-reconciler"),
                "taken": stamp(run.now),
                "commit": ask("rev-parse", "HEAD", folder=run.folder),
                "manifests": project.digest,
            }
        )
        size = sum(file.stat().st_size for file in part.iterdir())
    records = {part.name: part.records for part in recording.sources}
    return Recorded(records, len(state.accounts), size)


def _also(rules: SourceRules, reader: Reader, wish: Wish) -> tuple[str, ...]:
    free = () if wish.mapped_only else offered(rules, reader)
    return (*free, *wish.also.get(rules.name, ()))


def _check_known(project: Project, wish: Wish) -> None:
    known = {rules.name for rules, _ in project.sources}
    for name in wish.also.keys() - known:
        raise UsageError(
            f"no source is named {name}",
            hint=f"write --also SOURCE:ATTRIBUTE; the sources are {', '.join(sorted(known))}",
        )
