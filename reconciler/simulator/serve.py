"""Run a simulated MyQ on a loopback socket: for good, or while a block runs."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.errors import UsageError
from reconciler.simulator.answers import TRANSPORT
from reconciler.simulator.app import Myq, application
from reconciler.simulator.control import Control
from reconciler.simulator.faults import Fault
from reconciler.simulator.seed import seed_from
from reconciler.simulator.store import Store
from reconciler.simulator.switches import Switches
from reconciler.simulator.tokens import OFFLINE, Application

_KEEP_ALIVE_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorConfig:
    """What a simulated MyQ starts with; port 0 takes a free one, file ``:memory:`` keeps nothing.

    A state that was kept and has users or groups is not seeded again.
    """

    host: str = "127.0.0.1"
    port: int = 0
    file: str = ":memory:"
    client_id: str = "reconciler"
    client_secret: str = field(default="not-a-secret", repr=False)
    scopes: tuple[str, ...] = ("users", OFFLINE)
    switches: Switches = field(default_factory=Switches)
    faults: tuple[Fault, ...] = ()
    seed: Path | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A simulated MyQ that answers: where, and to whom."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)


class _Protocol(H11Protocol):
    """HTTP/1.1 that lets a request reach the transport of its connection, so as to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        # Head and body are two writes, and asyncio spares only sockets it made itself the 40 ms between.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, TRANSPORT: transport}


def run(config: SimulatorConfig) -> None:
    """Serve until Ctrl-C; the URL and the credentials go to stderr when the socket listens."""
    with _opened(config) as (server, sock, running):
        sys.stderr.write(
            f"MyQ simulator: {running.url}\n  client id:     {config.client_id}\n"
            f"  client secret: {config.client_secret}\n  control:       {running.url}/simulator/state\n"
        )
        sys.stderr.flush()
        with suppress(KeyboardInterrupt):
            server.run([sock])


@contextmanager
def running(config: SimulatorConfig) -> Iterator[Running]:
    """Serve in a background thread while the block runs; the socket listens when the block begins."""
    with _opened(config) as (server, sock, where):
        thread = threading.Thread(target=server.run, args=([sock],), name="simulator", daemon=True)
        thread.start()
        try:
            yield where
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _opened(config: SimulatorConfig) -> Iterator[tuple[uvicorn.Server, socket.socket, Running]]:
    store = Store(config.file, config.switches)
    try:
        _fill(store, config.seed)
        myq = Myq(store, Application(config.client_id, config.client_secret, config.scopes))
        control = Control(myq, config.switches, config.faults)
        with _listening(config) as sock:
            url = f"http://{config.host}:{sock.getsockname()[1]}"
            yield (
                _server(application(myq, control.routes())),
                sock,
                Running(url, config.client_id, config.client_secret),
            )
    finally:
        store.close()


def _server(app: Starlette) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Protocol,
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
        )
    )


def _listening(config: SimulatorConfig) -> socket.socket:
    try:
        return socket.create_server((config.host, config.port), backlog=512)
    except OSError as error:
        raise UsageError(
            f"port {config.port} cannot be used: {error.strerror}",
            hint="choose another port, or 0 for a free one",
            where=config.host,
        ) from None


def _fill(store: Store, file: Path | None) -> None:
    if file is None or not store.is_empty():
        return
    try:
        content = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"the seed cannot be read: {why}", hint="it is a JSON file", where=str(file)
        ) from None
    seed_from(store, content)
