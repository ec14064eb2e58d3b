"""``plan``, ``show`` and ``verify``: look, and change nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags import Folder, Format, NoScripts, Snapshot, flag, in_colour, one_of, this_run

if TYPE_CHECKING:
    from reconciler.core.render.view import View
    from reconciler.pipeline.plan import Planned

_CHANGES = 2

PlanFile = Annotated[Path, typer.Argument(help="A plan that `reconciler plan --out` wrote.", metavar="PLAN")]
Source = Annotated[list[str] | None, flag("--source", help="Show only this source's.", metavar="NAME")]
User = Annotated[list[str] | None, flag("--user", help="Show only this user.", metavar="NAME")]
Group = Annotated[list[str] | None, flag("--group", help="Show only this group's.", metavar="PATH")]
Action = Annotated[list[str] | None, flag("--action", help="Show only this action.", metavar="ACTION")]
Limit = Annotated[
    int, flag("--limit", help="Show so many changes of one action, and notices of one kind; 0 is all.", min=0)
]
Masked = Annotated[
    bool, flag("--masked", help="Show people as pseudonyms, as Markdown always does; not with json.")
]
_SHOWN = 200
"""More of one action than this nobody reads on a screen; the plan file has them all."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(plan)
    app.command()(show)
    app.command()(verify)


def plan(
    context: typer.Context,
    directory: Folder = None,
    out: Annotated[Path | None, flag("--out", "-o", help="Write the plan into this file.")] = None,
    output: Format = "text",
    detailed_exitcode: Annotated[
        bool, flag("--detailed-exitcode", help="Exit 2 when there are changes.")
    ] = False,
    source: Source = None,
    user: User = None,
    group: Group = None,
    action: Action = None,
    limit: Limit = _SHOWN,
    masked: Masked = False,
    no_scripts: NoScripts = False,
    snapshot: Snapshot = None,
) -> None:
    """Read sources and server, and say what would change, why, and whether a guard objects.

    Nothing is written to MyQ. Exit codes: 0 done, 2 changes (only with --detailed-exitcode),
    3 a guard refuses, 6 a source or the server was not read to the end.
    """
    from reconciler.pipeline.plan import make_plan
    from reconciler.planfile import plan_digest, write_plan
    from reconciler.report import RENDERERS, render_plan

    _maskable(one_of(output, RENDERERS, "--format"), masked=masked)
    view = replace(_view(source, user, group, action, out), limit=limit or None, masked=masked)
    run = this_run(context, directory, watched=user or (), no_scripts=no_scripts, snapshot=snapshot)
    planned = make_plan(run)
    made = planned.plan
    digest = write_plan(out, made) if out else plan_digest(made)
    typer.echo(render_plan(made, digest, output, view=view), nl=False)
    if user and output == "text" and not masked:
        _look(planned, user)
    if made.tripped:
        from reconciler.errors import GuardRefused

        raise typer.Exit(GuardRefused.exit_code)
    if detailed_exitcode and made.changes:
        raise typer.Exit(_CHANGES)


def _look(planned: Planned, users: list[str]) -> None:
    from reconciler.pipeline.look import look_at

    for name in users:
        typer.echo("\n" + "\n".join(look_at(planned, name)))


def show(
    stored: PlanFile,
    directory: Folder = None,  # noqa: ARG001  nothing of the project is needed, and -C is taken everywhere
    output: Format = "text",
    source: Source = None,
    user: User = None,
    group: Group = None,
    action: Action = None,
    limit: Limit = _SHOWN,
    masked: Masked = False,
) -> None:
    """Show a stored plan."""
    from reconciler.planfile import read_plan
    from reconciler.report import RENDERERS, render_plan

    _maskable(one_of(output, RENDERERS, "--format"), masked=masked)
    read = read_plan(stored)
    view = replace(_view(source, user, group, action, stored), limit=limit or None, masked=masked)
    typer.echo(render_plan(read.plan, read.digest, output, view=view), nl=False)


def verify(
    context: typer.Context,
    stored: PlanFile,
    directory: Folder = None,
    no_scripts: NoScripts = False,
    snapshot: Snapshot = None,
) -> None:
    """Say whether a plan is still what a fresh plan would say; exit 4 when it is not."""
    from reconciler.core.change import effect
    from reconciler.errors import NotApproved
    from reconciler.pipeline.plan import make_plan
    from reconciler.planfile import read_plan

    run = this_run(context, directory, no_scripts=no_scripts, snapshot=snapshot)
    old, new = read_plan(stored).plan, make_plan(run).plan
    before, after = (
        {effect(one.target.identity, change): change.id for change in one.changes} for one in (old, new)
    )
    gone = sorted(before[one] for one in before.keys() - after.keys())
    come = sorted(after[one] for one in after.keys() - before.keys())
    for mark, ids in (("-", gone), ("+", come)):
        for id_ in ids:
            typer.echo(f"{mark} {id_}")
    if gone or come:
        raise NotApproved(
            f"{len(gone)} changes of the plan are no longer needed, {len(come)} others are",
            hint="make a new plan and look at it",
            where=str(stored),
        )
    typer.echo(f"still so: {len(after)} changes", err=True)


def _maskable(form: str, *, masked: bool) -> None:
    if masked and form == "json":
        raise typer.BadParameter("json is the whole plan, with its people", param_hint="--masked")


def _view(
    source: list[str] | None,
    user: list[str] | None,
    group: list[str] | None,
    action: list[str] | None,
    file: Path | None,
) -> View:
    from reconciler.core.change import Action as Known
    from reconciler.core.render.view import View

    return View(
        sources=frozenset(source or ()),
        users=frozenset(user or ()),
        groups=frozenset(group or ()),
        actions=frozenset(one_of(one, Known, "--action") for one in action or ()),
        color=in_colour(),
        key=os.environ.get("RECONCILER_PSEUDONYM_KEY", "").encode(),
        file=str(file) if file else "",
    )
