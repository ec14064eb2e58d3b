"""``targets``: the MyQ servers of a project, for people and for the matrix of a CI job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.each import Names, chosen
from reconciler.cli.flags import Folder, formats, one_of, this_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.manifest.load import Project

_HEAD = ("target", "identity", "release", "read", "written", "sources")


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(targets)


def targets(
    context: typer.Context,
    directory: Folder = None,
    target: Names = None,
    output: Annotated[str, formats("text", "json")] = "text",
) -> None:
    """List the targets, which are the MyQ servers of the project.

    With `--format json` it is one line that GitHub takes as a matrix: {"include": [{"target": ...}]}.
    """
    one_of(output, ("json", "text"), "--format")
    runs = chosen(this_run(context, directory), target).runs
    rows = [_row(run.project()) for run in runs]
    typer.echo(_as_json(rows) if output == "json" else _as_text(rows))


def _row(project: Project) -> Mapping[str, object]:
    target = project.target
    return {
        "target": target.name,
        "identity": target.identity,
        "release": target.spec.release,
        "read": target.spec.read,
        "written": target.spec.write or ("rest" if target.can_write else None),
        "sources": [rules.name for rules, _ in project.sources],
    }


def _as_json(rows: Sequence[Mapping[str, object]]) -> str:
    import json

    return json.dumps({"include": rows})


def _as_text(rows: Sequence[Mapping[str, object]]) -> str:
    table = [_HEAD, *(tuple(_cell(row[key]) for key in _HEAD) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object) -> str:
    from reconciler.core.render.harmless import visible

    if isinstance(value, list):
        return ", ".join(value) or "-"
    return visible(str(value or "-"))
