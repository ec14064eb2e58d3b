"""Something on a socket that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

TOKEN = {"access_token": "t", "token_type": "Bearer", "expires_in": 1800, "scope": "users"}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer."""

    status: int = 200
    body: bytes = b"{}"
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def told(value: object, status: int = 200) -> Said:
    """Return an answer in JSON."""
    return Said(status, json.dumps(value).encode())


HTML = Said(200, b"<!doctype html><html><body>Sign in to the <b>proxy</b></body></html>", "text/html")


@dataclass(slots=True)
class OddServer:
    """`answers` are by path, without the query; a list is used up but for its last. Others get a 404."""

    url: str = ""
    answers: dict[str, list[Said]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str) -> Said:
        """Return what is said to a request."""
        self.asked.append(f"{method} {path}")
        there = self.answers.get(path.partition("?")[0], [told({"message": "nothing here"}, 404)])
        return there.pop(0) if len(there) > 1 else there[0]


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    odd: OddServer


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listening

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = self.server.odd.answer(self.command, self.path)
        self.send_response(said.status)
        self.send_header("Content-Type", said.kind)
        self.send_header("Content-Length", str(len(said.body)))
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.body)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  the library's names

    def log_message(self, *_: object) -> None:
        """Say nothing: the test knows what it asked."""


@pytest.fixture
def odd_server() -> Iterator[OddServer]:
    """A server that gives a token and otherwise knows nothing, until the test says more."""
    with _Listening(("127.0.0.1", 0), _Asked) as listening:
        odd = OddServer(f"http://127.0.0.1:{listening.server_address[1]}")
        odd.answers["/api/auth/token"] = [told(TOKEN)]
        listening.odd = odd
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield odd
        finally:
            listening.shutdown()
            thread.join()
