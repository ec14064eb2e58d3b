"""The demo and the simulator, as a newcomer meets them."""

from __future__ import annotations

from pathlib import Path

import pytest
import urllib3

from reconciler.cli import story
from reconciler.cli.app import run
from support.process import CommandLine, Finished

COMMANDS = [
    "$ reconciler validate",
    "$ reconciler plan --out tonight.plan.json",
    "$ reconciler apply",
    "$ reconciler approve tonight.plan.json --by colleague@uni.example",
    "$ reconciler apply --approval tonight.approval.json",
    (
        "$ reconciler approve tonight.plan.json --by colleague@uni.example --waive identities-moved"
        ' --reason "Nadia took over the library desk"'
    ),
    "$ reconciler apply --approval tonight.approval.json --result tonight.result.json",
    "$ reconciler plan --detailed-exitcode",
]


def test_the_demo_tells_the_story_to_its_end(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYQ_CLIENT_SECRET", "to be put back")
    before = Path.cwd()
    assert run(["demo"]) == 0
    told = capfd.readouterr().out
    assert [line for line in told.splitlines() if line.startswith("$ ")] == COMMANDS
    assert [line for line in told.splitlines() if line.startswith("[exit code")] == [
        f"[exit code {code}]" for code in (0, 3, 4, 0, 3, 0, 0, 0)
    ]
    assert "Nothing to do" in told
    assert Path.cwd() == before


def test_a_demo_that_goes_otherwise_says_so(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "_SECRET", "ANOTHER_VARIABLE")
    monkeypatch.setenv("ANOTHER_VARIABLE", "to be put back")
    monkeypatch.setenv("MYQ_CLIENT_SECRET", "wrong")
    assert run(["demo"]) == 1
    assert "this should have ended with" in capfd.readouterr().err


def test_the_demo_works_from_an_installed_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "_example").mkdir()
    monkeypatch.setattr(story, "files", lambda _: tmp_path)
    assert story._example() == tmp_path / "_example"


def test_the_simulator_says_where_it_is_and_answers(tmp_path: Path) -> None:
    command = CommandLine(tmp_path)
    arguments = ("simulator", "--port", "0", "--switch", "release=10.1", "--fault", "kind=latency,seconds=0")
    with command.running(*arguments) as first:
        url = first.removeprefix("MyQ simulator: ")
        state = urllib3.request("GET", f"{url}/simulator/state", retries=False).json()
    assert state["switches"]["release"] == "10.1"
    assert state["switches"]["undocumented_operations"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--switch", "no_such=1"), "no_such", id="an-unknown-switch"),
        pytest.param(("--fault", "kind=flood"), "flood", id="an-unknown-fault"),
        pytest.param(("--seed", "absent.json"), "absent.json", id="a-seed-that-is-not-there"),
        pytest.param(("--port", "70000"), "--port", id="a-port-that-is-none"),
    ],
)
def test_a_simulator_that_cannot_start_says_why(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ended: Finished = CommandLine(tmp_path)("simulator", *arguments, code=64)
    assert words in ended.stderr
    assert "hint:" in ended.stderr
    assert list(tmp_path.iterdir()) == []
