"""Access tokens (myq.md section 6.2)."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.simulator.refusal import Invalid, Refusal

OFFLINE = "offline.access"
"""The scope that brings a refresh token."""


@dataclass(frozen=True, slots=True)
class Application:
    """A registered REST application: its credentials and the scopes it may have."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Tokens:
    """The tokens given out; a restart forgets them."""

    application: Application
    _access: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    _refresh: dict[str, str] = field(default_factory=dict)

    def issue(self, body: Mapping[str, Any], life: int, refused: int) -> dict[str, Any]:
        """Answer a token request; *refused* is the HTTP status for wrong credentials."""
        self._check(body, refused)
        grant = body.get("grant_type")
        if grant == "client_credentials":
            asked = str(body.get("scope", "")).split()
        elif grant == "refresh_token":
            asked = self._refreshed(body, refused)
        else:
            raise Invalid(f'The grant type "{grant}" is not supported.')
        granted = [scope for scope in asked if scope in self.application.scopes]
        token = secrets.token_urlsafe(24)
        self._access[token] = (time.monotonic() + life, frozenset(granted))
        answer = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": life,
            "scope": " ".join(granted),
        }
        if OFFLINE in granted:
            answer["refresh_token"] = secrets.token_urlsafe(24)
            self._refresh[str(answer["refresh_token"])] = str(answer["scope"])
        return answer

    def scopes(self, authorization: str) -> frozenset[str] | None:
        """Return the scopes of the token in an ``Authorization`` header; None when it is not valid now."""
        kind, _, token = authorization.partition(" ")
        ends, scopes = self._access.get(token, (0.0, frozenset[str]()))
        return scopes if kind.lower() == "bearer" and time.monotonic() < ends else None

    def forget(self) -> None:
        """Let every access token expire now; refresh tokens stay good."""
        self._access.clear()

    def _check(self, body: Mapping[str, Any], refused: int) -> None:
        given = (str(body.get("client_id", "")), str(body.get("client_secret", "")))
        right = (self.application.client_id, self.application.client_secret)
        same = [
            hmac.compare_digest(one.encode(), other.encode()) for one, other in zip(given, right, strict=True)
        ]
        if not all(same):
            raise Refusal(refused, "The client is unknown or its secret is wrong.")

    def _refreshed(self, body: Mapping[str, Any], refused: int) -> list[str]:
        scope = self._refresh.pop(str(body.get("refresh_token", "")), None)
        if scope is None:
            raise Refusal(refused, "The refresh token is not valid.")
        return scope.split()
