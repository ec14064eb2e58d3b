"""Runs the commands that the documentation shows, and compares what they say.

In a block marked ``console`` a line that begins with ``$ `` is a command, and the lines below are what it
prints. ``...`` on a line of its own stands for any lines, and ``…`` inside a line for any text. A comment
``# exit code 3`` after a command is what it must end with. ``<!-- not run: reason -->`` above a block leaves
it out, and with ``<!-- file: NAME -->`` above it a block of any kind is put into that file. Understood are
``cat``, ``cd``, ``export``, and ``reconciler``, with ``&`` to keep it running or ``> file`` to keep what it
prints.
"""

from __future__ import annotations

import re
import shlex
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from support.process import CommandLine, Finished

_BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+?) -->\n\s*)?```console\n(?P<text>.*?)^```$"
    r"|^<!-- file: (?P<file>\S+) -->\n\s*```\w*\n(?P<content>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")


PORT = "8090"
"""The simulator's port in the documentation and in the example."""


class Command(NamedTuple):
    """One command of a document, and what the document says that it prints."""

    line: int
    text: str
    code: int
    shown: tuple[str, ...]


def commands(document: str) -> list[Command]:
    """Return the commands of all blocks that are run, in order."""
    found: list[Command] = []
    for block in _BLOCK.finditer(document):
        if block["file"]:
            line = document.count("\n", 0, block.start()) + 1
            found.append(Command(line, f"write {block['file']}", 0, tuple(block["content"].splitlines())))
        elif block["reason"] is None:
            first = document.count("\n", 0, block.start("text")) + 1
            found += _commands(block["text"], first)
    return found


def _commands(text: str, first: int) -> list[Command]:
    found: list[Command] = []
    # A backslash at the end joins lines, as in a shell.
    for number, line in enumerate(text.splitlines(), first):
        if found and found[-1].text.endswith("\\"):
            found[-1] = found[-1]._replace(text=f"{found[-1].text[:-1].rstrip()} {line.strip()}")
        elif line.startswith("$ "):
            found.append(Command(number, line[2:].rstrip(), 0, ()))
        elif found:
            found[-1] = found[-1]._replace(shown=(*found[-1].shown, line))
        else:
            pytest.fail(f"line {number}: a block begins with a command, `$ ...`: {line!r}")
    return [_with_code(command) for command in found]


def _with_code(command: Command) -> Command:
    code = _EXIT_CODE.search(command.text)
    if code is None:
        return command
    return command._replace(text=command.text[: code.start()], code=int(code[1]))


def agrees(shown: tuple[str, ...], printed: str) -> bool:
    """Say whether what is shown, with its gaps, is what was printed."""
    pattern = "".join("(?:.*\n)*" if line == "..." else f"{_line_pattern(line)} *\n" for line in shown)
    return re.fullmatch(rf"{pattern}\n*", f"{printed}\n") is not None


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.rstrip().split("…"))


@dataclass(slots=True)
class Console:
    """A shell that knows the few words that documentation needs."""

    folder: Path
    running: ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    port: str = PORT
    """What stands in for the port of the documentation, which may be taken on this machine."""

    def run(self, command: Command) -> None:
        """Run one command; the test fails when it ends or prints otherwise than shown."""
        __tracebackhide__ = True
        words = shlex.split(command.text.replace(PORT, self.port), comments=True)
        environment = self._settings(words)
        match words:
            case ["cd", where]:
                self.folder = self.folder / where
            case ["export", setting]:
                name, _, value = setting.partition("=")
                self.environment[name] = value
            case ["cat", name]:
                self._compare(command, (self.folder / name).read_text(encoding="utf-8"))
            case ["write", name]:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                content = "\n".join([*command.shown, ""]).replace(PORT, self.port)
                path.write_text(content, encoding="utf-8", newline="\n")
            case ["reconciler", *arguments, "&"]:
                self._start(command, CommandLine(self.folder, environment), arguments)
            case ["reconciler", *arguments, ">", name]:
                finished = self._end(command, CommandLine(self.folder, environment), arguments)
                (self.folder / name).write_text(finished.stdout, encoding="utf-8")
            case ["reconciler", *arguments]:
                together = CommandLine(self.folder, environment, together=True)
                self._compare(command, self._end(command, together, arguments).stdout)
            case _:
                pytest.fail(f"line {command.line}: tests/support/console.py cannot run `{command.text}`")

    def _settings(self, words: list[str]) -> dict[str, str]:
        """Take ``NAME=value`` off the front of the words; return the environment with these."""
        environment = dict(self.environment)
        while words and re.fullmatch(r"[A-Z][A-Z0-9_]*=.*", words[0]):
            name, _, value = words.pop(0).partition("=")
            environment[name] = value
        return environment

    def _end(self, command: Command, program: CommandLine, arguments: list[str]) -> Finished:
        __tracebackhide__ = True
        finished = program(*arguments, code=None)
        if finished.code != command.code:
            pytest.fail(f"line {command.line}: `{command.text}` shall end with {command.code}: {finished}")
        return finished

    def _start(self, command: Command, program: CommandLine, arguments: list[str]) -> None:
        first = self.running.enter_context(program.running(*arguments))
        self._compare(command._replace(shown=command.shown[:1]), first)

    def _compare(self, command: Command, printed: str) -> None:
        __tracebackhide__ = True
        printed = printed.replace(self.port, PORT)
        if command.shown and not agrees(command.shown, printed):
            shown = "\n".join(command.shown)
            pytest.fail(f"line {command.line}: `{command.text}`\n--- shown\n{shown}\n--- printed\n{printed}")
