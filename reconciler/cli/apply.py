"""``apply``: what is approved and still needed is carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.each import SEVERAL, Ended, Names, check_format, chosen, each
from reconciler.cli.flags import (
    EncryptTo,
    Folder,
    Identity,
    Ledger,
    NoScripts,
    flag,
    formats,
    identity_of,
    one_of,
    this_run,
)
from reconciler.cli.progress import interrupted, watching
from reconciler.cli.stored import approvals_of, undoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.core.approval import Approval
    from reconciler.core.outcome import Result
    from reconciler.errors import ReconcilerError
    from reconciler.pipeline.plan import Run
    from reconciler.planfile.sealed import Recipient


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(apply)


def apply(
    context: typer.Context,
    directory: Folder = None,
    target: Names = None,
    approval: Annotated[
        list[Path] | None,
        flag(
            "--approval",
            "-a",
            help="An approval file, or a folder of them; may be given several times.",
            metavar="PATH",
        ),
    ] = None,
    result: Annotated[
        Path | None,
        flag(
            "--result",
            help=f"Write what happened into this file; of several targets: {SEVERAL}.",
            metavar="FILE",
        ),
    ] = None,
    revert: Annotated[
        Path | None,
        flag(
            "--revert",
            help="Take the apply of this result back, instead of what sources want.",
            metavar="RESULT",
        ),
    ] = None,
    identity: Identity = "",
    output: Annotated[str, formats("text", "markdown", "json")] = "text",
    no_scripts: NoScripts = False,
    ledger: Ledger = "",
    encrypt_to: EncryptTo = None,
) -> None:
    """Plan afresh, and carry out what is approved and still needed.

    Of several targets one comes after the other, and what fails on one keeps no other from its turn.

    Exit codes: 0 done or nothing to do, 3 a guard refuses, 4 approval missing, expired or for
    something else, 5 applied in part, 6 a source or the server was not read to the end.
    """
    from reconciler.core.render import RESULT_RENDERERS
    from reconciler.planfile.files import check_writable
    from reconciler.planfile.sealed import recipients_of

    one_of(output, RESULT_RENDERERS, "--format")
    recipients = recipients_of(encrypt_to or ())
    run = this_run(context, directory, no_scripts=no_scripts, ledger=ledger)
    key = identity_of(identity)
    targets, undo = undoing(run, target, revert, key) if revert else (chosen(run, target), None)
    check_format(targets, output)
    files = targets.files(result, "result", "--result")
    approvals = approvals_of(targets, approval or ())
    for file in filter(None, files.values()):
        check_writable(file)
    each(
        targets,
        output,
        lambda run: _apply(run, approvals[run.target], files[run.target], recipients, output, undo),
    )


def _apply(
    run: Run,
    approvals: Sequence[Approval],
    file: Path | None,
    recipients: Sequence[Recipient],
    form: str,
    undo: Result | None,
) -> Ended:
    from reconciler.core.outcome import Status
    from reconciler.core.render import render_result
    from reconciler.errors import ApplyIncomplete, PlanFileError
    from reconciler.pipeline.apply import apply as carry_out
    from reconciler.pipeline.interrupts import Interrupts
    from reconciler.planfile import write_result

    error: ReconcilerError | None = None
    with Interrupts(interrupted) as interrupts:
        with watching() as watch:
            result = carry_out(run, approvals, watch, interrupts, undo)
        if not result.complete:
            error = ApplyIncomplete(
                "some approved changes were not applied",
                hint="run apply again: what is done is not done twice"
                + (f"; {file} has the rest" if file else ""),
            )
        try:
            if file:
                write_result(file, result, recipients)
        except PlanFileError as failed:
            error = failed
    ways = ((Status.APPLIED, "applied"), (Status.HANDED_OVER, "handed over"))
    counts = [(sum(one.status is status for one in result.outcomes), word) for status, word in ways]
    done = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return Ended(
        text=render_result(result, form),
        outcome="" if error else done or "nothing to do",
        changes=len(result.outcomes),
        file=file,
        error=error,
        halted=interrupts.stop.is_set(),
    )
