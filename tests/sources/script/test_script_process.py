"""How a script is started, what it sees, and how every bad end of it is told."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import gettempdir

import pytest

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.script import ScriptSpec
from reconciler.sources.script.process import CAPS_MEMORY
from support.scripts import Scripts

pytestmark = pytest.mark.script

HEAD = """
import json, os, subprocess, sys
END = '{"end": true, "count": 1}'
def say(**record): print(json.dumps(record), flush=True)
"""
END = """
print(END)
"""


def test_a_script_gets_its_arguments_as_they_are_written(scripts: Scripts) -> None:
    text = HEAD + "say(user=sys.argv[1], more=sys.argv[2:])" + END
    found = scripts.read(text, "user", "more", command=["people.py", "$HOME; echo", "*", "a b"])
    assert found.records == [("$HOME; echo", ("*", "a b"))]


def test_a_script_runs_in_the_project_folder_from_a_copy_that_is_gone_afterwards(scripts: Scripts) -> None:
    found = scripts.read(HEAD + "say(cwd=os.getcwd(), file=__file__)" + END, "cwd", "file")
    ((folder, file),) = found.records
    assert Path(str(folder)).samefile(scripts.folder)
    assert not Path(str(file)).is_relative_to(scripts.folder)
    assert Path(str(file)).is_relative_to(gettempdir())
    assert not Path(str(file)).parent.exists()


def test_a_script_sees_of_the_environment_what_the_manifest_names(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYQ_CLIENT_SECRET", "not for scripts")
    scripts.secrets.update({"env:REGION": "north", "file:token": "s3cret-token"})
    found = scripts.read(
        HEAD
        + "say(names=sorted(os.environ), **{name.lower(): os.environ[name] for name in sys.argv[1:]})"
        + END,
        "names",
        "region",
        "hr_token",
        command=["people.py", "REGION", "HR_TOKEN"],
        environment={"pass": ["REGION"], "set": {"HR_TOKEN": "file:token"}},
    )
    ((names, region, token),) = found.records
    # Python sets LC_CTYPE for itself, and Windows cannot do without SYSTEMROOT.
    assert set(names) - {"LC_CTYPE", "SYSTEMROOT"} == {"REGION", "HR_TOKEN"}
    assert (region, token) == ("north", "s3cret-token")


def test_a_variable_that_is_not_set_is_named(scripts: Scripts) -> None:
    error = scripts.fault(HEAD, "user", environment={"pass": ["REGION"]})
    assert "env:REGION is not set" in str(error)


def test_a_script_reads_nothing_from_us(scripts: Scripts) -> None:
    found = scripts.read(HEAD + "say(user='x' + sys.stdin.read())" + END, "user")
    assert found.records == [("x",)]


def test_the_reading_says_which_script_it_was(scripts: Scripts) -> None:
    found = scripts.read(HEAD + "say(user='ada')" + END, "user")
    facts = dict(found.reading.facts)
    assert facts["closing line"] == "1 records"
    assert found.reading.counted == 1
    assert facts["script"].startswith("sha256:")
    assert facts["memory"] == ("4096 MB" if CAPS_MEMORY else "no limit on this system")


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        pytest.param("say(user='ada'); print(END); sys.exit(3)", SourceUnavailable, "exit code 3"),
        pytest.param(
            "raise ConnectionError('the HR service is down')", SourceUnavailable, "HR service is down"
        ),
        pytest.param("sys.exit('\\x1b[2J\\u202ehidden')", SourceUnavailable, "exit code 1: [2J hidden"),
        pytest.param("say(user='ada')", SourceDataError, "no closing line"),
        pytest.param("sys.stderr.write('x ' * 5_000 + 'the end'); sys.exit(1)", SourceUnavailable, "the end"),
    ],
    ids=[
        "a bad end after all was printed",
        "a traceback",
        "an end with markup for terminals",
        "a good end before all was printed",
        "a long talk",
    ],
)
def test_a_bad_end_is_told_with_what_the_script_said(
    scripts: Scripts, text: str, kind: type[SourceError], message: str
) -> None:
    error = scripts.fault(HEAD + text, "user", environment={"set": {}})
    assert type(error) is kind
    assert message in error.message
    assert len(error.message) < 800
    assert error.message.isprintable()
    assert (error.where, error.exit_code) == ("people.py", 6)


def test_a_secret_that_a_script_tells_is_not_told_on(scripts: Scripts) -> None:
    scripts.secrets.update({"env:T": "s3cret-token", "env:N": "2"})
    text = HEAD + "sys.exit('denied 2 times: ' + os.environ['TOKEN'])"
    error = scripts.fault(text, "user", environment={"set": {"TOKEN": "env:T", "N": "env:N"}})
    assert "denied 2 times: ***" in error.message


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_ends_the_script(scripts: Scripts, stream: str) -> None:
    text = HEAD + f"while True: sys.{stream}.write('x' * 65536)"
    error = scripts.fault(text, "user", maxOutputMegabytes=2)
    assert "printed more than 2 MB" in error.message


def test_a_script_that_ended_with_too_much_is_refused(scripts: Scripts) -> None:
    text = HEAD + "sys.stdout.write('x' * (2**20 + 1))"
    assert "printed more than 1 MB" in scripts.fault(text, "user", maxOutputMegabytes=1).message


CHILD = """
import socket, sys
held = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print("on", flush=True)
held.recv(1)
"""
PARENT = f"""
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}, sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
"""


class Children:
    """Hears from the processes that a script starts, and whether they are gone."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(30)

    @property
    def command(self) -> list[str]:
        return ["people.py", str(self._socket.getsockname()[1])]

    def have_ended(self) -> bool:
        """Wait for the end of the connection that one child holds as long as it lives."""
        connection, _ = self._socket.accept()
        with connection, suppress(ConnectionResetError):
            connection.settimeout(30)
            return connection.recv(1) == b""
        return True

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def children() -> Iterator[Children]:
    with closing(Children()) as children:
        yield children


