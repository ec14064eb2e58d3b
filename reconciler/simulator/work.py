"""One request's work on the state: its transaction, its switches, and the log of what it did."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from reconciler.simulator.switches import Switches

MASK = "***"
"""Stands for a PIN in the log."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an operation works with: everything it does is committed together, or not at all."""

    db: sqlite3.Connection
    switches: Switches
    request: int
    operation: str
    hashed_pins: bool = False

    def effect(self, user: int | None, what: Mapping[str, object]) -> None:
        """Append to the log what this request changed; nothing, where that is nothing.

        The log is part of the transaction.
        """
        if not what:
            return
        self.db.execute(
            "INSERT INTO effects (request, operation, user, what) VALUES (?, ?, ?, ?)",
            (self.request, self.operation, user, orjson.dumps(what).decode()),
        )
