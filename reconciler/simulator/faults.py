"""Faults to be had on demand, each by operation and by count; MyQ documents none of them.

A fault is written as ``kind=error,status=503,operation=update_user,after=10,every=3,times=2``: of the
requests for that operation (all, when none is named), the first 10 pass, then every third is hit, twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import get_type_hints

from reconciler.errors import UsageError
from reconciler.simulator.dialects import ROUTES
from reconciler.simulator.settings import pair, typed

IMPORT = "import"
"""The run of a CSV synchronization: latency comes before each row, and only where it is named."""

_API = tuple(dict.fromkeys(route.name for route in ROUTES))
OPERATIONS = ("token", *_API, IMPORT)
"""What a fault can name."""

_LISTS = ("list_users", "list_groups")
_OF_ONE_USER = (
    "get_user",
    "update_user",
    "delete_user",
    "undelete_user",
    "generate_pin",
    "register_card",
    "add_card",
    "remove_card",
    "add_to_group",
    "remove_from_group",
)
_WHERE = "--fault"


class Kind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"
    ERROR = "error"
    DROP = "drop"
    TRUNCATED_ANSWER = "truncated-answer"
    NOT_JSON = "not-json"
    EXPIRED_TOKEN = "expired-token"  # noqa: S105  # the name of a fault
    SHORT_PAGE = "short-page"
    WRONG_COUNT = "wrong-count"
    REPEATED_PAGE = "repeated-page"
    CONCURRENT_WRITER = "concurrent-writer"


class When(StrEnum):
    """Whether the request has taken effect when an error or a drop hits it."""

    BEFORE = "before"
    AFTER = "after"


_REACH: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    dict.fromkeys(Kind, ("token", *_API))
    | dict.fromkeys((Kind.SHORT_PAGE, Kind.WRONG_COUNT), ("find_users", *_LISTS))
    | dict.fromkeys((Kind.EXPIRED_TOKEN, Kind.CONCURRENT_WRITER), _API)
    | {Kind.LATENCY: OPERATIONS, Kind.REPEATED_PAGE: _LISTS}
)
"""The operations that a fault can hit: no other request counts for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, and with which requests.

    `after` requests pass unharmed, then `every`-th is hit, `times` times (0: without end). `seconds` is
    the latency; `status` and `retry_after` (``""``: no such header) belong to an error, `when` to an
    error or a drop; `by` is how many entries a page lacks, or how far the count is off;
    `user`, `field` and `value` are what a concurrent writer changes (the request's own user if unnamed).
    """

    kind: Kind
    operation: str = ""
    after: int = 0
    every: int = 1
    times: int = 0
    seconds: float = 0.0
    status: int = 503
    retry_after: str = ""
    when: When = When.BEFORE
    by: int = 1
    user: str = ""
    field: str = "notes"
    value: str = "changed by somebody else"


def parse(text: str) -> Fault:
    """Return the fault that *text* describes; raise `UsageError` where it is none."""
    return made(dict(pair(part, _WHERE) for part in text.split(",")))


def made(settings: object) -> Fault:
    """Return the fault with these settings, a mapping of names to texts or to what JSON has."""
    if not isinstance(settings, Mapping):
        raise UsageError("a fault is an object", hint='{"kind": "latency", "seconds": 1}', where=_WHERE)
    values = typed(get_type_hints(Fault), settings.items(), _WHERE)
    if "kind" not in values:
        raise UsageError("the fault has no kind", hint=f"one of: {', '.join(Kind)}", where=_WHERE)
    fault = Fault(**values)
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    if fault.operation and fault.operation not in OPERATIONS:
        raise UsageError(
            f"no operation is named {fault.operation!r}",
            hint=f"one of: {', '.join(OPERATIONS)}",
            where=_WHERE,
        )
    reach = _REACH[fault.kind]
    if fault.operation and fault.operation not in reach:
        raise UsageError(
            f"{fault.kind} cannot hit {fault.operation}", hint=f"one of: {', '.join(reach)}", where=_WHERE
        )
    if fault.every < 1:
        raise UsageError("every cannot be less than 1", hint="1 hits each request", where=_WHERE)
    if fault.kind is Kind.CONCURRENT_WRITER and not fault.user and fault.operation not in _OF_ONE_USER:
        raise UsageError(
            "a concurrent writer needs a user to change",
            hint=f"name a user, or one of the operations {', '.join(_OF_ONE_USER)}",
            where=_WHERE,
        )


@dataclass(slots=True)
class _Pending:
    fault: Fault
    seen: int = 0
    hits: int = 0

    def hit(self, operation: str) -> bool:
        """Count a request, and tell whether the fault hits it."""
        fault = self.fault
        if operation not in _REACH[fault.kind] or fault.operation not in {"", operation}:
            return False
        if operation == IMPORT and not fault.operation:
            return False
        self.seen += 1
        turn = self.seen - fault.after
        if turn < 1 or turn % fault.every or (fault.times and self.hits >= fault.times):
            return False
        self.hits += 1
        return True


@dataclass(slots=True)
class Faults:
    """The faults that lie in wait."""

    _pending: list[_Pending] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Let one more lie in wait."""
        self._pending.append(_Pending(fault))

    def clear(self) -> None:
        """Remove all."""
        self._pending.clear()

    def of(self, operation: str) -> dict[Kind, Fault]:
        """Return the faults that hit the request that has just come, the last added of each kind."""
        return {each.fault.kind: each.fault for each in self._pending if each.hit(operation)}

    def described(self) -> list[dict[str, object]]:
        """Return each fault with how many requests it has seen and hit."""
        return [asdict(each.fault) | {"seen": each.seen, "hits": each.hits} for each in self._pending]
