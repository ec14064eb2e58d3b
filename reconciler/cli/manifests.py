"""``validate`` and ``schema``: what can be said of the manifests without any network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.flags import Folder, flag, formats, one_of, project_folder
from reconciler.cli.say import note


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(validate)
    app.command()(schema)


def validate(
    context: typer.Context,
    directory: Folder = None,
    output: Annotated[str, formats("text", "json", "junit", "sarif", "github")] = "text",
) -> None:
    """Check the manifests, and show every problem with a remedy.

    No network is needed. Exit codes: 0 all is well, 1 there are problems.
    """
    from reconciler.errors import ManifestError
    from reconciler.manifest.load import load_projects
    from reconciler.manifest.report import RENDERERS

    render = RENDERERS[one_of(output, RENDERERS, "--format")]
    try:
        project, *_ = load_projects(project_folder(context, directory))
    except ManifestError as error:
        typer.echo(render(error.problems), nl=False)
        raise typer.Exit(error.exit_code) from None
    typer.echo(render(()), nl=False)
    for name in project.idle:
        note(f"no target takes the source {name}")
    count = len(project.files)
    typer.echo(f"{count} file{'s' if count != 1 else ''}, no problem", err=True)


def schema(
    name: Annotated[
        str, typer.Argument(help="manifest, binding, plan, approval or result.", metavar="NAME")
    ] = "manifest",
    directory: Folder = None,  # noqa: ARG001  nothing of the project is needed, and -C is taken everywhere
    out: Annotated[
        Path | None, flag("--out", help="Write all of them into this folder instead.", metavar="DIR")
    ] = None,
) -> None:
    """Print the JSON Schema of manifests, plans, and other files.

    An editor that knows it completes keys and underlines mistakes (draft-07).
    """
    import json

    from reconciler.errors import ReconcilerError
    from reconciler.manifest.binding import binding_schema
    from reconciler.manifest.schema import manifest_schema
    from reconciler.planfile.schema import schemas

    known = {"manifest": manifest_schema(), "binding": binding_schema(), **schemas()}
    texts = {key: json.dumps(value, indent=2, sort_keys=True) + "\n" for key, value in known.items()}
    if out is None:
        typer.echo(texts[one_of(name, texts, "NAME")], nl=False)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for key, text in texts.items():
            (out / f"{key}.schema.json").write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReconcilerError(
            f"the schemas cannot be written: {error.strerror}",
            hint="give a folder that this account may write to",
            where=str(out),
        ) from None
