"""The command line as a whole: commands, common flags, errors to exit codes."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from reconciler.cli import (
    apply,
    approve,
    backtest,
    doctor,
    drift,
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
_OUTPUT = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""How writing to an open file fails. Files that we open ourselves are told of by their names, elsewhere."""

_STORY = (
    *("init", "import", "validate", "plan", "show", "approve", "apply", "verify", "drift", "revert"),
    *("explain", "targets", "doctor", "snapshot", "test", "forge"),
    *("schema", "migrate", "simulator", "demo"),
)
"""Commands in the order in which one meets them: the way of a change, what helps on it, the rest."""


class Story(typer.core.TyperGroup):
    """Commands that are listed in the order of the story."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # the library's own context
        """Return the names; one that the story does not know yet comes last."""
        return sorted(super().list_commands(ctx), key=lambda name: (*_STORY, name).index(name))


app = typer.Typer(
    name="reconciler",
    cls=Story,
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


for module in (
    manifests,
    targets,
    plan,
    drift,
    verify,
    approve,
    apply,
    revert,
    snapshot,
    backtest,
    doctor,
    forge,
    simulate,
):
    module.register(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit code (design.md section 5)."""
    _speak_utf8()
    command = typer.main.get_command(app)
    try:
        if _asks_for_help(command, arguments):
            return 0
        code = command.main(list(arguments), prog_name="reconciler", standalone_mode=False)
        sys.stdout.flush()
    except ReconcilerError as error:
        say(error)
        return error.exit_code
    except _usage_error() as error:
        _say_usage(error.format_message(), _of(error))
        return UsageError.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        left = isinstance(error, BrokenPipeError)
        if not left and (error.errno not in _OUTPUT or error.filename is not None):
            raise
        return _unheard(error)
    return code if isinstance(code, int) else 0


def _unheard(error: OSError) -> int:
    """Return the exit code where standard output takes no more: a full disk is told of."""
    # Nothing more is to be written to it, not even at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not isinstance(error, BrokenPipeError):
        hint = "let it go to a disk that is not full; what was printed is not whole"
        say(ReconcilerError(f"standard output cannot be written: {error.strerror}", hint=hint))
    return ReconcilerError.exit_code


def _asks_for_help(command: Any, words: Sequence[str]) -> bool:  # noqa: ANN401  the library hides its commands' types
    """Print the help of a command that is named and nothing else said; return whether it was that.

    The library would first read the flags above the command, and loads for it what takes most of the time.
    """
    *names, last = words or ("",)
    if not names or last != "--help":
        return False
    context = typer.Context(command, info_name="reconciler")
    for name in names:
        command = getattr(command, "commands", {}).get(name)
        if command is None:
            return False
        context = typer.Context(command, info_name=name, parent=context)
    typer.echo(command.get_help(context))
    return True


def _usage_error() -> type[typer.BadParameter]:
    """Return the root of what is raised for wrong usage: it would exit 2, which means *changes* here.

    The library does not export that root by itself, only its child BadParameter.
    """
    return next(one for one in typer.BadParameter.__mro__ if one.__name__ == "UsageError")


def _say_usage(message: str, command: str) -> None:
    """Tell what cannot be understood; to who asks for nothing, what can be asked for."""
    if message.startswith("Usage: "):
        typer.echo(message, err=True)
    else:
        say(UsageError(message, hint=f"`{command} --help` says what there is"))


def _of(error: BaseException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if context else "reconciler"


def _speak_utf8() -> None:
    """Write UTF-8 wherever it goes: names of people are not all in the code page of a Windows console."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
