"""The command line as a whole: commands, common flags, errors to exit codes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from reconciler.cli import (
    apply,
    backtest,
    doctor,
    forge,
    manifests,
    plan,
    revert,
    simulate,
    snapshot,
    targets,
    verify,
)
from reconciler.cli.flags import Folder
from reconciler.cli.say import say
from reconciler.errors import ReconcilerError, UsageError

_INTERRUPTED = 130

app = typer.Typer(
    name="reconciler",
    help="MyQ's user synchronization from Git: plan, review, approve, apply.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _common(
    context: typer.Context,
    directory: Folder = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(version_of("myq-reconciler"))
        raise typer.Exit
    context.obj = directory


for module in (manifests, targets, plan, verify, apply, revert, snapshot, backtest, doctor, forge, simulate):
    module.register(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit code (design.md section 5)."""
    _speak_utf8()
    command = typer.main.get_command(app)
    try:
        code = command.main(list(arguments), prog_name="reconciler", standalone_mode=False)
        sys.stdout.flush()
    except ReconcilerError as error:
        say(error)
        return error.exit_code
    except _usage_error() as error:
        say(UsageError(error.format_message(), hint=f"`{_of(error)} --help` says what there is"))
        return UsageError.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more is to be written to it, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ReconcilerError.exit_code
    return code if isinstance(code, int) else 0


def _usage_error() -> type[typer.BadParameter]:
    """Return the root of what is raised for wrong usage: it would exit 2, which means *changes* here.

    The library does not export that root by itself, only its child BadParameter.
    """
    return next(one for one in typer.BadParameter.__mro__ if one.__name__ == "UsageError")


def _of(error: BaseException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if context else "reconciler"


def _speak_utf8() -> None:
    """Write UTF-8 wherever it goes: names of people are not all in the code page of a Windows console."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
