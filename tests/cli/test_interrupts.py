"""Ctrl-C, SIGTERM and a terminal: an apply ends cleanly, and shows how far it is."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from reconciler.pipeline.interrupts import Interrupts
from support.process import surroundings
from support.project import Project


def started(project: Project, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401  Popen's own
    command = [sys.executable, "-m", "reconciler", *arguments, "-C", str(project.folder)]
    environment = surroundings({"MYQ_CLIENT_SECRET": os.environ["MYQ_CLIENT_SECRET"]})
    return subprocess.Popen(command, env=environment, **streams)


def asked(project: Project, operation: str) -> int:
    return sum(one["operation"] == operation for one in project.myq.requests())


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_cleanly_with_a_whole_result(project: Project, number: int) -> None:
    """The writes under way are brought to their end, every other change is told as not begun."""
    project.manifest("target.yaml", "    url:", "    concurrency: 2\n    url:")
    approval = project.approved("--waive", "identities-moved", "--reason", "a test")
    needed = project.effects()
    project.myq.fault(kind="latency", seconds=0.4, operation="create_user")
    project.myq.fault(kind="latency", seconds=0.4, operation="update_user")
    result = project.path("a.result.json")
    arguments = ["apply", "--approval", approval, "--result", str(result)]
    with started(project, *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        until(lambda: asked(project, "create_user") > 0)
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 5
    assert b"ending after the writes that are under way" in told
    ended = {one["id"]: one["status"] for one in json.loads(result.read_bytes())["outcomes"]}
    assert sorted(ended) == sorted(needed)
    counts = Counter(ended.values())
    assert counts["not-begun"] >= 5
    assert counts["applied"] >= 1
    assert counts["failed"] == 0
    project.myq.clear_faults()
    left = {needed[id_] for id_, status in ended.items() if status != "applied"}
    assert {*project.effects().values()} == left
    project("apply", "--approval", approval)
    assert project.ids() == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_before_the_first_write_an_interrupt_ends_the_program(
    project: Project, number: int, code: int
) -> None:
    approval = project.approved("--waive", "identities-moved", "--reason", "a test")
    project.myq.fault(kind="latency", seconds=1.5, operation="list_users")
    before, reads = project.myq.log(), asked(project, "list_users")
    result = project.path("a.result.json")
    arguments = ["apply", "--approval", approval, "--result", str(result)]
    with started(project, *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        until(lambda: len(project.myq.faults()) > 0 and project.myq.faults()[0]["seen"] > 0)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == code
    assert asked(project, "list_users") <= reads + 1
    assert project.myq.log() == before
    assert not result.exists()


def test_on_a_terminal_a_bar_shows_rate_and_time_left(project: Project) -> None:
    approval = project.approved("--waive", "identities-moved", "--reason", "a test")
    project.myq.fault(kind="latency", seconds=0.1)
    project.myq.fault(kind="error", status=400, operation="create_user")
    ours, theirs = pty.openpty()
    seen = bytearray()

    def listen() -> None:
        try:
            while piece := os.read(ours, 4096):
                seen.extend(piece)
        except OSError:
            return  # how a terminal says that nobody is at its other end

    listener = Thread(target=listen)
    with started(
        project, "apply", "--approval", approval, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        listener.start()
        process.wait(60)
    listener.join()
    os.close(ours)
    shown = seen.decode()
    assert "applying" in shown
    assert "11/11" in shown
    assert "/s" in shown
    assert "0:00:0" in shown
    assert "failed: create/sven.newcomer" in shown
    assert "applied: " not in shown
    assert process.returncode == 5


def test_without_a_terminal_every_outcome_is_a_line(project: Project, tmp_path: Path) -> None:
    approval = project.approved("--waive", "identities-moved", "--reason", "a test")
    told = project("apply", "--approval", approval).err.splitlines()
    assert sum(line.startswith("applied: ") for line in told) == 11
    assert not list(tmp_path.glob("*.result.json"))


def test_a_signal_only_asks_once_there_are_writes_and_means_what_it_meant_afterwards() -> None:
    told = Event()
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts(told.set) as interrupts:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        interrupts.hold()
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert told.is_set()
        assert interrupts.stop.is_set()
    assert signal.getsignal(signal.SIGTERM) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    found: list[object] = []

    def elsewhere() -> None:
        with Interrupts() as interrupts:
            interrupts.hold()
            found.append(signal.getsignal(signal.SIGTERM))

    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]
