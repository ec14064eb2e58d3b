"""``plan`` and ``show``: look, and change nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from reconciler.cli.each import SEVERAL, Ended, Names, check_format, chosen, each
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
    in_colour,
    one_of,
    this_run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.core.render.view import View
    from reconciler.pipeline.plan import Planned, Run
    from reconciler.planfile.sealed import Recipient

_CHANGES = 2

Out = Annotated[
    Path | None,
    flag(
        "--out",
        "-o",
        help=f"Write the plan into this file; of several targets: {SEVERAL}.",
        metavar="FILE",
    ),
]
PlanFile = Annotated[Path, typer.Argument(help="A plan that `reconciler plan --out` wrote.", metavar="PLAN")]
Source = Annotated[list[str] | None, flag("--source", help="Show only this source's.", metavar="NAME")]
User = Annotated[list[str] | None, flag("--user", help="Show only this user.", metavar="NAME")]
Group = Annotated[list[str] | None, flag("--group", help="Show only this group's.", metavar="PATH")]
Action = Annotated[
    list[str] | None,
    flag("--action", help="Show only this action: create, update, deactivate, ...", metavar="ACTION"),
]
Limit = Annotated[
    int | None,
    flag(
        "--limit",
        help="Show so many changes of one action, and notices of one kind; 0 is all. 200, in markdown 10.",
        metavar="NUMBER",
        min=0,
    ),
]
Masked = Annotated[
    bool, flag("--masked", help="Show people as pseudonyms, as Markdown always does; not with json.")
]
Base = Annotated[
    str,
    flag(
        "--base",
        help="Tell what these manifests cause, held against those of a folder or a git ref.",
        metavar="DIR-OR-REF",
    ),
]
_SHOWN = 200
"""More of one action than this nobody reads on a screen; the plan file has them all."""

_EXAMPLES = 10
"""In a comment, where people are masked, some examples say as much as all."""


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


class Stored(NamedTuple):
    """Where plans are written to, None for nowhere, and for whom they are encrypted."""

    out: Path | None
    encrypt_to: Sequence[str]


def each_planned(
    run: Run,
    names: list[str] | None,
    stored: Stored,
    form: str,
    view: View,
    make: Callable[[Run], Planned],
    *,
    detailed_exitcode: bool,
) -> None:
    """Make, store and show a plan of each target; exit with the gravest code."""
    from reconciler.planfile.sealed import recipients_of

    recipients = recipients_of(stored.encrypt_to)
    targets = chosen(run, names, shared=True)
    check_format(targets, form)
    files = targets.files(stored.out, "plan", "--out")

    def one(run: Run) -> Ended:
        file = files[run.target]
        of = run.target if len(targets.known) > 1 else ""
        ended = _ended(make(run), file, recipients, form, replace(view, target=of, file=str(file or "")))
        pending = detailed_exitcode and ended.changes and not ended.code
        return replace(ended, code=_CHANGES) if pending else ended

    each(targets, form, one)


def _ended(
    planned: Planned, file: Path | None, recipients: Sequence[Recipient], form: str, view: View
) -> Ended:
    from reconciler.errors import GuardRefused
    from reconciler.planfile import plan_digest, write_plan
    from reconciler.report import render_plan

    made = planned.plan
    digest = write_plan(file, made, recipients) if file else plan_digest(made)
    text = render_plan(made, digest, form, view=view)
    if form == "text" and not view.masked:
        text += "".join(f"\n{one}\n" for one in _closely(planned, view.users))
    outcome = "changes planned" if made.changes else "nothing to do"
    return Ended(
        text=text,
        outcome="" if made.tripped else outcome,
        code=GuardRefused.exit_code if made.tripped else 0,
        changes=len(made.changes),
        guards=tuple(dict.fromkeys(verdict.guard for verdict in made.tripped)),
        file=file,
    )


def _closely(planned: Planned, names: Iterable[str]) -> list[str]:
    if not names:
        return []  # few ask for it, and what compares records takes a while to load
    from reconciler.pipeline.look import look_at

    return ["\n".join(look_at(planned, name)) for name in sorted(names)]


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


def _shown(limit: int | None, form: str) -> int | None:
    if limit is None:
        return _EXAMPLES if form == "markdown" else _SHOWN
    return limit or None


def _maskable(form: str, *, masked: bool) -> None:
    if masked and form == "json":
        raise typer.BadParameter("json is the whole plan, with its people", param_hint="--masked")


def view_of(
    form: str,
    source: list[str] | None,
    user: list[str] | None,
    group: list[str] | None,
    action: list[str] | None,
    limit: int | None,
    *,
    masked: bool,
) -> View:
    """Return the view that the flags describe; raise BadParameter for a format that there is not."""
    from reconciler.core.change import Action as Known
    from reconciler.core.render.view import View
    from reconciler.report import RENDERERS

    _maskable(one_of(form, RENDERERS, "--format"), masked=masked)
    return View(
        sources=frozenset(source or ()),
        users=frozenset(user or ()),
        groups=frozenset(group or ()),
        actions=frozenset(one_of(one, Known, "--action") for one in action or ()),
        limit=_shown(limit, form),
        masked=masked,
        color=in_colour(),
        key=os.environ.get("RECONCILER_PSEUDONYM_KEY", "").encode(),
    )
