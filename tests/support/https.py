"""A throw-away certificate authority and an HTTPS server on a real socket that answers as told."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files of an authority that nobody else trusts, and of a server's certificate by it."""

    ca: Path
    chain: Path
    key: Path

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


def make_certificates(folder: Path) -> Certificates:
    """Write an authority and a certificate for the loopback address into a folder."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("Throw-away authority", ca_key.public_key(), None, ca_key)
    leaf = _certificate("double", key.public_key(), ca, ca_key)
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    made.chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(private_pem(key))
    return made


def private_pem(key: PrivateKey, passphrase: bytes = b"") -> bytes:
    """Return a private key in PEM form."""
    sealing = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing)


def _certificate(
    name: str, public: ec.EllipticCurvePublicKey, issuer: x509.Certificate | None, signer: PrivateKey
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    is_ca = issuer is None
    usage = {
        "digital_signature": not is_ca,
        "key_cert_sign": is_ca,
        "crl_sign": is_ca,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not is_ca:
        address = x509.IPAddress(ipaddress.ip_address(HOST))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(signer, hashes.SHA256())


class Request(NamedTuple):
    """What a client sent; `line` is ``GET /path?query`` with the percent signs undone."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {unquote(self.target)}"


class Reply(NamedTuple):
    """What the server says; with `cut` it says only so many bytes of the body and hangs up."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {"Content-Type": "application/json"}
    cut: int = -1


HANG_UP = Reply(0)
"""Close the connection without a word."""

Responder: TypeAlias = Callable[[Request], Reply]


@dataclass(slots=True)
class Fault:
    """Says something else than the truth to requests whose line matches, `times` times after `skip`."""

    pattern: str
    reply: Reply | Responder
    times: int = 1
    skip: int = 0
    met: int = 0

    def takes(self, request: Request) -> bool:
        if not re.search(self.pattern, request.line):
            return False
        self.met += 1
        return self.skip < self.met <= self.skip + self.times


@dataclass(slots=True)
class HttpsServer:
    """Serves from its own threads until closed, and remembers every request."""

    respond: Responder
    certificates: Certificates | None
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _server: Any = None
    _thread: Any = None
    _lock: Any = field(default_factory=threading.Lock)

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self._server.server_address[1]

    @property
    def url(self) -> str:
        scheme = "https" if self.certificates else "http"
        return f"{scheme}://{HOST}:{self.address[1]}"

    def fault(self, pattern: str, reply: Reply | Responder, *, times: int = 1, skip: int = 0) -> None:
        self.faults.append(Fault(pattern, reply, times, skip))

    def lines(self, pattern: str = "") -> list[str]:
        """Return the lines of the requests so far that match."""
        return [request.line for request in self.requests if re.search(pattern, request.line)]

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            fault = next((fault for fault in self.faults if fault.takes(request)), None)
        if fault is None:
            return self.respond(request)
        return fault.reply if isinstance(fault.reply, Reply) else fault.reply(request)

    def __enter__(self) -> Self:
        context = self.certificates.server_side() if self.certificates else None
        self._server = _Server((HOST, 0), _Connection)
        self._server.answer, self._server.context = self.answer, context
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: Responder
    context: ssl.SSLContext | None

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self.context is not None:  # the handshake waits for the connection's own thread
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up; the tests look at what the client makes of it."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length) if length else b""
        reply = self.server.answer(Request(self.command, self.path, self.headers, body))
        if reply.status == 0:
            self.close_connection = True
            return
        head = [f"HTTP/1.1 {reply.status} Said", f"Content-Length: {len(reply.body)}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        said = reply.body if reply.cut < 0 else reply.body[: reply.cut]
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + said)
        self.close_connection = reply.cut >= 0

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The authority that the doubles of HTTPS services are known by."""
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def https_server(certificates: Certificates) -> Iterator[Callable[..., HttpsServer]]:
    """Start servers that stop with the test: ``https_server(respond)``, or with ``tls=False``."""
    started: list[HttpsServer] = []

    def start(respond: Responder, *, tls: bool = True) -> HttpsServer:
        server = HttpsServer(respond, certificates if tls else None)
        started.append(server.__enter__())
        return server

    yield start
    for server in started:
        server.__exit__()
