"""``doctor``: reach everything, change nothing, and say what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.each import Names, chosen
from reconciler.cli.flags import Folder, NoScripts, flag, this_run

if TYPE_CHECKING:
    from reconciler.pipeline.plan import Run


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(doctor)


def doctor(
    context: typer.Context,
    directory: Folder = None,
    target: Names = None,
    spec: Annotated[
        str,
        flag(
            "--spec",
            help="The installation's OpenAPI file, or its address: say what of it can be used.",
            metavar="FILE-OR-URL",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        flag("--out", "-o", help="With --spec: write the binding into this file.", metavar="FILE"),
    ] = None,
    no_scripts: NoScripts = False,
) -> None:
    """Reach every source and server, and say what is missing.

    Nothing is changed. With --spec it reads the OpenAPI file of an installation (2.0, 3.0 or 3.1; YAML or
    JSON) instead, and says which operations it finds, lacks, or leaves a person to choose. Exit codes: 0
    all is well, 1 the specification or a manifest cannot be used, 6 something cannot be reached or read.
    """
    from reconciler.errors import UsageError

    run = this_run(context, directory, no_scripts=no_scripts)
    if spec:
        _look_into(run, spec, out)
        return
    if out:
        raise UsageError(
            "--out writes a binding, and there is no --spec", hint="give the OpenAPI file: --spec FILE"
        )
    _examine(chosen(run, target).runs)


def _look_into(run: Run, spec: str, out: Path | None) -> None:
    from reconciler.core.render.harmless import visible
    from reconciler.errors import ReconcilerError
    from reconciler.pipeline.binding_text import binding_text
    from reconciler.pipeline.specification import findings_of, name_of, table

    name = name_of(out)
    findings = findings_of(run, spec, name)
    for line in table(findings):
        typer.echo(visible(line))
    if out is None:
        return
    try:
        out.write_text(binding_text(findings, name, spec.partition("?")[0]), encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReconcilerError(
            f"the binding cannot be written: {error.strerror}",
            hint="give a file in a folder that this account may write to",
            where=str(out),
        ) from None
    typer.echo(f"{out}: written; look at every row, then name it in the Target as rest.binding", err=True)


def _examine(runs: tuple[Run, ...]) -> None:
    from reconciler.core.render.harmless import visible
    from reconciler.errors import TargetError
    from reconciler.pipeline.doctor import FAILED, examine

    failed = 0
    for run in runs:
        for check in examine(run, run.project()):
            failed += check.state == FAILED
            typer.echo(visible(f"{check.state:9}  {check.subject}: {check.told}"))
            if check.hint:
                typer.echo(visible(f"{'':9}  hint: {check.hint}"))
    if failed:
        raise TargetError(
            f"{failed} of what was looked at did not answer as it should",
            hint="the lines that begin with FAILED say what, and what to do",
        )
