"""What a person sees while changes are carried out: a bar on a terminal, elsewhere a line for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from reconciler.cli.say import note

if TYPE_CHECKING:
    from reconciler.core.outcome import Outcome
    from reconciler.pipeline.apply import Watch

_ENDING = b"\nending after the writes that are under way; what is not begun stays as it is\n"


@contextmanager
def watching() -> Iterator[Watch]:
    """Give what looks on at an apply, and take its bar away at the end."""
    from reconciler.pipeline.apply import Watch

    if not sys.stderr.isatty():
        yield Watch(ended=_lines, told=note)
        return
    with _bar() as watch:
        yield watch


def interrupted() -> None:
    """Say that the wish to end was heard; fit for the handler of a signal."""
    with suppress(OSError):
        os.write(2, _ENDING)


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from reconciler.core.outcome import Status
    from reconciler.pipeline.apply import Watch

    columns = (
        TextColumn("applying"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", start=False, rate="")

        def begins(count: int) -> None:
            progress.update(task, total=count)
            progress.start_task(task)

        def ended(outcomes: Sequence[Outcome]) -> None:
            speed = progress.tasks[0].speed
            progress.update(task, advance=len(outcomes), rate=f"{speed:,.0f}/s" if speed else "")
            for outcome in outcomes:
                if outcome.status is not Status.APPLIED:
                    progress.console.print(_told(outcome), markup=False, highlight=False)

        yield Watch(begins, ended, note)


def _lines(outcomes: Sequence[Outcome]) -> None:
    with suppress(OSError):  # though nobody listens any more, the run goes on to its result
        typer.echo("\n".join(map(_told, outcomes)), err=True)


def _told(outcome: Outcome) -> str:
    line = f"{outcome.status}: {outcome.change.id}"
    if not outcome.detail:
        return line
    from reconciler.core.render.harmless import visible
    from reconciler.core.render.masks import Mask

    return f"{line} {visible(Mask().told(outcome.detail, outcome.change))}".rstrip()
