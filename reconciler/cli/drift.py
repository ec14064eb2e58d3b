"""``drift``: a look by schedule, which says of each difference who has moved."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.each import Names
from reconciler.cli.flags import PLAN_FORMATS, EncryptTo, Folder, Ledger, NoScripts, flag, this_run
from reconciler.cli.planned import (
    Action,
    Group,
    Limit,
    Masked,
    Out,
    Source,
    Stored,
    User,
    each_planned,
    view_of,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(drift)


def drift(
    context: typer.Context,
    directory: Folder = None,
    target: Names = None,
    out: Out = None,
    output: Annotated[str, PLAN_FORMATS] = "text",
    detailed_exitcode: Annotated[
        bool, flag("--detailed-exitcode", help="Exit 2 when there are differences.")
    ] = False,
    source: Source = None,
    user: User = None,
    group: Group = None,
    action: Action = None,
    limit: Limit = None,
    masked: Masked = False,
    no_scripts: NoScripts = False,
    ledger: Ledger = "",
    remember: Annotated[
        bool, flag("--remember/--no-remember", help="Whether the next look is held against this one.")
    ] = True,
    encrypt_to: EncryptTo = None,
) -> None:
    """Say what differs, and who moved: server, sources or manifests.

    A plan, held against the last look that the ledger remembers; made for schedules. Nothing is written to
    MyQ. Exit codes: 0 done, 2 differences (only with --detailed-exitcode), 3 a guard refuses, 6 a source or
    the server was not read to the end.
    """
    from reconciler.pipeline.drift import make_drift

    view = view_of(output, source, user, group, action, limit, masked=masked)
    run = this_run(
        context,
        directory,
        watched=user or (),
        no_scripts=no_scripts,
        ledger=ledger,
        remember=remember,
    )
    stored = Stored(out, encrypt_to or ())
    each_planned(run, target, stored, output, view, make_drift, detailed_exitcode=detailed_exitcode)
