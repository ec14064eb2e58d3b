"""The token that every request to a MyQ server carries.

Tokens live 1,800 seconds (myq.md section 6.2) and are renewed before they end, so that an apply may take
longer than one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.errors import ReconcilerError
from reconciler.sources.answer import Json

_EARLY = 120.0
"""Seconds before its end at which a token is renewed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a REST application of MyQ is registered with (myq.md section 6.1)."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "users"


class Token:
    """The token of one server; safe to share between threads.

    `ask` returns the server's answer to what is asked of its sign-in, and `useless` the error for an answer
    that is none, of a message and a remedy. `scopes` are those of the last token.
    """

    def __init__(
        self,
        credentials: Credentials,
        ask: Callable[[Mapping[str, str]], Json],
        useless: Callable[[str, str], ReconcilerError],
        clock: Callable[[], float],
    ) -> None:
        self.scopes: frozenset[str] = frozenset()
        self._credentials = credentials
        self._ask = ask
        self._useless = useless
        self._clock = clock
        self._token = ""
        self._ends = 0.0
        self._lock = threading.Lock()

    def current(self) -> str:
        """Return a token that has some time left."""
        with self._lock:
            if self._clock() < self._ends:
                return self._token
            stale = self._token
        return self.renewed(stale)

    def renewed(self, stale: str) -> str:
        """Return a token that is not the stale one: who comes second finds what the first was given."""
        with self._lock:
            if self._token != stale:
                return self._token
            told = self._ask(
                {
                    "grant_type": "client_credentials",
                    "client_id": self._credentials.client_id,
                    "client_secret": self._credentials.client_secret,
                    "scope": self._credentials.scope,
                }
            )
            if not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
                raise self._useless("MyQ's answer holds no token", "is this the address of a MyQ server?")
            self._check_scope(told)
            self._token = told["access_token"]
            self._ends = self._clock() + max(_life(told.get("expires_in")) - _EARLY, 1.0)
            return self._token

    def _check_scope(self, told: Mapping[str, object]) -> None:
        """Refuse a narrower token: MyQ may grant less than was asked for (myq.md section 6.2)."""
        self.scopes = frozenset(str(told.get("scope", self._credentials.scope)).split())
        lacking = set(self._credentials.scope.split()) - self.scopes
        if lacking:
            raise self._useless(
                f"MyQ does not grant the scope {' '.join(sorted(lacking))}",
                "add the scope to the REST application in MyQ: Settings > Connections",
            )


def _life(told: object) -> float:
    """Return the seconds a token lives; 0 where that is not told in numbers, so that it is soon renewed."""
    try:
        return float(told) if isinstance(told, (int, float, str)) else 0.0
    except ValueError:
        return 0.0
