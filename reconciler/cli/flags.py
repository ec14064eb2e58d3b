"""Flags that several commands share; every flag has its environment variable."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.pipeline.plan import Run


def flag(*names: str, help: str, **settings: Any) -> Any:  # noqa: A002, ANN401  typer's own word, and its type
    """Return an option whose environment variable is its long name behind ``RECONCILER_``."""
    long = next(name for name in names if name.startswith("--")).split("/", maxsplit=1)[0]
    variable = "RECONCILER_" + long.removeprefix("--").replace("-", "_").upper()
    return typer.Option(*names, help=help, envvar=variable, show_envvar=True, **settings)


Folder = Annotated[
    Path | None,
    flag("--directory", "-C", help="The project folder, which holds sources.d/.", metavar="DIR"),
]


def formats(*known: str) -> Any:  # noqa: ANN401  typer's own type
    """Return the flag that chooses one of several formats, and names them."""
    return flag("--format", help=f"How it is printed: {', '.join(known)}.", metavar="FORMAT")


PLAN_FORMATS = formats("text", "html", "markdown", "json", "junit", "sarif", "github")
"""A plan is printed in all of them."""

NoScripts = Annotated[
    bool, flag("--no-scripts", help="Refuse a project with a script source; for branches not yet trusted.")
]

Snapshot = Annotated[
    Path | None,
    flag("--snapshot", help="Take the reads that `reconciler snapshot DIR` recorded.", metavar="DIR"),
]

Ledger = Annotated[
    str,
    flag(
        "--ledger",
        help="Where is kept what outlives a run: postgresql://..., or none; else a file in the project.",
        metavar="URL",
        show_default=False,
    ),
]


EncryptTo = Annotated[
    list[str] | None,
    flag(
        "--encrypt-to",
        help="Encrypt the file that is written for this age or SSH public key; may be given several times.",
        metavar="KEY",
    ),
]

Identity = Annotated[
    str,
    flag(
        "--identity",
        help="Where the age identity is found that opens an encrypted file: env:NAME, file:/path, ...",
        metavar="REF",
    ),
]


def identity_of(reference: str) -> str:
    """Return the identity that a reference means; "" where none is given."""
    from reconciler.secret import resolve_secret

    return resolve_secret(reference) if reference else ""


def project_folder(context: typer.Context, directory: Path | None) -> Path:
    """Return the project folder, given before or after the command's name; the current one otherwise.

    What is typed counts more than what the environment says, wherever it is typed.
    """
    above = context.parent
    if above is not None and _typed(above.get_parameter_source("directory")):
        directory = directory if _typed(context.get_parameter_source("directory")) else None
    return directory or context.obj or Path()


def _typed(source: object) -> bool:
    return getattr(source, "name", "") == "COMMANDLINE"


def this_run(
    context: typer.Context,
    directory: Path | None,
    watched: Iterable[str] = (),
    *,
    no_scripts: bool = False,
    snapshot: Path | None = None,
    base: str = "",
    ledger: str = "",
    remember: bool = True,
) -> Run:
    """Return the run that the common flags describe; the people who are `watched` are looked at closely."""
    from reconciler.pipeline.plan import Run

    say = _on_terminal if sys.stderr.isatty() else _silent
    return Run(
        project_folder(context, directory),
        moment(),
        say,
        frozenset(watched),
        scripts=not no_scripts,
        snapshot=snapshot,
        base=base,
        ledger=ledger != "none",
        ledger_url=ledger,
        remember=remember,
    )


def moment() -> datetime:
    """Return the time, or what SOURCE_DATE_EPOCH says it is: plans can be made reproducible."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now(UTC)
    try:
        # Plans and approvals end some days later, and no calendar goes beyond the year 9999.
        return datetime.fromtimestamp(int(epoch), UTC) + timedelta(days=36_500) - timedelta(days=36_500)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {epoch[:40]!r}, and that is no moment",
            hint="give seconds since 1970, such as 1790000000, or leave it out",
        ) from None


def in_colour() -> bool:
    """Return whether standard output wants colour: a terminal, and NO_COLOR not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def one_of(value: str, choices: Iterable[str], name: str) -> str:
    """Return the value, or raise a usage error that lists the choices."""
    known = sorted(map(str, choices))
    if value not in known:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}", param_hint=name)
    return value


def _on_terminal(what: str) -> None:
    typer.echo(f"{what} ...", err=True)


def _silent(_: str) -> None:
    return None
