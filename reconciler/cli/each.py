"""One command on one target, or on several: one after the other, each failing alone, and one summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags import flag
from reconciler.cli.say import say
from reconciler.errors import ReconcilerError, UsageError

if TYPE_CHECKING:
    from reconciler.core.render.summary import Line
    from reconciler.pipeline.plan import Run

PLACE = "{target}"
"""Stands for the target's name in the path of a file."""

SEVERAL = f"a folder, or {PLACE} in the name"
"""What a path may be where a file for each target is meant."""

_OUTCOMES: Mapping[int, str] = {
    1: "an error",
    3: "a guard refuses",
    4: "not approved",
    5: "applied in part",
    6: "not read to the end",
    130: "interrupted",
}
_INTERRUPTED = 130
_TOGETHER = ("json", "markdown", "text")
"""Formats in which several targets can stand one after the other."""

Names = Annotated[
    list[str] | None,
    flag("--target", help="Only this target of the project; may be given several times.", metavar="NAME"),
]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command came to on one target: what is to be printed, and what the summary tells.

    An `error` decides the code by itself; without an `outcome` in words the code has its own. Somebody asked
    the program to end where it is `halted`.
    """

    text: str = ""
    outcome: str = ""
    code: int = 0
    changes: int | None = None
    guards: tuple[str, ...] = ()
    file: Path | None = None
    error: ReconcilerError | None = None
    halted: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The runs that a command line is about, one a target; `known` are all targets by their identity."""

    runs: tuple[Run, ...]
    known: Mapping[str, str]

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return len(self.runs) > 1

    def files(self, path: Path | None, ending: str, name: str) -> Mapping[str, Path | None]:
        """Return the file to write for each target: the path with its name, or one in the folder.

        Raises BadParameter for one file of several targets: the last of them would be all that is left.
        """
        if path is None:
            return dict.fromkeys(run.target for run in self.runs)
        if self.several and PLACE not in str(path):
            if path.is_file() or path.suffix == ".json":
                raise typer.BadParameter(
                    f"{path} is one file, and there are {len(self.runs)} targets: name {SEVERAL}, or choose "
                    "one of them with --target",
                    param_hint=name,
                )
            path /= f"{PLACE}.{ending}.json"
        return {run.target: file_of(run, path) for run in self.runs}


def file_of(run: Run, path: Path) -> Path:
    """Return the file of one target: the path with its name in the place that is meant for it."""
    return Path(str(path).replace(PLACE, run.target))


def chosen(run: Run, names: Sequence[str] | None, *, shared: bool = False) -> Chosen:
    """Return what a run is about: the targets that are named, or all of the project, in their order.

    With `shared`, a source that several of them take is read once. Raises UsageError for a name that the
    project does not have, before anything is read.
    """
    from reconciler.manifest.load import load_projects
    from reconciler.manifest.words import did_you_mean, quoted
    from reconciler.pipeline.shared import SharedReads

    projects = {project.target.name: project for project in load_projects(run.folder)}
    for name in names or ():
        if name not in projects:
            hint = did_you_mean(name, projects)
            raise UsageError(f"no Target is named {quoted(name)}", hint=hint, where="--target")
    picked = [project for name, project in projects.items() if not names or name in names]
    runs = [replace(run, target=project.target.name, loaded=project) for project in picked]
    if len(projects) > 1:
        runs = [replace(one, snapshot=_recorded(one)) for one in runs]
    if len(runs) > 1:
        # What was recorded was recorded for each of them.
        once = SharedReads(picked) if shared and run.snapshot is None else None
        runs = [replace(one, say=_of(one), shared=once) for one in runs]
    return Chosen(tuple(runs), {one.target.identity: name for name, one in projects.items()})


def each(targets: Chosen, form: str, do: Callable[[Run], Ended]) -> None:
    """Do it on each target; what fails on one keeps no other from its turn. Exit with the gravest code.

    On one alone it is as if there were no others: its error goes through, and no summary is printed.
    """
    if targets.several:
        code = _one_after_the_other(targets.runs, form, do)
    else:
        ended = do(targets.runs[0])
        typer.echo(ended.text, nl=False)
        if ended.error:
            raise ended.error
        code = ended.code
    if code:
        raise typer.Exit(code)


def check_format(targets: Chosen, form: str) -> None:
    """Refuse a format in which several targets cannot stand one after the other."""
    if targets.several and form not in _TOGETHER:
        known = ", ".join(_TOGETHER)
        raise typer.BadParameter(
            f"{form} shows one target: choose it with --target, or take one of {known}",
            param_hint="--format",
        )


def _one_after_the_other(runs: Sequence[Run], form: str, do: Callable[[Run], Ended]) -> int:
    from reconciler.core.render.summary import gravest

    lines: list[Line] = []
    page = _JsonPage() if form == "json" else _Page(form)
    halted = False
    for run in runs:
        ended = Ended(outcome="not begun", code=_INTERRUPTED) if halted else _tried(run, do)
        halted = halted or ended.halted
        page.add(ended.text)
        lines.append(_line(run, ended))
    page.end(lines)
    return gravest(line.code for line in lines)


def _tried(run: Run, do: Callable[[Run], Ended]) -> Ended:
    try:
        ended = do(run)
    except ReconcilerError as error:
        ended = Ended(error=error)
    except KeyboardInterrupt:
        return Ended(code=_INTERRUPTED, halted=True)
    if ended.error:
        say(ended.error, run.target)
        return replace(ended, code=ended.error.exit_code)
    return ended


def _line(run: Run, ended: Ended) -> Line:
    from reconciler.core.render.summary import Line

    return Line(
        target=run.target,
        identity=run.project().target.identity,
        code=ended.code,
        outcome=ended.outcome or _OUTCOMES.get(ended.code, _OUTCOMES[1]),
        changes=ended.changes,
        guards=ended.guards,
        file=str(ended.file or ""),
    )


class _Page:
    """What is printed for each target, one below the other, and the summary as a table."""

    def __init__(self, form: str) -> None:
        self._form = form

    def add(self, text: str) -> None:
        """Print what is to be said of one target."""
        if text:
            typer.echo(text)

    def end(self, lines: Sequence[Line]) -> None:
        """Print the summary."""
        from reconciler.core.render.summary import summary_markdown, summary_text

        typer.echo((summary_markdown if self._form == "markdown" else summary_text)(lines), nl=False)


class _JsonPage:
    """One JSON document of the documents of all targets; none is kept once it is printed."""

    def __init__(self) -> None:
        self._opening = '{"format_version": "1.0", "kind": "targets", "documents": [\n'

    def add(self, text: str) -> None:
        """Print the document of one target."""
        if text:
            typer.echo(self._opening + text.rstrip("\n"), nl=False)
            self._opening = ",\n"

    def end(self, lines: Sequence[Line]) -> None:
        """Print the summary as the last of the keys."""
        import json

        from reconciler.core.render.summary import summary_documents

        opening = "" if self._opening == ",\n" else self._opening
        typer.echo(f'{opening}\n],\n"targets": {json.dumps(summary_documents(lines), indent=2)}}}')


def _recorded(run: Run) -> Path | None:
    """Return the snapshot of one target: what is below its name where several were recorded together."""
    if run.snapshot is None or PLACE in str(run.snapshot):
        return run.snapshot and file_of(run, run.snapshot)
    part = run.snapshot / run.target
    return part if part.is_dir() else run.snapshot


def _of(run: Run) -> Callable[[str], None]:
    return lambda what: run.say(f"{run.target}: {what}")
