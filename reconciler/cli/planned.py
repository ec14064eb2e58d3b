"""What `plan` and `drift` share: which part of a plan is shown, how one is made and kept of each target."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from reconciler.cli.each import SEVERAL, Ended, check_format, chosen, each
from reconciler.cli.flags import flag, in_colour, one_of

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
