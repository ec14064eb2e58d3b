"""The HTTP of one simulated MyQ: requests in, operations run, answers or faults out."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute

from reconciler.simulator import users
from reconciler.simulator.answers import Json, NoAnswer, Truncated, refused
from reconciler.simulator.dialects import DIALECTS, ROUTES
from reconciler.simulator.faults import Fault, Faults, Kind, When
from reconciler.simulator.identity import user_named
from reconciler.simulator.refusal import Conflict, Invalid, NotFound, Refusal
from reconciler.simulator.speech import Answer, Asked, Route, Said
from reconciler.simulator.store import Store
from reconciler.simulator.switches import Dialect
from reconciler.simulator.tokens import Application, Tokens

_KEPT_REQUESTS = 200_000
_LARGEST_ID = 2**63 - 1
_TOKEN = "token"  # noqa: S105  # the name of an operation


class Seen(NamedTuple):
    """A request that came; status 0 where the connection was cut."""

    request: int
    operation: str
    method: str
    path: str
    query: str
    status: int


class Myq:
    """One simulated MyQ: its state, its tokens, the faults in wait, the requests seen."""

    def __init__(self, store: Store, application: Application) -> None:
        self.store = store
        self.tokens = Tokens(application)
        self.faults = Faults()
        self.seen: deque[Seen] = deque(maxlen=_KEPT_REQUESTS)

    def token(self, dialect: Dialect) -> Callable[[Request], Awaitable[Response]]:
        """Return what answers the token requests of one dialect."""

        async def answer(request: Request) -> Response:
            def issue(said: Said, _: int, __: Mapping[Kind, Fault]) -> Answer:
                return self._issue(dialect, said)

            return await self._serve(_TOKEN, request, issue)

        return answer

    def endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        """Return what answers the requests of one route."""

        async def answer(request: Request) -> Response:
            def run(said: Said, number: int, faults: Mapping[Kind, Fault]) -> Answer:
                return self._run(route, request, said, number, faults)

            return await self._serve(route.name, request, run)

        return answer

    async def _serve(
        self,
        operation: str,
        request: Request,
        run: Callable[[Said, int, Mapping[Kind, Fault]], Answer],
    ) -> Response:
        number = self.store.next_request()
        faults = self.faults.of(operation)
        if Kind.LATENCY in faults:
            await asyncio.sleep(faults[Kind.LATENCY].seconds)
        body = await request.body()
        response = _stopped(self.store, faults, When.BEFORE)
        if response is None:
            try:
                answer = run(_said(request, body), number, faults)
            except Refusal as refusal:
                response = self._refusal(refusal)
            else:
                response = _stopped(self.store, faults, When.AFTER) or _answered(answer, faults)
        status = 0 if isinstance(response, NoAnswer) else response.status_code
        self.seen.append(Seen(number, operation, request.method, request.url.path, request.url.query, status))
        return response

    def _issue(self, dialect: Dialect, said: Said) -> Answer:
        switches = self.store.switches
        if dialect is not switches.dialect:
            raise Refusal(switches.undocumented_status, "There is no such operation.")
        return Answer(self.tokens.issue(said.body, switches.token_life, switches.expired_token_status))

    def _run(
        self, route: Route, request: Request, said: Said, number: int, faults: Mapping[Kind, Fault]
    ) -> Answer:
        if Kind.EXPIRED_TOKEN in faults:
            self.tokens.forget()
        self._authorize(route, request)
        asked = route.listen(said)
        writer = faults.get(Kind.CONCURRENT_WRITER)
        if writer and route.method != "GET":
            self._write_between(writer, asked, number)
        if Kind.REPEATED_PAGE in faults:
            asked = _page_before(asked, self.store.switches.page_limit)
        with self.store.work(route.name, number) as work:
            answer = route.run(work, asked)
        if writer and route.method == "GET":
            self._write_between(writer, asked, number)
        return route.tell(_distorted(answer, faults), asked, said)

    def _authorize(self, route: Route, request: Request) -> None:
        switches = self.store.switches
        if not route.there(switches):
            raise Refusal(switches.undocumented_status, "There is no such operation.")
        scopes = self.tokens.scopes(request.headers.get("authorization", ""))
        if scopes is None:
            raise Refusal(switches.expired_token_status, "The access token is missing or has expired.")
        if route.scope not in scopes:
            raise Refusal(switches.missing_scope_status, f'The scope "{route.scope}" is missing.')

    def _write_between(self, fault: Fault, asked: Asked, number: int) -> None:
        """Let somebody else change a user, in a transaction of their own."""
        with self.store.work("concurrent_writer", number) as work:
            target = user_named(work, fault.user, deleted=False) if fault.user else asked.id
            if target is None:
                raise NotFound(f'There is no user "{fault.user}".')
            users.update(work, target, {fault.field: fault.value})

    def _refusal(self, refusal: Refusal) -> Response:
        switches = self.store.switches
        status = switches.conflict_status if isinstance(refusal, Conflict) else refusal.status
        return refused(switches, status, refusal.message)


def _said(request: Request, body: bytes) -> Said:
    number = request.path_params.get("id", 0)
    if number > _LARGEST_ID:
        raise NotFound(f"There is nothing with the id {number}.")
    return Said(request.path_params, request.query_params, _content(request, body), str(request.url))


def _content(request: Request, body: bytes) -> dict[str, Any]:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        content = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        raise Invalid("The body is not JSON.") from None
    if not isinstance(content, dict):
        raise Invalid("The body is not a JSON object.")
    return content


def _stopped(store: Store, faults: Mapping[Kind, Fault], when: When) -> Response | None:
    """Return what a drop or an error makes of the request at this point, None where none is due."""
    drop, error = faults.get(Kind.DROP), faults.get(Kind.ERROR)
    if drop and drop.when is when:
        return NoAnswer()
    if error and error.when is when:
        headers = {"Retry-After": error.retry_after} if error.retry_after else None
        return refused(store.switches, error.status, "A fault was injected.", headers)
    return None


def _answered(answer: Answer, faults: Mapping[Kind, Fault]) -> Response:
    if Kind.NOT_JSON in faults:
        return Response("<html><body>Gateway</body></html>", answer.status, media_type="text/html")
    if Kind.TRUNCATED_ANSWER in faults:
        return Truncated(orjson.dumps(answer.content), answer.status)
    made = Json(answer.content, answer.status)
    made.headers.update(answer.headers)
    return made


def _page_before(asked: Asked, most: int) -> Asked:
    offset, limit = int(asked.query.get("offset", "0")), int(asked.query.get("limit", str(most)))
    return asked._replace(query=dict(asked.query) | {"offset": str(max(0, offset - min(limit, most)))})


def _distorted(answer: Answer, faults: Mapping[Kind, Fault]) -> Answer:
    content: dict[str, Any] = dict(answer.content)
    if Kind.SHORT_PAGE in faults:
        for name in content.keys() & {"users", "groups"}:
            content[name] = content[name][: -faults[Kind.SHORT_PAGE].by]
    if Kind.WRONG_COUNT in faults and "count" in content:
        content["count"] += faults[Kind.WRONG_COUNT].by
    return answer._replace(content=content)


def application(myq: Myq, control: list[HttpRoute]) -> Starlette:
    """Return the ASGI application: MyQ's API, and the routes that control the simulator."""

    async def not_there(request: Request, exc: Exception) -> Response:  # noqa: ARG001  # Starlette's signature
        status = exc.status_code if isinstance(exc, HTTPException) else 500
        return refused(myq.store.switches, status, "There is no such operation.")

    routes = [
        HttpRoute(spoken.token, myq.token(dialect), methods=["POST"]) for dialect, spoken in DIALECTS.items()
    ]
    routes += [
        HttpRoute(_numbered(route.path), myq.endpoint(route), methods=[route.method]) for route in ROUTES
    ]
    return Starlette(routes=[*routes, *control], exception_handlers={HTTPException: not_there})


def _numbered(path: str) -> str:
    """Return a path whose ids are numbers, in the words of the library; other ids stay texts."""
    return re.sub(r"\{(id|userId|groupId)\}", r"{id:int}", path)
