"""``snapshot``: record what the sources and the server say, for plans made elsewhere or later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.flags import Folder, NoScripts, flag, this_run

Where = Annotated[Path, typer.Argument(help="A new folder for what is read.", metavar="DIR")]
Also = Annotated[
    list[str] | None,
    flag("--also", help="Record this attribute too, for mappings to come.", metavar="SOURCE:ATTRIBUTE"),
]
MappedOnly = Annotated[bool, flag("--mapped-only", help="Record no attribute that no mapping needs today.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(snapshot)


def snapshot(
    context: typer.Context,
    where: Where,
    directory: Folder = None,
    also: Also = None,
    mapped_only: MappedOnly = False,
    no_scripts: NoScripts = False,
) -> None:
    """Record the reads of all sources and of the server, for `plan --snapshot DIR`.

    The folder is there in the end as a whole, or not at all. It holds people's data: keep it like the list
    of your users. PINs are only counted. Exit code 6: a source or the server was not read to the end.
    """
    from reconciler.pipeline.record import Wish, record

    wish = Wish(_by_source(also or ()), mapped_only)
    recorded = record(this_run(context, directory, no_scripts=no_scripts), where, wish)
    for name, records in sorted(recorded.records.items()):
        typer.echo(f"{name}: {_counted(records, 'record')}")
    typer.echo(f"MyQ: {_counted(recorded.accounts, 'account')}")
    typer.echo(f"{where}: {recorded.bytes:,} bytes")


def _by_source(words: tuple[str, ...] | list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        source, colon, attribute = word.partition(":")
        if not (source and colon and attribute):
            raise typer.BadParameter(f"{word!r} is not SOURCE:ATTRIBUTE", param_hint="--also")
        found[source] = (*found.get(source, ()), attribute)
    return found


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
