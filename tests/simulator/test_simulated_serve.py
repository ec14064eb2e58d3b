"""Starting, stopping, and the file that the state is kept in."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
from pathlib import Path

import orjson
import pytest
import urllib3

from reconciler.errors import UsageError
from reconciler.simulator.faults import parse as fault
from reconciler.simulator.remote import Remote
from reconciler.simulator.serve import SimulatorConfig, run, running
from reconciler.simulator.switches import Switches


def test_what_is_kept_in_a_file_is_there_again(tmp_path: Path) -> None:
    config = SimulatorConfig(file=str(tmp_path / "state.sqlite"))
    with running(config) as where:
        remote = Remote(where.url)
        remote.seed([{"username": "ada", "cards": ["A1"], "groups": ["Staff|IT"], "pins": ["908172"]}])
        before, log = remote.state(), remote.log()
        remote.close()
    with running(config) as where:
        remote = Remote(where.url)
        assert (remote.state(), remote.log()) == (before, log)
        remote.import_csv(b"USERNAME_ALIASES,FULLNAME\nbob,Bob\n", addNewUsers=True)
        assert remote.log()[-1]["request"] > max(each["request"] for each in log)
        remote.close()


def test_seed_switches_and_faults_are_there_from_the_start_and_after_a_reset(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_bytes(orjson.dumps({"users": [{"username": "ada"}], "groups": ["Staff"]}))
    config = SimulatorConfig(
        seed=seed, switches=Switches(token_life=60), faults=(fault("kind=latency,operation=import"),)
    )
    with running(config) as where:
        remote = Remote(where.url)
        assert (set(remote.users()), remote.state()["groups"]) == ({"ada"}, ["All users", "Staff"])
        remote.switch(token_life=5)
        remote.fault(kind="drop")
        remote.reset()
        assert remote.state()["switches"]["token_life"] == 60
        assert [each["kind"] for each in remote.faults()] == ["latency"]
        assert remote.users() == {}
        remote.close()


def test_a_state_that_was_kept_is_not_seeded_again(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_bytes(orjson.dumps({"groups": ["Staff"]}))
    config = SimulatorConfig(seed=seed, file=str(tmp_path / "state.sqlite"))
    for _ in range(2):
        with running(config) as where:
            remote = Remote(where.url)
            assert len(remote.log()) == 1
            remote.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"{", "the seed cannot be read", id="no JSON"),
        pytest.param(b"[]", "this is no seed", id="no object"),
        pytest.param(b'{"people": []}', "this is no seed", id="an unknown key"),
        pytest.param(b'{"users": {}}', "this is no seed", id="no list"),
        pytest.param(b'{"users": ["ada"]}', "is no object", id="a user that is no object"),
        pytest.param(b'{"users": [{"fullname": "Ada"}]}', "has no username", id="a user without a name"),
        pytest.param(b'{"users": [{"username": "a", "shoe": 1}]}', "has shoe", id="an unknown field"),
        pytest.param(b'{"users": [{"username": 7}]}', "has no text", id="a name that is no text"),
        pytest.param(b'{"users": [{"username": "a", "cards": "1"}]}', "has no list", id="a text for a list"),
        pytest.param(b'{"users": [{"username": "a", "cards": [1]}]}', "has no text", id="a number in a list"),
    ],
)
def test_a_seed_that_is_none(tmp_path: Path, content: bytes, words: str) -> None:
    seed = tmp_path / "seed.json"
    seed.write_bytes(content)
    with pytest.raises(UsageError, match=words), running(SimulatorConfig(seed=seed)):
        pass


def test_a_seed_that_is_not_there(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="the seed cannot be read"),
        running(SimulatorConfig(seed=tmp_path / "seed.json")),
    ):
        pass


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = SimulatorConfig(port=taken.getsockname()[1], file=str(tmp_path / "state.sqlite"))
        with pytest.raises(UsageError, match="cannot be used"), running(config):
            pass


def test_a_state_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    file.write_bytes(b"people" * 1000)
    with (
        pytest.raises(UsageError, match="the state cannot be opened"),
        running(SimulatorConfig(file=str(file))),
    ):
        pass
    missing = str(tmp_path / "nowhere" / "state.sqlite")
    with (
        pytest.raises(UsageError, match="the state cannot be opened"),
        running(SimulatorConfig(file=missing)),
    ):
        pass


def test_the_log_is_append_only(tmp_path: Path) -> None:
    file = str(tmp_path / "state.sqlite")
    with running(SimulatorConfig(file=file)) as where:
        remote = Remote(where.url)
        remote.seed(groups=["A"])
        remote.close()
    db = sqlite3.connect(file)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE effects SET what = '{}'")
    db.close()


def test_serving_until_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    statuses = []

    def ask_and_interrupt() -> None:
        http = urllib3.PoolManager(retries=urllib3.Retry(total=200, backoff_factor=0.01, backoff_max=0.05))
        statuses.append(http.request("GET", f"http://127.0.0.1:{port}/simulator/state").status)
        http.clear()
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=ask_and_interrupt)
    thread.start()
    run(SimulatorConfig(port=port, client_secret="hush"))
    thread.join()
    told = capsys.readouterr()
    assert statuses == [200]
    assert told.out == ""
    assert all(part in told.err for part in (f"http://127.0.0.1:{port}", "reconciler", "hush"))


def test_secrets_do_not_show() -> None:
    assert "hush" not in repr(SimulatorConfig(client_secret="hush"))
