"""The simulator's own endpoints, under /simulator/: for tests, demos and people, never for a client.

They ask for no credentials; the simulator listens on loopback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reconciler.errors import ReconcilerError, UsageError
from reconciler.simulator.answers import Json
from reconciler.simulator.app import Myq
from reconciler.simulator.faults import Fault, made
from reconciler.simulator.seed import seed
from reconciler.simulator.switches import Switches, switched

_BAD_REQUEST = 400


class Control:
    """What the control endpoints do to one simulated MyQ."""

    def __init__(self, myq: Myq, switches: Switches, faults: tuple[Fault, ...]) -> None:
        self._myq = myq
        self._switches = switches
        self._faults = faults
        self._start()

    def routes(self) -> list[Route]:
        """Return the routes under /simulator/."""
        table: tuple[tuple[str, str, Callable[[Request], Awaitable[Response]]], ...] = (
            ("GET", "state", self._state),
            ("GET", "log", self._log),
            ("GET", "requests", self._requests),
            ("GET", "faults", self._list_faults),
            ("POST", "faults", self._add_faults),
            ("DELETE", "faults", self._clear_faults),
            ("POST", "switches", self._switch),
            ("POST", "seed", self._seed),
            ("POST", "reset", self._reset),
        )
        return [Route(f"/simulator/{name}", _guarded(run), methods=[method]) for method, name, run in table]

    def _start(self) -> None:
        self._myq.store.switches = self._switches
        self._myq.faults.clear()
        for fault in self._faults:
            self._myq.faults.add(fault)

    async def _state(self, _: Request) -> Response:
        return Json(self._myq.store.state() | {"switches": self._shown_switches()})

    async def _log(self, request: Request) -> Response:
        return Json({"effects": self._myq.store.log(int(request.query_params.get("after", "0")))})

    async def _requests(self, _: Request) -> Response:
        return Json({"requests": [each._asdict() for each in self._myq.seen]})

    async def _list_faults(self, _: Request) -> Response:
        return Json({"faults": self._myq.faults.described()})

    async def _add_faults(self, request: Request) -> Response:
        content = await _body(request)
        for fault in [made(each) for each in (content if isinstance(content, list) else [content])]:
            self._myq.faults.add(fault)
        return Json({})

    async def _clear_faults(self, _: Request) -> Response:
        self._myq.faults.clear()
        return Json({})

    async def _switch(self, request: Request) -> Response:
        settings = [(name, str(value)) for name, value in (await _body(request)).items()]
        self._myq.store.switches = switched(self._myq.store.switches, settings)
        return Json(self._shown_switches())

    async def _seed(self, request: Request) -> Response:
        content = await _body(request)
        first = seed(self._myq.store, content.get("users", []), content.get("groups", []))
        return Json({"first_id": first})

    async def _reset(self, _: Request) -> Response:
        self._myq.store.reset()
        self._myq.tokens.forget()
        self._myq.seen.clear()
        self._start()
        return Json({})

    def _shown_switches(self) -> dict[str, object]:
        switches = self._myq.store.switches
        return {name: getattr(switches, name) for name in Switches.__slots__}


async def _body(request: Request) -> Any:  # noqa: ANN401  # whatever JSON can say
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise UsageError(f"the body is not JSON: {error}", hint="send JSON", where=request.url.path) from None


def _guarded(run: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Return *run* with a person's mistakes answered as such."""

    async def answer(request: Request) -> Response:
        try:
            return await run(request)
        except ReconcilerError as error:
            return Json({"message": error.message, "hint": error.hint}, _BAD_REQUEST)

    return answer
