"""What a web server said, and what people are told when it said nothing that can be used."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import orjson
from urllib3.exceptions import HTTPError, LocationValueError

from reconciler.errors import SourceDataError, SourceUnavailable

Json: TypeAlias = Any
"""What a server sent; of what shape it is, whoever asked for it checks."""

_SHOWN: Final = 300
_OF_THE_LIBRARY: Final = re.compile(r"\w+\(host=[^)]*\): |\[Errno -?\d+\] ")
"""What the library puts before the words of the system; the address stands before it already."""


class Answer(NamedTuple):
    """What a server said; header names are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """Return the body as Python values, or raise SourceUnavailable when it is not whole JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise SourceUnavailable(
                f"the answer ({self.status}) is no JSON: {self.excerpt()}",
                hint="something between here and the server may have answered; look at the address",
            ) from None

    def excerpt(self) -> str:
        """Return the beginning of the body, fit for a message."""
        return plain(self.body[: 4 * _SHOWN].decode("utf-8", "replace")) or "(empty)"


def plain(text: str) -> str:
    """Return a server's words on one line, shortened, without control characters."""
    words = "".join(char if char.isprintable() else " " for char in text).split()
    line = " ".join(words)
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def site(url: str) -> str:
    """Return an address fit for a message: without query, which may hold tokens."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return plain(url.partition("?")[0])
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def refuse_hopeless(error: HTTPError, url: str) -> None:
    """Raise SourceError for an address that is none and for a certificate that is not believed."""
    if isinstance(error, LocationValueError):
        raise SourceDataError(
            f"the address cannot be used: {plain(str(error))}", hint="mend the address", where=site(url)
        ) from None
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
        raise SourceUnavailable(
            f"the server's certificate is not believed: {plain(str(error))}",
            hint="where it comes from an authority of your own, name that one's file: caFile",
            where=site(url),
        ) from None


def given_up(outcome: Answer | HTTPError, url: str, failures: int, asked: float | None) -> SourceUnavailable:
    """Return the error for a request that patience ended with no answer to, or with one that is none."""
    tried = f"tried {failures} times" if failures > 1 else "tried once"
    if not isinstance(outcome, Answer):
        return SourceUnavailable(
            f"no answer ({tried}): {plain(_OF_THE_LIBRARY.sub('', str(outcome)))}",
            hint="is the server up, and reachable from here? run again later",
            where=site(url),
        )
    busy = f", it asks to wait {asked:.0f} s" if asked else ""
    return SourceUnavailable(
        f"the server answers {outcome.status} ({tried}{busy}): {outcome.excerpt()}",
        hint="the server is busy or in trouble; run again later",
        where=site(url),
    )
