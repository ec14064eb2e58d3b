"""``forge``: what a job of GitHub Actions, GitLab CI or Azure Pipelines does on its forge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags import Identity, flag
from reconciler.cli.planned import PlanFile

if TYPE_CHECKING:
    from reconciler.forge.port import Approver

group = typer.Typer(help="In a CI job, speak with GitHub, GitLab or Azure DevOps.", no_args_is_help=True)

Name = Annotated[
    str,
    flag("--forge", help="github, gitlab or azure; unwritten, the one whose job this is.", metavar="NAME"),
]
Report = Annotated[
    Path, typer.Argument(help="A report in Markdown, as `plan --format markdown` prints it.", metavar="FILE")
]
Marker = Annotated[
    str, flag("--marker", help="Tells this comment or issue from others of this program.", metavar="NAME")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="forge")


@group.command()
def comment(report: Report, marker: Marker = "plan", forge: Name = "") -> None:
    """Post a report on the pull request, or renew the one there.

    There is never a second one.
    """
    from reconciler.forge import body
    from reconciler.forge.detect import this_forge

    text = _read(report)
    mark = body.marker(marker)
    with this_forge(forge) as there:
        typer.echo(there.comment(mark, body.posted(mark, text, there.limit, there.run_url)))


@group.command()
def approve(
    context: typer.Context,
    stored: PlanFile,
    environment: Annotated[
        str, flag("--environment", help="The protected environment of this job.", metavar="NAME")
    ],
    out: Annotated[
        Path | None,
        flag("--out", "-o", help="The approval file; PLAN.approval.json unless given.", metavar="FILE"),
    ] = None,
    expires: Annotated[
        str, flag("--expires", help="How long it holds: 12h, 7d, or a time in ISO 8601.", metavar="TIME")
    ] = "2h",
    identity: Identity = "",
    forge: Name = "",
) -> None:
    """Write the approval of a plan, if reviewers let this job go on.

    They are the reviewers of the protected environment. Who they are is written into it. A line `waive
    GUARD: REASON` in a reviewer's comment waives a guard. Exit code 4 where nobody had to allow it: an
    environment without reviewers approves nothing.
    """
    from reconciler.cli.approve import approve as write
    from reconciler.errors import NotApproved
    from reconciler.forge.body import waivers
    from reconciler.forge.detect import this_forge

    with this_forge(forge) as there:
        approvers = there.approvers(environment)
        name = there.name
    if not approvers:
        raise NotApproved(
            f"nobody approved this run for the environment {environment!r}",
            hint="let the environment require reviewers; an approval file in approvals/ does as well",
        )
    waived = waivers(approvers)
    write(
        context,
        stored,
        out=out,
        by=", ".join(_who(one, name, environment) for one in approvers),
        waive=list(waived),
        reason=list(waived.values()),
        expires=expires,
        identity=identity,
    )


@group.command()
def issue(
    report: Annotated[
        Path | None,
        typer.Argument(help="A report in Markdown; unwritten, the issue is closed.", metavar="FILE"),
    ] = None,
    title: Annotated[
        str, flag("--title", help="The title of the issue.", metavar="TEXT")
    ] = "MyQ differs from what the manifests say",
    marker: Marker = "drift",
    forge: Name = "",
) -> None:
    """Keep one issue about drift: open it, renew it, or close it."""
    from reconciler.forge import body
    from reconciler.forge.detect import this_forge

    mark = body.marker(marker)
    text = _read(report) if report else ""
    with this_forge(forge) as there:
        if report:
            place = there.issue(mark, title, body.posted(mark, text, there.limit, there.run_url))
        else:
            place = there.close_issue(mark, f"Nothing is left to tell: {there.run_url}")
    typer.echo(place or "no issue is open")


@group.command()
def fetch(
    artifact: Annotated[
        str, typer.Argument(help="The artifact, on GitLab the job, that holds the file.", metavar="ARTIFACT")
    ],
    out: Annotated[Path, flag("--out", "-o", help="The file to fetch, and where it is put.", metavar="FILE")],
    forge: Name = "",
) -> None:
    """Fetch a file that the last run of the pull request kept.

    Such as the plan; asked is the last run on the newest commit.
    """
    from reconciler.forge.detect import this_forge
    from reconciler.planfile.files import replace_file

    with this_forge(forge) as there:
        content = there.artifact(artifact, out.name)
    replace_file(out, (content,))


def _who(approver: Approver, forge: str, environment: str) -> str:
    when = f" at {approver.at}" if approver.at else ""
    return f"{forge}:{approver.name} ({environment}{when})"


def _read(path: Path) -> str:
    from reconciler.errors import ReconcilerError

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReconcilerError(
            f"the report cannot be read: {error}",
            hint="write one with `reconciler plan --format markdown > FILE`",
            where=str(path),
        ) from None
