"""``test``: what today's manifests would have done on days that were recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.each import Names, chosen
from reconciler.cli.flags import Folder, flag, formats, one_of, this_run

History = Annotated[
    Path,
    flag("--history", help="A folder of snapshots, one for each day that was recorded.", metavar="DIR"),
]
AsIfApplied = Annotated[
    bool,
    flag("--as-if-applied", help="Begin each day with what MyQ would hold, had all plans been applied."),
]
_FORMS = ("text", "json")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("test")(back_test)


def back_test(
    context: typer.Context,
    history: History,
    directory: Folder = None,
    target: Names = None,
    as_if_applied: AsIfApplied = False,
    output: Annotated[str, formats(*_FORMS)] = "text",
) -> None:
    """Replay recorded days, and say when a guard would have tripped.

    The manifests are taken as they are now. Nothing is read but the snapshots, and nothing is written.
    Exit codes: 0 done, whatever the guards say; 6 a snapshot is damaged, or of something else.
    """
    import json

    from reconciler.core.backtest import days_document
    from reconciler.core.render.days import days_text
    from reconciler.pipeline.backtest import replay

    one_of(output, _FORMS, "--format")
    targets = chosen(this_run(context, directory), target)
    if targets.several:
        raise typer.BadParameter("choose one of the targets", param_hint="--target")
    (run,) = targets.runs
    days = list(replay(run, history, applied=as_if_applied))
    if output == "json":
        typer.echo(json.dumps(days_document(days), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(days_text(days)))
