"""A simulated MyQ on a real loopback socket, started once and emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
import pytest
import urllib3

from reconciler.simulator.remote import Remote
from reconciler.simulator.serve import Running, SimulatorConfig, running
from reconciler.simulator.switches import Switches


class Reply(NamedTuple):
    """What an HTTP request came back with."""

    status: int
    content: Any
    headers: Mapping[str, str]


class Simulator(Remote):
    """A running simulator: `url`, `client_id`, `client_secret`, its control methods, and a bare client."""

    def __init__(self, where: Running) -> None:
        super().__init__(where.url)
        self.url = where.url
        self.client_id = where.client_id
        self.client_secret = where.client_secret
        self._client = urllib3.PoolManager(retries=False, timeout=30)

    def close(self) -> None:
        super().close()
        self._client.clear()

    def token(self, scope: str = "users") -> str:
        """Ask for a token."""
        body = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        token: str = self.call("POST", "/api/auth/token", body, token="").content["access_token"]
        return token

    def call(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Reply:
        """Send one API request, with a fresh token unless one is given (``""``: none)."""
        return self.raw(method, path, b"" if body is None else orjson.dumps(body), token=token)

    def raw(self, method: str, path: str, body: bytes, *, token: str | None = None) -> Reply:
        """Send one API request with these bytes; the content is None where it is no JSON."""
        token = self.token() if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self._client.request(method, self.url + path, body=body, headers=headers)
        is_json = answer.headers.get("Content-Type") == "application/json"
        return Reply(answer.status, orjson.loads(answer.data) if is_json else None, answer.headers)

    @contextmanager
    def importing(self, content: bytes, **settings: object) -> Iterator[Future[dict[str, Any]]]:
        """Run a synchronization in another thread while the block runs; it is cancelled at the end."""
        with ThreadPoolExecutor(1) as pool:
            try:
                yield pool.submit(self.import_csv, content, **settings)
            finally:
                self.cancel_import()


def take(simulator: Simulator, text: str, **settings: object) -> dict[str, Any]:
    """Synchronize a CSV file given as text; return the report."""
    return simulator.import_csv(text.encode(), **settings)


def messages(report: dict[str, Any]) -> list[str]:
    """Return the messages of a synchronization's report."""
    return [result["message"] for result in report["results"]]


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    """A simulator that knows the undocumented operations; use `simulator`, which empties it."""
    config = SimulatorConfig(switches=Switches(undocumented_operations=True))
    with running(config) as where:
        simulator = Simulator(where)
        yield simulator
        simulator.close()


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """An empty simulator that knows the undocumented operations (`switch` changes that for one test)."""
    simulator_process.reset()
    return simulator_process
