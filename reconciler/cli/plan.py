"""``plan`` and ``show``: look, and change nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from reconciler.cli.each import Names
from reconciler.cli.flags import (
    PLAN_FORMATS,
    EncryptTo,
    Folder,
    Identity,
    Ledger,
    NoScripts,
    Snapshot,
    flag,
    identity_of,
    this_run,
)
from reconciler.cli.planned import (
    Action,
    Base,
    Group,
    Limit,
    Masked,
    Out,
    PlanFile,
    Source,
    Stored,
    User,
    each_planned,
    view_of,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(plan)
    app.command()(show)


def plan(
    context: typer.Context,
    directory: Folder = None,
    target: Names = None,
    out: Out = None,
    output: Annotated[str, PLAN_FORMATS] = "text",
    detailed_exitcode: Annotated[
        bool, flag("--detailed-exitcode", help="Exit 2 when there are changes.")
    ] = False,
    source: Source = None,
    user: User = None,
    group: Group = None,
    action: Action = None,
    limit: Limit = None,
    masked: Masked = False,
    no_scripts: NoScripts = False,
    snapshot: Snapshot = None,
    base: Base = "",
    ledger: Ledger = "",
    remember: Annotated[
        bool, flag("--remember/--no-remember", help="Whether this read counts for those who are missing.")
    ] = True,
    encrypt_to: EncryptTo = None,
) -> None:
    """Say what would change in MyQ, why, and whether a guard objects.

    Sources and MyQ are read; nothing is written to MyQ. Exit codes: 0 done, 2 changes (only with
    --detailed-exitcode), 3 a guard refuses, 6 a source or the server was not read to the end.
    """
    from reconciler.pipeline.plan import make_plan

    view = view_of(output, source, user, group, action, limit, masked=masked)
    run = this_run(
        context,
        directory,
        watched=user or (),
        no_scripts=no_scripts,
        snapshot=snapshot,
        base=base,
        ledger=ledger,
        remember=remember,
    )
    stored = Stored(out, encrypt_to or ())
    each_planned(run, target, stored, output, view, make_plan, detailed_exitcode=detailed_exitcode)


def show(
    stored: PlanFile,
    directory: Folder = None,  # noqa: ARG001  nothing of the project is needed, and -C is taken everywhere
    output: Annotated[str, PLAN_FORMATS] = "text",
    source: Source = None,
    user: User = None,
    group: Group = None,
    action: Action = None,
    limit: Limit = None,
    masked: Masked = False,
    identity: Identity = "",
) -> None:
    """Print a stored plan in any format."""
    from reconciler.planfile import read_plan
    from reconciler.report import render_plan

    view = view_of(output, source, user, group, action, limit, masked=masked)
    read = read_plan(stored, identity_of(identity))
    view = replace(view, file=str(stored))
    typer.echo(render_plan(read.plan, read.digest, output, view=view), nl=False)
