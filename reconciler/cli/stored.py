"""Stored plans and approvals to the targets they are for: each names its server, and goes to nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.each import PLACE, Chosen, chosen, file_of
from reconciler.cli.say import note
from reconciler.errors import NotApproved, PlanFileError

if TYPE_CHECKING:
    from reconciler.core.approval import Approval
    from reconciler.core.outcome import Result
    from reconciler.pipeline.plan import Run

_ENDING = "*.approval.json"


def approvals_of(targets: Chosen, paths: Sequence[Path]) -> Mapping[str, tuple[Approval, ...]]:
    """Return the approvals of each chosen target by its name.

    A path is a file, a folder of files, or a file for each target. An approval for another target of the
    project waits for a run that is about it; one for a server that the project does not have is an error,
    unless it only lies in the same folder. So is one that has expired: a folder keeps what was approved.
    """
    from reconciler.core.times import stamp

    found: dict[str, tuple[Approval, ...]] = {run.target: () for run in targets.runs}
    now = stamp(targets.runs[0].now)
    for path in paths:
        for file, approval in _read(targets, path):
            if path.is_dir() and approval.expires <= now:
                note(f"{file} expired at {approval.expires}")
                continue
            name = _target_of(approval, targets)
            if name in found:
                found[name] = (*found[name], approval)
            elif name or path.is_dir():
                note(f"{file} is for {name or approval.target}, which this run is not about")
            else:
                raise NotApproved(
                    f"the approval is for {approval.target}, which is no target of this project",
                    hint=f"approve a plan of one of these: {', '.join(targets.known)}",
                    where=str(file),
                )
    return found


def undoing(run: Run, names: Sequence[str] | None, path: Path, identity: str) -> tuple[Chosen, Result]:
    """Return the one target that a stored result is of, and the result.

    Of a result of a server that the project does not have, any target will say so.
    """
    from reconciler.planfile import read_result

    result = read_result(path, identity).result
    known = chosen(run, ()).known
    name = known.get(result.target.identity) or next(iter(known.values()))
    return chosen(run, names or [name]), result


def plans_of(targets: Chosen, path: Path, identity: str) -> tuple[Chosen, Mapping[str, Path]]:
    """Return what of the chosen targets plans are stored for, and the file of each by its name.

    One file is for the target that it names. Of a folder, or with {target} in the path, every chosen target
    has its file, be it there or not.
    """
    from reconciler.planfile import read_plan

    if PLACE in str(path) or path.is_dir():
        pattern = path / f"{PLACE}.plan.json" if path.is_dir() else path
        return targets, {run.target: file_of(run, pattern) for run in targets.runs}
    if len(targets.known) == 1:
        return targets, {targets.runs[0].target: path}
    server = read_plan(path, identity).plan.target.identity
    runs = tuple(run for run in targets.runs if run.target == targets.known.get(server))
    if not runs:
        raise NotApproved(
            f"the plan is for {server}, which this run is not about",
            hint=f"make a plan of one of these: {', '.join(run.target for run in targets.runs)}",
            where=str(path),
        )
    return replace(targets, runs=runs), {runs[0].target: path}


def _target_of(approval: Approval, targets: Chosen) -> str:
    """Return the name of the target; "" for a server that the project does not have."""
    only = next(iter(targets.known.values())) if len(targets.known) == 1 else ""
    # Of a project with one target the plan itself says what is wrong with an approval for another server.
    return targets.known.get(approval.target, only)


def _read(targets: Chosen, path: Path) -> Iterator[tuple[Path, Approval]]:
    from reconciler.planfile import read_approval

    for file in _files(targets, path):
        yield file, read_approval(file).approval


def _files(targets: Chosen, path: Path) -> Sequence[Path]:
    if PLACE in str(path):
        files = [file_of(run, path) for run in targets.runs]
        there = [file for file in files if file.is_file()]
        # Who has nothing to do has no approval; when nobody has one, the path is not what was meant.
        return there or files[:1]
    if not path.is_dir():
        return [path]
    files = sorted(path.glob(_ENDING))
    if not files:
        raise PlanFileError(
            f"the folder holds no file {_ENDING}", hint="`reconciler approve` writes them", where=str(path)
        )
    return files
