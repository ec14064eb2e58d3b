"""What goes back over the wire: JSON, an error body, or less than an answer."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reconciler.simulator.switches import Switches

TRANSPORT = "transport"
"""Where a request's scope has the transport of its connection (`serve` puts it there)."""

_OTHER_CODES = 1000


class Json(Response):
    """A JSON answer."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401  # whatever JSON can say
        """Return the bytes."""
        return orjson.dumps(content)


class NoAnswer(Response):
    """Not an answer: the connection is cut at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # nothing is sent
        """Abort, and come back when the connection is gone."""
        scope["state"][TRANSPORT].abort()
        await _gone(receive)


class Truncated(Response):
    """An answer that breaks off: fewer bytes than its own length says, then the connection ends."""

    media_type = "application/json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half the body, then close."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["state"][TRANSPORT].close()
        await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Wait until the connection has ended: the body was read, so nothing else can come."""
    await receive()


def refused(switches: Switches, status: int, message: str, headers: dict[str, str] | None = None) -> Json:
    """Return an error answer with MyQ's body (myq.md section 6.4)."""
    code = status if switches.error_code_equals_status else status + _OTHER_CODES
    return Json({"code": code, "message": message, "data": []}, status, headers)
