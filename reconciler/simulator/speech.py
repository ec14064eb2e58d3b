"""How operations are spoken over HTTP: what was said becomes what is asked, an answer what is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from reconciler.simulator.switches import Dialect, Server, Switches
from reconciler.simulator.work import Work


class Said(NamedTuple):
    """A request as it came: the parts of its path, its query, its JSON body."""

    path: Mapping[str, Any]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    address: str = ""


class Asked(NamedTuple):
    """A request, understood: the id in its path (0 where there is none), its query, its JSON body."""

    id: int
    query: Mapping[str, str]
    body: Mapping[str, Any]


class Answer(NamedTuple):
    """What comes back when nothing goes wrong."""

    content: dict[str, Any]
    status: int = 200
    headers: Mapping[str, str] = {}  # never written to


Operation: TypeAlias = Callable[[Work, Asked], Answer]
Listen: TypeAlias = Callable[[Said], Asked]
Tell: TypeAlias = Callable[[Answer, Asked, Said], Answer]


def as_said(said: Said) -> Asked:
    """Return a request that is asked in MyQ's own words."""
    return Asked(said.path.get("id", 0), said.query, said.body)


def as_it_is(answer: Answer, asked: Asked, said: Said) -> Answer:  # noqa: ARG001  # as others
    """Return an answer in MyQ's own words."""
    return answer


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query, as a specification tells of it."""

    name: str
    about: str
    type: str = "string"


@dataclass(frozen=True, slots=True)
class Told:
    """What a specification says of an operation beyond its method and path; shapes are names of schemas."""

    id: str
    summary: str
    tag: str
    parameters: tuple[Parameter, ...] = ()
    takes: str = ""
    gives: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an operation is reached; ``{id}`` in the path of a built-in one stands for a number."""

    name: str
    method: str
    path: str
    run: Operation
    documented: bool = False
    scope: str = "users"
    server: Server = Server.PRINT
    """Which role answers it; what is documented, both do."""
    dialect: Dialect = Dialect.BUILT_IN
    listen: Listen = as_said
    tell: Tell = as_it_is
    told: Told | None = field(default=None)

    def there(self, switches: Switches) -> bool:
        """Return whether a MyQ of these switches has the operation."""
        return self.dialect is switches.dialect and (
            self.documented or (switches.undocumented_operations and self.server is switches.server)
        )
