"""The HTTP layer against a real socket: what is tried again, what is believed, what is refused."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from urllib3.exceptions import InsecureRequestWarning

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources import web
from reconciler.sources.answer import Answer, plain, site
from reconciler.sources.patience import Patience, asked_wait
from reconciler.sources.web import Http
from support.https import HANG_UP, Certificates, HttpsServer, Reply, Request

Start = Callable[..., HttpsServer]

OK = Reply(200, b'{"well": true}')


def well(_: Request) -> Reply:
    return OK


class Clock:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, **settings: float) -> Patience:
        return Patience(sleep=self.sleep, clock=lambda: self.now, **settings)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http(certificates: Certificates, clock: Clock) -> Iterator[Http]:
    with Http(ca_file=certificates.ca, patience=clock.patience(timeout=5.0)) as client:
        yield client


def test_an_answer_has_its_status_headers_and_json(https_server: Start, http: Http) -> None:
    server = https_server(lambda _: Reply(201, b'{"a": [1]}', {"X-Kind": "odd"}))
    answer = http.get(f"{server.url}/there?x=1", {"Authorization": "Bearer t"})
    assert (answer.status, answer.json(), answer.headers["x-kind"]) == (201, {"a": [1]}, "odd")
    (request,) = server.requests
    assert request.line == "GET /there?x=1"
    assert request.headers["Authorization"] == "Bearer t"
    assert request.headers["Accept"] == "application/json"


def test_connections_are_kept(https_server: Start, http: Http) -> None:
    peers: set[str] = set()
    server = https_server(lambda request: peers.add(threading.current_thread().name) or well(request))
    for _ in range(5):
        http.get(server.url)
    assert len(peers) == 1, "each connection has a thread of its own in the server"


def test_compressed_answers_are_opened(https_server: Start, http: Http) -> None:
    server = https_server(lambda _: Reply(200, gzip.compress(b"{}"), {"Content-Encoding": "gzip"}))
    assert http.get(server.url).json() == {}
    assert "gzip" in server.requests[0].headers["Accept-Encoding"]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Reply(429), id="too many requests"),
        pytest.param(Reply(500), id="an internal error"),
        pytest.param(Reply(502), id="a bad gateway"),
        pytest.param(Reply(503), id="unavailable"),
        pytest.param(Reply(504), id="a gateway that timed out"),
        pytest.param(Reply(509), id="the bandwidth limit"),
        pytest.param(HANG_UP, id="a connection closed without a word"),
        pytest.param(Reply(200, b'{"well": true}', cut=5), id="a body that breaks off"),
        pytest.param(Reply(200, b"no gzip", {"Content-Encoding": "gzip"}), id="a body that cannot be opened"),
    ],
)
def test_trouble_that_passes_is_waited_out(
    https_server: Start, http: Http, clock: Clock, trouble: Reply
) -> None:
    server = https_server(well)
    server.fault(".", trouble, times=3)
    assert http.get(server.url) == Answer(200, http.get(server.url).headers, OK.body)
    assert (http.traffic.requests, http.traffic.repeated) == (5, 3)
    assert len(clock.slept) == 3
    assert 0.25 <= clock.slept[0] <= 0.5
    assert 1.0 <= clock.slept[2] <= 2.0, "the wait doubles, less up to half of it by chance"


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 404, 501])
def test_any_other_answer_is_the_callers_to_judge(https_server: Start, http: Http, status: int) -> None:
    server = https_server(lambda _: Reply(status, b"", {"Location": "https://elsewhere.example/"}))
    assert http.get(server.url).status == status
    assert len(server.requests) == 1, "redirects are not followed"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param(" 0 ", 0.0, id="at once"),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(hours=1)), 3600.0, id="a date"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 0.0, id="a date gone by"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 -0000", 0.0, id="a date without a zone"),
        pytest.param("-5", None, id="a negative number"),
        pytest.param("soon", None, id="a word"),
        pytest.param("", None, id="nothing"),
        pytest.param("٣", None, id="digits of another script"),
    ],
)
def test_retry_after_is_read(header: str, seconds: float | None) -> None:
    assert asked_wait({"Retry-After": header}) == (
        None if seconds is None else pytest.approx(seconds, abs=1800)
    )


def test_the_server_says_how_long_to_wait(https_server: Start, http: Http, clock: Clock) -> None:
    server = https_server(well)
    server.fault(".", Reply(429, b"", {"Retry-After": "17"}))
    server.fault(".", Reply(503, b"", {"Retry-After": "0"}))
    assert http.get(server.url).status == 200
    assert clock.slept == [17.0, 0.0]


def test_a_wait_beyond_the_bound_is_not_waited(https_server: Start, http: Http, clock: Clock) -> None:
    server = https_server(lambda _: Reply(429, b'{"error": "busy"}', {"Retry-After": "3600"}))
    with pytest.raises(SourceUnavailable, match=r"429 \(tried once, it asks to wait 3600 s\).*busy"):
        http.get(server.url)
    assert clock.slept == []


def test_tries_and_time_are_bounded(https_server: Start, certificates: Certificates, clock: Clock) -> None:
    server = https_server(lambda _: Reply(500, b"trouble\x1b[31m\n"))
    words = r"answers 500 \(tried 3 times\): trouble \[31m"
    with (
        Http(ca_file=certificates.ca, patience=clock.patience(tries=3)) as http,
        pytest.raises(SourceUnavailable, match=words) as info,
    ):
        http.get(f"{server.url}/list?token=secret")
    assert info.value.where == f"{server.url}/list", "the query may hold tokens"
    assert info.value.exit_code == 6
    with (
        Http(ca_file=certificates.ca, patience=clock.patience(seconds=1.0)) as http,
        pytest.raises(SourceUnavailable, match=r"tried [23] times"),
    ):
        http.get(server.url)


def test_a_post_is_sent_twice_only_where_that_is_safe(https_server: Start, http: Http) -> None:
    server = https_server(lambda request: Reply(200, request.body))
    server.fault("POST", Reply(503), times=2)
    assert http.post(f"{server.url}/token", b"one").status == 503
    assert http.post(f"{server.url}/token", b"two", safe=True).body == b"two"
    assert [request.body for request in server.requests] == [b"one", b"two", b"two"]
    server.fault("POST", HANG_UP)
    with pytest.raises(SourceUnavailable, match="tried once"):
        http.post(server.url, b"three")


def test_a_server_that_is_down_is_unavailable(certificates: Certificates, clock: Clock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{taken.getsockname()[1]}/"
        with (
            Http(ca_file=certificates.ca, patience=clock.patience(tries=2)) as http,
            pytest.raises(SourceUnavailable, match=r"no answer \(tried 2 times\)"),
        ):
            http.get(url)


def test_a_silent_server_is_not_waited_for_forever(certificates: Certificates, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        with (
            Http(ca_file=certificates.ca, patience=clock.patience(tries=1, timeout=0.2)) as http,
            pytest.raises(SourceUnavailable, match="timed out"),
        ):
            http.get(url)


@pytest.mark.parametrize("bundle", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_are_verified_whatever_the_environment_says(
    https_server: Start, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    monkeypatch.setenv(bundle, str(certificates.ca))
    server = https_server(well)
    with Http() as http, pytest.raises(SourceUnavailable, match="not believed") as info:
        http.get(server.url)
    assert "caFile" in info.value.hint
    assert http.traffic.requests == 1, "a certificate does not get better by asking again"


def test_anybody_is_believed_only_where_that_is_asked_for(https_server: Start) -> None:
    server = https_server(well)
    with Http(verify_tls=False) as http, pytest.warns(InsecureRequestWarning):
        assert http.get(server.url).status == 200


def test_a_certificate_for_another_name_is_not_believed(https_server: Start, http: Http) -> None:
    server = https_server(well)
    with pytest.raises(SourceUnavailable, match="not believed"):
        http.get(server.url.replace("127.0.0.1", "localhost"))


def test_plain_text_on_a_secure_port_is_tried_again_in_vain(
    https_server: Start, certificates: Certificates, clock: Clock
) -> None:
    server = https_server(well, tls=False)
    with (
        Http(ca_file=certificates.ca, patience=clock.patience(tries=2)) as http,
        pytest.raises(SourceUnavailable, match="tried 2 times"),
    ):
        http.get(server.url.replace("http:", "https:"))


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["absent", "something else"])
def test_a_file_of_authorities_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(SourceDataError) as info:
        Http(ca_file=file)
    assert info.value.where == str(file)


@pytest.mark.parametrize("url", ["https://[::1/", "gopher://host/", "https://"])
def test_an_address_that_is_none_is_refused(http: Http, url: str) -> None:
    with pytest.raises(SourceDataError, match="the address cannot be used"):
        http.get(url)


def test_an_endless_answer_is_cut_off(
    https_server: Start, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_MAX_BYTES", 2**20)
    server = https_server(lambda _: Reply(200, gzip.compress(bytes(2**20 + 1)), {"Content-Encoding": "gzip"}))
    with pytest.raises(SourceDataError, match="larger than 1 MB"):
        http.get(server.url)
    server.fault(".", Reply(200, bytes(2**20)))
    assert len(http.get(server.url).body) == 2**20


@pytest.mark.parametrize("body", [b"", b"<html>Sign in to the guest network</html>", b'{"value": ['])
def test_an_answer_that_is_no_json_is_shown(body: bytes) -> None:
    with pytest.raises(SourceError, match="the answer \\(200\\) is no JSON") as info:
        Answer(200, {}, body).json()
    assert (body.decode() or "(empty)") in info.value.message


def test_messages_are_plain_and_short() -> None:
    assert plain("a\tb\x1b[31m\r\n  c\u202e") == "a b [31m c"
    assert len(plain("x" * 10_000)) == 303
    assert site("https://ada:pin@host:8443/a?b=c#d") == "https://host:8443/a"


# The environment's proxies: a proxy that refuses shows that it was asked.


@contextmanager
def a_proxy() -> Iterator[tuple[str, list[bytes]]]:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(4096).split(b"\r\n")[0])
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        with socket.create_connection(listener.getsockname()):  # let a proxy go that nobody asked
            thread.join()


def test_the_environments_proxy_counts_only_where_asked_for(
    https_server: Start, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    server = https_server(well)
    with a_proxy() as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with Http(ca_file=certificates.ca) as http:
            assert http.get(server.url).status == 200
        assert asked == []
        with (
            Http(ca_file=certificates.ca, proxy="environment", patience=clock.patience(tries=1)) as http,
            pytest.raises(SourceUnavailable),
        ):
            http.get(server.url)
    assert [line.split()[:2] for line in asked] == [
        [b"CONNECT", server.url.removeprefix("https://").encode()]
    ]


def test_the_environment_may_leave_hosts_out(
    https_server: Start, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = https_server(well)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Http(ca_file=certificates.ca, proxy="environment") as http:
        assert http.get(server.url).status == 200


def test_a_proxy_of_the_manifest_is_used(
    https_server: Start, certificates: Certificates, clock: Clock
) -> None:
    server = https_server(well)
    with (
        a_proxy() as (proxy, asked),
        Http(ca_file=certificates.ca, proxy=proxy, patience=clock.patience(tries=1)) as http,
        pytest.raises(SourceUnavailable),
    ):
        http.get(server.url)
    assert len(asked) == 1
