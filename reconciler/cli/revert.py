"""``revert``: the plan that takes an apply back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.each import Ended, each
from reconciler.cli.flags import (
    PLAN_FORMATS,
    EncryptTo,
    Folder,
    Identity,
    Ledger,
    flag,
    identity_of,
    in_colour,
    one_of,
    this_run,
)
from reconciler.cli.stored import undoing

ResultFile = Annotated[
    Path, typer.Argument(help="A result that `reconciler apply --result` wrote.", metavar="RESULT")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(revert)


def revert(
    context: typer.Context,
    result: ResultFile,
    directory: Folder = None,
    out: Annotated[
        Path | None, flag("--out", "-o", help="Write the plan into this file.", metavar="FILE")
    ] = None,
    output: Annotated[str, PLAN_FORMATS] = "text",
    identity: Identity = "",
    encrypt_to: EncryptTo = None,
    ledger: Ledger = "",
) -> None:
    """Plan what takes an apply back.

    Accounts are undeleted, fields and memberships are as they were. Nothing is written to MyQ. The plan
    is approved like any other, and carried out by `reconciler apply --revert RESULT`. What has changed
    since the apply is told and left. Exit codes: 0 done, 3 a guard refuses, 6 the server was not read to
    the end.
    """
    from reconciler.core.render.view import View
    from reconciler.errors import GuardRefused
    from reconciler.pipeline.plan import Run
    from reconciler.pipeline.revert import plan_revert
    from reconciler.planfile import plan_digest, write_plan
    from reconciler.planfile.sealed import recipients_of
    from reconciler.report import RENDERERS, render_plan

    one_of(output, RENDERERS, "--format")
    recipients = recipients_of(encrypt_to or ())
    run = this_run(context, directory, ledger=ledger)
    targets, undo = undoing(run, (), result, identity_of(identity))

    def planned(run: Run) -> Ended:
        made = plan_revert(run, undo).plan
        digest = write_plan(out, made, recipients) if out else plan_digest(made)
        of = run.target if len(targets.known) > 1 else ""
        view = View(color=in_colour(), file=str(out or ""), target=of)
        return Ended(
            render_plan(made, digest, output, view=view), code=GuardRefused.exit_code if made.tripped else 0
        )

    each(targets, output, planned)
