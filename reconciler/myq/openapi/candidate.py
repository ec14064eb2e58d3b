"""An endpoint that could be what is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.myq.openapi.places import Inside, Place, place
from reconciler.myq.openapi.spec import Endpoint


@dataclass(frozen=True, slots=True)
class Candidate:
    """An endpoint that could be what is needed, how well it fits, and why.

    `found` is where the object or the list stands in what it gives, `taken` where in what it takes.
    `value` is the key or parameter that takes a name, a card, an id; with `in_body` it is a key.
    """

    endpoint: Endpoint
    score: int
    reasons: tuple[str, ...]
    found: Inside | None = None
    taken: Inside | None = None
    value: str = ""
    in_body: bool = False

    @property
    def place(self) -> Place:
        """What its path is about."""
        return place(self.endpoint.path)


Rule: TypeAlias = Callable[[Endpoint, Place], Candidate | None]
"""Returns what an endpoint is to a need, None where it is nothing to it."""
