"""``snapshot``: record what the sources and the server say, for plans made elsewhere or later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.each import PLACE, Chosen, Ended, Names, chosen, each, file_of
from reconciler.cli.flags import Folder, NoScripts, flag, this_run

if TYPE_CHECKING:
    from reconciler.pipeline.plan import Run
    from reconciler.pipeline.record import Wish

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
    target: Names = None,
    also: Also = None,
    mapped_only: MappedOnly = False,
    no_scripts: NoScripts = False,
) -> None:
    """Record what sources and MyQ say, for `plan --snapshot DIR`.

    The folder is there in the end as a whole, or not at all; of several targets each has its own in DIR. It
    holds people's data: keep it like the list of your users. PINs are only counted. Exit code 6: a source or
    the server was not read to the end.
    """
    from reconciler.pipeline.record import Wish

    wish = Wish(_by_source(also or ()), mapped_only)
    targets = chosen(this_run(context, directory, no_scripts=no_scripts), target)
    split = targets.several and PLACE not in str(where)
    pattern = where / PLACE if split else where
    each(targets, "text", lambda run: _record(run, file_of(run, pattern), _part(wish, run, targets)))


def _part(wish: Wish, run: Run, targets: Chosen) -> Wish:
    """Return what is wished for one target: no attributes of sources that only another takes."""
    own, *others = ({rules.name for rules, _ in one.project().sources} for one in (run, *targets.runs))
    elsewhere = set().union(*others) - own
    return wish._replace(also={name: also for name, also in wish.also.items() if name not in elsewhere})


def _record(run: Run, where: Path, wish: Wish) -> Ended:
    from reconciler.pipeline.record import record

    recorded = record(run, where, wish)
    lines = [f"{name}: {_counted(records, 'record')}" for name, records in sorted(recorded.records.items())]
    lines += [f"MyQ: {_counted(recorded.accounts, 'account')}", f"{where}: {recorded.bytes:,} bytes"]
    return Ended(text="\n".join([*lines, ""]), outcome="recorded", file=where)


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
