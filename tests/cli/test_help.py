"""What `--help` says of every command: in whole sentences, in words for people, and at once."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import typer

from reconciler.cli.app import app, run

COMMANDS = [
    pytest.param((*above, name), id=" ".join((*above, name)))
    for above, group in [
        ((), typer.main.get_command(app)),
        (("forge",), typer.main.get_command(app).commands["forge"]),
    ]
    for name in group.commands
]


def _help(arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> str:
    assert run([*arguments, "--help"]) == 0
    return capfd.readouterr().out


@pytest.mark.parametrize("group", [(), ("forge",)])
def test_each_command_is_summed_up_in_one_sentence_that_has_room(
    group: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    commands = _help(group, capfd).partition("Commands:\n")[2].splitlines()
    assert commands
    assert [line for line in commands if not line.endswith(".") or line.endswith("..")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_flag_takes_has_a_name(command: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    told = _help(command, capfd)
    assert told.startswith(f"Usage: reconciler {' '.join(command)} ")
    assert re.findall(r" --?\w.* <[a-z]", told) == []


def test_commands_are_listed_in_the_order_of_the_story(capfd: pytest.CaptureFixture[str]) -> None:
    listed = [line.split()[0] for line in _help((), capfd).partition("Commands:\n")[2].splitlines()]
    story = ["validate", "plan", "show", "approve", "apply", "verify", "revert"]
    assert [name for name in listed if name in story] == story
    assert listed.index("simulator") > listed.index("revert")


@pytest.mark.parametrize("arguments", [("plan", "--help"), ("forge", "approve", "--help"), ("--help",)])
def test_help_comes_without_what_takes_long_to_load(arguments: tuple[str, ...]) -> None:
    program = (
        "import sys; from reconciler.cli.app import run; code = run(sys.argv[1:]);"
        "slow = {'pydantic', 'yaml', 'sqlalchemy', 'urllib3', 'ldap3'} & set(sys.modules);"
        "sys.exit(str(slow) if slow else code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [("-C", ".", "plan", "--help"), ("plan", "--masked", "--help"), ("plan", "-C", ".", "--help")],
)
def test_help_is_had_behind_other_flags_too(
    arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 0
    assert "--detailed-exitcode" in capfd.readouterr().out


@pytest.mark.parametrize("arguments", [("plan", "explode", "--help"), ("explode", "--help")])
def test_help_on_what_there_is_not(arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    run(arguments)
    out, err = capfd.readouterr()
    assert "Usage: reconciler plan" in out or "No such command" in err


def test_the_switches_of_the_simulator_are_listed_with_what_they_mean(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(["simulator", "--switches"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("release=10.2\n    ")
    assert "csv_empty_field_clears=" in out


@pytest.mark.parametrize("arguments", [(), ("forge",)])
def test_who_names_no_command_is_shown_which_there_are(
    arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 64
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("Usage: reconciler ")
    assert "Commands:" in err
