"""Handing over: what is approved, written into import files that somebody runs in MyQ.

What tells the settings is exchanged around the import file: at no moment does it tell settings of another
file than the one that lies there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reconciler.core.change import Change
from reconciler.core.outcome import HandOver, Outcome, Status
from reconciler.errors import PlanFileError
from reconciler.manifest.load import Project
from reconciler.myq.csv_import.compose import Import, compose
from reconciler.myq.csv_import.people import CsvTarget
from reconciler.myq.csv_import.words import (
    TITLE,
    instructions,
    not_ready,
    nothing_to_import,
    settings_name,
)
from reconciler.planfile.files import replace_file


class HandedOver(NamedTuple):
    """How each change ended, and the files that are to be imported."""

    outcomes: tuple[Outcome, ...]
    files: tuple[HandOver, ...]


def hand_over(project: Project, folder: Path, target: CsvTarget, changes: Sequence[Change]) -> HandedOver:
    """Write the import files that carry the changes out as far as one run of each can.

    A file of an earlier run whose changes are all in MyQ goes. Raises PlanFileError, and then nothing
    was written, where another file stands in the way.
    """
    files = import_files(project)
    for file in files.values():
        _check_ours(folder, file)
    composed = compose(target, changes)
    outcomes = {outcome.change.id: outcome for outcome in composed.outcomes(changes)}
    written: list[HandOver] = []
    for source, file in files.items():
        made = composed.imports.get(source)
        if made is None:
            _retire(folder, file)
            continue
        try:
            written.append(_write(folder, file, made, target))
        except PlanFileError as error:
            for change in made.changes:
                outcomes[change.id] = Outcome(change, Status.FAILED, error.message)
    return HandedOver(tuple(outcomes[change.id] for change in changes), tuple(written))


def import_files(project: Project) -> Mapping[str, str]:
    """Return the import file of each synchronization source, from the project folder.

    With several, the name of the first Source manifest of each stands before the suffix.
    """
    first: dict[str, str] = {}
    for rules, _ in project.sources:
        first.setdefault(rules.synchronization_source, rules.name)
    if len(first) <= 1:
        return dict.fromkeys(first, project.target.import_file)
    path = Path(project.target.import_file)
    return {
        source: path.with_name(f"{path.stem}.{name}{path.suffix}").as_posix()
        for source, name in first.items()
    }


def _write(folder: Path, file: str, made: Import, target: CsvTarget) -> HandOver:
    """Write an import file and its settings, unless both stand there already."""
    path, settings = folder / file, folder / settings_name(file)
    content = target.dialect.content(made.rows)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    told = instructions(path.name, made, digest, knows_source=target.actual.knows_source).encode()
    if _content(path) != content or _content(settings) != told:
        replace_file(settings, [not_ready(path.name).encode()])
        replace_file(path, [content])
        replace_file(settings, [told])
    return HandOver(
        file=file,
        settings_file=settings_name(file),
        synchronization_source=made.settings.synchronization_source,
        users=len(made.rows),
        settings=made.settings.lines(),
        digest=digest,
    )


def _retire(folder: Path, file: str) -> None:
    """Take an import file away that has nothing left to import: to run it again would undo newer things."""
    path = folder / file
    if path.exists():
        replace_file(folder / settings_name(file), [nothing_to_import(path.name).encode()])
        try:
            path.unlink()
        except OSError as error:
            raise PlanFileError(
                f"an import file of an earlier run cannot be taken away: {error.strerror}",
                hint="delete it, so that nobody imports it again",
                where=file,
            ) from None


def _check_ours(folder: Path, file: str) -> None:
    """Raise PlanFileError where the import file would replace one that this program has not written."""
    path, settings = folder / file, folder / settings_name(file)
    if (path.exists() or settings.exists()) and not (_content(settings) or b"").startswith(TITLE.encode()):
        raise PlanFileError(
            "a file stands where the import file is to be, and `reconciler apply` has not written it",
            hint=f"move it away, or let `csv.import` of the Target name another file ({settings.name} beside "
            "an import file shows that it may be replaced)",
            where=file,
        )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
