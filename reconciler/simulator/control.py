"""The simulator's own endpoints, under /simulator/: for tests, demos and people, never for a client.

They ask for no credentials; the simulator listens on loopback.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import yaml
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reconciler.errors import ReconcilerError, UsageError
from reconciler.simulator.answers import Json
from reconciler.simulator.app import Myq
from reconciler.simulator.csv_export import exported
from reconciler.simulator.csv_settings import settings_from
from reconciler.simulator.csv_sync import Synchronization
from reconciler.simulator.dialects import DIALECTS
from reconciler.simulator.faults import IMPORT, Fault, Kind, made
from reconciler.simulator.openapi import specification
from reconciler.simulator.seed import seed_from
from reconciler.simulator.switches import Switches, switched

_BAD_REQUEST = 400
_ROWS_AT_ONCE = 50
"""Rows of a running import after which other requests get their turn."""


class Control:
    """What the control endpoints do to one simulated MyQ."""

    def __init__(self, myq: Myq, switches: Switches, faults: tuple[Fault, ...]) -> None:
        self._myq = myq
        self._switches = switches
        self._faults = faults
        self._sync: Synchronization | None = None
        self._running = False
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
            ("GET", "openapi.json", self._specification),
            ("GET", "openapi.yaml", self._specification),
            ("GET", "export.csv", self._export),
            ("POST", "import", self._import),
            ("GET", "import", self._show_import),
            ("POST", "import/cancel", self._cancel_import),
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
        return Json({"effects": self._myq.store.log(_number(request.query_params.get("after", "0")))})

    async def _requests(self, _: Request) -> Response:
        return Json({"requests": [each._asdict() for each in self._myq.seen]})

    async def _list_faults(self, _: Request) -> Response:
        return Json({"faults": self._myq.faults.described()})

    async def _add_faults(self, request: Request) -> Response:
        content = await _body(request)
        several = content if isinstance(content, list) else [content]
        for fault in [made(each) for each in several]:
            self._myq.faults.add(fault)
        return Json({})

    async def _clear_faults(self, _: Request) -> Response:
        self._myq.faults.clear()
        return Json({})

    async def _switch(self, request: Request) -> Response:
        settings = (await _object(request)).items()
        self._myq.store.switches = switched(self._myq.store.switches, settings)
        return Json(self._shown_switches())

    async def _seed(self, request: Request) -> Response:
        first = seed_from(self._myq.store, await _object(request))
        return Json({"first_id": first})

    async def _reset(self, _: Request) -> Response:
        if self._sync:
            self._sync.cancel()
            self._sync = None
        self._myq.store.reset()
        self._myq.tokens.forget()
        self._myq.seen.clear()
        self._start()
        return Json({})

    async def _specification(self, request: Request) -> Response:
        """Give what an installation that speaks so would bring: OpenAPI 2.0, 3.0 or 3.1."""
        spoken = DIALECTS[self._myq.store.switches.dialect]
        made = specification(spoken, request.query_params.get("version", "3.0"))
        if request.url.path.endswith(".json"):
            return Json(made)
        return Response(yaml.safe_dump(made, sort_keys=False), media_type="application/yaml")

    async def _export(self, request: Request) -> Response:
        further = [name for name in request.query_params.get("columns", "").split(",") if name]
        with self._myq.store.work("export", 0) as work:
            content = exported(work, further)
        return Response(content, media_type="text/csv")

    async def _import(self, request: Request) -> Response:
        """Run a synchronization over the CSV file in the body; the query has its settings."""
        settings = settings_from(request.query_params)
        content = await request.body()
        if self._running:
            raise UsageError("another synchronization is running", hint="wait, or cancel it", where="import")
        self._sync = Synchronization(self._myq.store, content, settings)
        self._running = True
        try:
            await self._finish(self._sync)
        finally:
            self._running = False
        return Json(self._sync.report())

    async def _finish(self, sync: Synchronization) -> None:
        for row, _ in enumerate(sync.steps()):
            slow = self._myq.faults.of(IMPORT).get(Kind.LATENCY)
            if slow or row % _ROWS_AT_ONCE == 0:
                await asyncio.sleep(slow.seconds if slow else 0)

    async def _show_import(self, _: Request) -> Response:
        report = self._sync.report() if self._sync else {}
        return Json(report | {"running": self._running})

    async def _cancel_import(self, _: Request) -> Response:
        if self._sync:
            self._sync.cancel()
        return Json({})

    def _shown_switches(self) -> dict[str, object]:
        switches = self._myq.store.switches
        return {name: getattr(switches, name) for name in Switches.__slots__}


async def _body(request: Request) -> Any:  # noqa: ANN401  # whatever JSON can say
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise UsageError(f"the body is not JSON: {error}", hint="send JSON", where=request.url.path) from None


async def _object(request: Request) -> dict[str, Any]:
    content = await _body(request)
    if not isinstance(content, dict):
        raise UsageError("the body is no JSON object", hint="send {...}", where=request.url.path)
    return content


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text!r} is not a whole number", hint="a sequence number, 0 for all", where="log")
    return int(text)


def _guarded(run: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Return *run* with a person's mistakes answered as such."""

    async def answer(request: Request) -> Response:
        try:
            return await run(request)
        except ReconcilerError as error:
            return Json({"message": error.message, "hint": error.hint}, _BAD_REQUEST)

    return answer