def test_a_script_that_does_not_end_is_ended_with_all_that_it_started(
    scripts: Scripts, children: Children
) -> None:
    text = HEAD + PARENT + "sys.stderr.write('waiting for the child'); sys.stderr.flush(); child.wait()"
    error = scripts.fault(text, "user", command=children.command, timeoutSeconds=3)
    assert error.message == "the script had not ended after 3 s: waiting for the child"
    assert children.have_ended()


def test_a_script_that_hangs_in_silence_is_ended(scripts: Scripts) -> None:
    error = scripts.fault("import time; time.sleep(600)", "user", timeoutSeconds=1)
    assert error.message == "the script had not ended after 1 s"


def test_what_a_script_leaves_running_is_ended_with_it(scripts: Scripts, children: Children) -> None:
    found = scripts.read(HEAD + PARENT + "say(user='ada')" + END, "user", command=children.command)
    assert found.records == [("ada",)]
    assert children.have_ended()


def test_a_script_that_takes_too_much_memory_fails_where_there_is_a_limit(
    scripts: Scripts,
) -> None:
    text = HEAD + "held = bytearray(512 * 2**20); say(user='ada')" + END
    assert scripts.read(text, "user", maxMemoryMegabytes=1024).records == [("ada",)]
    if CAPS_MEMORY:
        assert "MemoryError" in scripts.fault(text, "user", maxMemoryMegabytes=256).message


def test_a_changed_script_is_refused_and_both_digests_are_named(scripts: Scripts) -> None:
    spec = scripts.spec(HEAD + "say(user='ada')" + END)
    marker = scripts.folder / "it ran"
    (scripts.folder / "people.py").write_text(f"open({str(marker)!r}, 'w')", encoding="utf-8")
    with pytest.raises(SourceDataError) as caught:
        next(spec.reader(scripts.surroundings).read(("user",)))
    assert f"says sha256 {spec.sha256}, and it has " in caught.value.message
    assert "sha256sum" in caught.value.hint
    assert not marker.exists()


def test_a_script_that_changes_while_it_runs_runs_as_it_was_pinned(scripts: Scripts) -> None:
    text = HEAD + "open('people.py', 'w').write('changed'); say(user=open(__file__).read()[:7])" + END
    found = scripts.read(text, "user")
    assert found.records == [(HEAD[:7],)]


def test_a_digest_may_be_written_in_capitals(scripts: Scripts) -> None:
    text = HEAD + "say(user='ada')" + END
    digest = scripts.spec(text).sha256.upper()
    assert scripts.read(text, "user", sha256=digest).records == [("ada",)]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param({"command": ["nowhere.py"]}, "the script cannot be read", id="no such script"),
        pytest.param({"interpreter": ["no-such-program"]}, "no program no-such", id="no such interpreter"),
    ],
)
def test_what_is_not_there_is_named(scripts: Scripts, said: dict[str, object], message: str) -> None:
    error = scripts.fault(HEAD, "user", **said)
    assert message in error.message
    assert error.hint


def test_a_script_may_run_by_itself(scripts: Scripts) -> None:
    name, text = ("people.cmd", BATCH) if sys.platform == "win32" else ("people.sh", SHELL)
    found = scripts.read(text, "user", name=name, command=[name, "ada"], interpreter=[])
    assert found.records == [("ada",)]
    assert found.origins == [f"{name}:1"]


SHELL = """#!/bin/sh
printf '{"user": "%s"}\\n' "$1"
printf '{"end": true, "count": 1}\\n'
"""
BATCH = """@echo off\r
echo {"user": "%~1"}\r
echo {"end": true, "count": 1}\r
"""


def test_a_script_that_does_not_say_what_runs_it_cannot_be_started(scripts: Scripts) -> None:
    error = scripts.fault("print('hello')", "user", interpreter=[])
    assert "cannot be started" in error.message


def test_a_start_that_the_system_refuses_is_told(scripts: Scripts, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = scripts.spec(HEAD)
    monkeypatch.setattr(sys, "executable", str(scripts.folder / "no-python"))
    spec = spec.model_copy(update={"interpreter": (str(scripts.folder / "program.exe"),)})
    shutil.copy(os.devnull, scripts.folder / "program.exe")
    (scripts.folder / "program.exe").chmod(0o700)
    with pytest.raises(SourceDataError, match="cannot be started") as caught:
        next(spec.reader(scripts.surroundings).read(()))
    assert "interpreter" in caught.value.hint


def test_a_script_does_not_start_where_none_may_run(scripts: Scripts) -> None:
    spec = scripts.spec(HEAD)
    with pytest.raises(SourceError, match="scripts may not run here") as caught:
        spec.reader(type(scripts.surroundings)(scripts.folder, str, scripts=False))
    assert (caught.value.exit_code, caught.value.where) == (6, "people.py")
    assert "trusted" in caught.value.hint


def test_a_variable_stands_in_the_manifest_once(scripts: Scripts) -> None:
    with pytest.raises(ValueError, match="told twice"):
        scripts.spec(HEAD, environment={"pass": ["X"], "set": {"X": "env:Y"}})


def test_groups_are_finished_paths() -> None:
    assert ScriptSpec.ready_groups
