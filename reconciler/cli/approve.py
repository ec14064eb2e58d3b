"""``approve``: what a person allows of a plan."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags import (
    Folder,
    Identity,
    flag,
    identity_of,
    moment,
    one_of,
    project_folder,
)
from reconciler.cli.planned import PlanFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reconciler.core.change import Change
    from reconciler.core.plan import Plan

_LIFE = re.compile(r"^(\d{1,4})([hd])$")
_DEFAULT_LIFE = "72h"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(approve)


def approve(
    context: typer.Context,
    stored: PlanFile,
    directory: Folder = None,
    out: Annotated[
        Path | None,
        flag("--out", "-o", help="The approval file; PLAN.approval.json unless given.", metavar="FILE"),
    ] = None,
    only: Annotated[
        list[str] | None, flag("--only", help="Approve only this action or change id.", metavar="WHAT")
    ] = None,
    but: Annotated[
        list[str] | None, flag("--except", help="Leave this action or change id out.", metavar="WHAT")
    ] = None,
    by: Annotated[
        str, flag("--by", help="Who approves; git's user.email unless given.", metavar="NAME")
    ] = "",
    waive: Annotated[
        list[str] | None, flag("--waive", help="Let this guard pass, for a reason.", metavar="GUARD")
    ] = None,
    reason: Annotated[
        list[str] | None,
        flag("--reason", help="Why a guard is waived; one, or one for each.", metavar="TEXT"),
    ] = None,
    expires: Annotated[
        str, flag("--expires", help="How long it holds: 12h, 7d, or a time in ISO 8601.", metavar="TIME")
    ] = _DEFAULT_LIFE,
    identity: Identity = "",
) -> None:
    """Allow the changes of a plan: all of them, or only some.

    The approval is a list of effects on one server. What else comes to be needed is not covered by it.
    Exit code 4: the plan has expired.
    """
    from reconciler.core.approval import Approval, select, standing
    from reconciler.core.change import effect
    from reconciler.core.times import stamp
    from reconciler.planfile import read_plan, write_approval

    read = read_plan(stored, identity_of(identity))
    plan, now = read.plan, moment()
    _check_fresh(stored, plan.stamp.expires, stamp(now))
    _check_known([*(only or ()), *(but or ())], plan.changes)
    reachable = [change for change in plan.changes if change.id not in plan.unreachable]
    chosen = select(reachable, only or (), but or ())
    approval = Approval(
        target=plan.target.identity,
        plan=read.digest,
        effects={effect(plan.target.identity, change): change.id for change in chosen},
        approved_by=by or _who(project_folder(context, directory)),
        approved_at=stamp(now),
        expires=_end(expires, now),
        waived=_waivers(waive or (), reason or ()),
        waived_up_to=standing(plan.verdicts, waive or ()),
    )
    path = out or stored.with_name(
        stored.name.removesuffix(".plan.json").removesuffix(".json") + ".approval.json"
    )
    write_approval(path, approval)
    typer.echo(f"{path}: {len(chosen)} of {len(plan.changes)} changes, until {approval.expires}", err=True)
    for note in _notes(plan, approval.waived):
        typer.echo(f"note: {note}", err=True)


def _notes(plan: Plan, waived: Collection[str]) -> Iterator[str]:
    """Yield what an approval of this plan will not bring about."""
    if not plan.target.writable:
        yield f"the target {plan.target.name} has no way to write, so apply will refuse"
    if plan.unreachable:
        count = len(plan.unreachable)
        changes = "change" if count == 1 else "changes"
        yield f"{count} {changes} cannot be applied through this target, and no approval holds them"
    for verdict in plan.tripped:
        if verdict.guard not in waived:
            yield f"the guard {verdict.guard} is not waived, so apply will refuse"


def _check_fresh(stored: Path, expires: str, now: str) -> None:
    from reconciler.errors import NotApproved

    if expires <= now:
        raise NotApproved(
            f"the plan expired at {expires}", hint="make a new plan and look at it", where=str(stored)
        )


def _check_known(named: Collection[str], changes: Sequence[Change]) -> None:
    from reconciler.core.change import Action

    known = {change.id for change in changes} | set(Action)
    for word in named:
        if word not in known:
            raise typer.BadParameter(f"{word!r} is no action, and no change of this plan")


def _waivers(guards: Sequence[str], reasons: Sequence[str]) -> dict[str, str]:
    from reconciler.core.guards import NAMES

    for guard in guards:
        one_of(guard, NAMES, "--waive")
    fitting = not guards or len(reasons) in {1, len(guards)}
    if not fitting or not all(reason.strip() for reason in reasons):
        raise typer.BadParameter("a waiver needs a reason", param_hint="--reason")
    if reasons and not guards:
        raise typer.BadParameter("a reason is given, and no guard is waived", param_hint="--reason")
    return dict(zip(guards, list(reasons) * (len(guards) if len(reasons) == 1 else 1), strict=True))


def _end(expires: str, now: datetime) -> str:
    from reconciler.core.times import stamp

    life = _LIFE.match(expires)
    if life:
        amount = int(life[1])
        return stamp(now + (timedelta(hours=amount) if life[2] == "h" else timedelta(days=amount)))
    try:
        end = datetime.fromisoformat(expires)
        return stamp(end if end.tzinfo else end.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{expires!r} is no 12h, 7d or ISO 8601", param_hint="--expires") from None


def _who(folder: Path) -> str:
    from reconciler.pipeline.git import ask

    return ask("config", "user.email", folder=folder) or getpass.getuser()
