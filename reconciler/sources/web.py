"""The HTTP of every source that speaks it: one pool, verified TLS, bounded patience.

A request of a safe verb is tried again when the server asks for it (429, 503, Retry-After), when it fails
(5xx) and when the connection breaks; any other answer, welcome or not, is the caller's to judge. Any
request is tried again after a 429, which says that it was not looked at.
Redirects are not followed, since a token goes with the request, and the environment's proxies and
certificate bundles count only where the manifest asks for them.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, SSLError

from reconciler.errors import SourceDataError
from reconciler.sources.answer import Answer, given_up, refuse_hopeless, site
from reconciler.sources.pace import Pace
from reconciler.sources.patience import Patience, asked_wait

AGAIN: Final = frozenset({429, 500, 502, 503, 504, 509})
"""The answers that may be better next time."""

ENVIRONMENT: Final = "environment"
"""The proxy setting that stands for the environment's (``HTTPS_PROXY``, ``NO_PROXY``)."""

_NOT_LOOKED_AT: Final = 429

_BEHIND_SCHEME: Final = len("https://")
_MAX_BYTES: Final = 128 * 2**20


@dataclass(slots=True)
class Traffic:
    """How many requests were sent, and how many of them were repetitions."""

    requests: int = 0
    repeated: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, repeated: bool) -> None:
        """Count one request."""
        with self._lock:
            self.requests += 1
            self.repeated += repeated


class Http:
    """A pool of connections, safe to share between threads; close it, or use it in a ``with``.

    With a `pace`, all requests keep it together: what the server asks of one of them holds for all.
    """

    def __init__(
        self,
        *,
        ca_file: Path | None = None,
        verify_tls: bool = True,
        proxy: str = "",
        connections: int = 8,
        patience: Patience | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.patience = patience or Patience()
        self.pace = pace
        self.traffic = Traffic()
        self._proxy = proxy
        self._settings: dict[str, Any] = {
            "maxsize": connections,
            "block": True,
            "ssl_context": _tls(ca_file) if verify_tls else _unverified_tls(),
            "timeout": urllib3.Timeout(connect=self.patience.timeout, read=self.patience.timeout),
            "retries": False,
        }
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._sites: dict[str, urllib3.HTTPConnectionPool] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for one in self._sites.values():
                one.close()
            self._sites.clear()
            for pool in self._pools.values():
                pool.clear()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET; raise SourceUnavailable when patience ends without one."""
        return self.send("GET", url, None, headers, again=True)

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, safe: bool = False
    ) -> Answer:
        """Return the answer to a POST, tried again only where it is `safe` to send it twice."""
        return self.send("POST", url, body, headers, again=safe)

    def send(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None, *, again: bool
    ) -> Answer:
        """Return the answer to any request, which is sent once more after a failure only if `again`."""
        patience, pace = self.patience, self.pace
        end = patience.clock() + patience.seconds
        sent = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", **(headers or {})}
        failures = 0
        while True:
            if pace:
                pace.turn()
            self.traffic.count(repeated=failures > 0)
            outcome = self._once(method, url, body, sent)
            repeatable = again
            if isinstance(outcome, Answer):
                repeatable = again or outcome.status == _NOT_LOOKED_AT
                if outcome.status not in AGAIN or not repeatable:
                    return outcome
            failures += 1
            asked = asked_wait(outcome.headers) if isinstance(outcome, Answer) else None
            wait = patience.wait_after(failures) if asked is None else asked
            if not repeatable or not self._may_wait(failures, wait, end):
                raise given_up(outcome, url, failures, asked)
            self._wait(wait, everybody=asked is not None)

    def _may_wait(self, failures: int, wait: float, end: float) -> bool:
        """Return whether it may be tried once more, after so long a wait."""
        if self.pace and self.pace.stop.is_set():
            return False
        return failures < self.patience.tries and self.patience.clock() + wait <= end

    def _wait(self, seconds: float, *, everybody: bool) -> None:
        if self.pace is None:
            self.patience.sleep(seconds)
        elif everybody:
            self.pace.pause(seconds)
        else:
            self.pace.sleep(seconds)

    def _once(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer | HTTPError:
        """Return the answer, or why there is none; raise when trying again cannot help."""
        try:
            response = self._response(method, url, body, headers)
            content = response.read(_MAX_BYTES + 1, decode_content=True)
        except (LocationValueError, SSLError) as error:
            refuse_hopeless(error, url)
            return error
        except HTTPError as error:
            return error
        if len(content) > _MAX_BYTES:
            response.close()
            raise SourceDataError(
                f"the answer is larger than {_MAX_BYTES // 2**20} MB",
                hint="look at the address: no page of records is that large",
                where=site(url),
            )
        response.release_conn()
        return Answer(response.status, response.headers, content)

    def _response(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        """Send it through the pool of its site, kept here: a manager finds it anew for each request."""
        slash = -1 if self._proxy else url.find("/", _BEHIND_SCHEME)
        if slash < 0:
            return self._pool(url).request(
                method, url, body=body, headers=headers, redirect=False, preload_content=False
            )
        pool = self._sites.get(url[:slash])
        if pool is None:
            pool = self._sites[url[:slash]] = self._pool(url).connection_from_url(url)
        return pool.urlopen(method, url[slash:], body, headers, redirect=False, preload_content=False)

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = _proxy_for(url) if self._proxy == ENVIRONMENT else self._proxy
        with self._lock:
            pool = self._pools.get(proxy)
            if pool is None:
                pool = self._pools[proxy] = (
                    urllib3.ProxyManager(proxy, **self._settings)
                    if proxy
                    else urllib3.PoolManager(**self._settings)
                )
            return pool


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise SourceDataError(
            f"the certificate authorities cannot be read: {error}",
            hint="caFile names a file of certificates in PEM form",
            where=str(ca_file),
        ) from None


def _unverified_tls() -> ssl.SSLContext:
    """Return a context that believes anybody: for trials, where a manifest says so in plain sight."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _proxy_for(url: str) -> str:
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc):
        return ""
    return getproxies().get(parts.scheme, "")
