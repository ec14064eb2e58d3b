"""``verify``: is a stored plan still what a fresh one would say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.each import SEVERAL, Ended, Names, chosen, each
from reconciler.cli.flags import Folder, Identity, Ledger, NoScripts, Snapshot, identity_of, this_run
from reconciler.cli.planned import Base
from reconciler.cli.stored import plans_of

if TYPE_CHECKING:
    from reconciler.pipeline.plan import Run

StoredPlans = Annotated[
    Path, typer.Argument(help=f"A stored plan; of several targets: {SEVERAL}.", metavar="PLAN")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(verify)


def verify(
    context: typer.Context,
    stored: StoredPlans,
    directory: Folder = None,
    target: Names = None,
    no_scripts: NoScripts = False,
    snapshot: Snapshot = None,
    base: Base = "",
    ledger: Ledger = "",
    identity: Identity = "",
) -> None:
    """Say whether a plan is still what a fresh plan would say.

    Exit codes: 0 it is, 4 it is not, 6 a source or the server was not read to the end. With --base, only
    what the manifests cause has to be the same, since directories change at any hour. A plan is held
    against the target that it was made for. With a folder of plans, or {target} in the name, each target
    must have one.
    """
    # What is to be merged is not merged yet, so its reads count for nobody.
    run = this_run(
        context,
        directory,
        no_scripts=no_scripts,
        snapshot=snapshot,
        base=base,
        ledger=ledger,
        remember=False,
    )
    key = identity_of(identity)
    targets, plans = plans_of(chosen(run, target, shared=not base), stored, key)
    each(
        targets,
        "text",
        lambda run: _verify(run, plans[run.target], key, f"{run.target}:\n" * targets.several),
    )


def _verify(run: Run, stored: Path, identity: str, heading: str) -> Ended:
    from reconciler.core.freshness import Unattributed, compared
    from reconciler.errors import NotApproved
    from reconciler.pipeline.plan import make_plan
    from reconciler.planfile import read_plan

    try:
        found = compared(read_plan(stored, identity).plan, make_plan(run).plan, caused=bool(run.base))
    except Unattributed as lacking:
        raise NotApproved(
            f"{lacking}: what the manifests cause cannot be compared",
            hint="make both plans with the same --base, which can be planned",
            where=str(stored),
        ) from None
    listed = ((mark, id_) for mark, ids in (("-", found.gone), ("+", found.come)) for id_ in ids)
    text = heading + "".join(f"{mark} {id_}\n" for mark, id_ in listed)
    if found.gone or found.come:
        error = NotApproved(
            f"{len(found.gone)} changes of the plan are no longer needed, {len(found.come)} others are",
            hint="make a new plan and look at it",
            where=str(stored),
        )
        return Ended(text=text, outcome="no longer so", changes=found.needed, error=error)
    typer.echo(f"still so: {found.needed} changes", err=True)
    return Ended(outcome="still so", changes=found.needed)
