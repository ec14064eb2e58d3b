"""The state of one simulated MyQ: opened, filled, emptied, looked at, and worked on by requests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from reconciler.simulator.reading import page_of_users
from reconciler.simulator.schema import build_in, connect
from reconciler.simulator.switches import Switches
from reconciler.simulator.work import Work

_EVERYTHING = -1


class Store:
    """A database with users, groups and the log; one request works on it at a time."""

    def __init__(self, file: str, switches: Switches) -> None:
        self.db: sqlite3.Connection = connect(file)
        self.switches = switches
        self._requests: int = self.db.execute("SELECT coalesce(max(request), 0) FROM effects").fetchone()[0]

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def is_empty(self) -> bool:
        """Tell whether there is nothing but what is built in."""
        query = (
            "SELECT 1 FROM users WHERE NOT system UNION ALL SELECT 1 FROM groups WHERE NOT built_in LIMIT 1"
        )
        return self.db.execute(query).fetchone() is None

    def next_request(self) -> int:
        """Return a number that no request has had."""
        self._requests += 1
        return self._requests

    @contextmanager
    def work(self, operation: str, request: int) -> Iterator[Work]:
        """Give one transaction: committed when the block ends, undone when it raises."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield Work(self.db, self.switches, request, operation)
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def reset(self) -> None:
        """Empty everything but what is built in; the log too."""
        with self.work("reset", 0):
            for statement in _DELETIONS:
                self.db.execute(statement)
            build_in(self.db)

    def state(self) -> dict[str, Any]:
        """Return everything there is, PINs too: for assertions, never for a client."""
        with self.work("state", 0) as work:
            users, _ = page_of_users(work, 0, _EVERYTHING)
            pins: dict[int, list[str]] = {}
            for user, value in self.db.execute(
                "SELECT user, value FROM held WHERE kind = 'pins' ORDER BY rowid"
            ):
                pins.setdefault(user, []).append(value)
            system = {row[0] for row in self.db.execute("SELECT id FROM users WHERE system")}
            groups = [path for (path,) in self.db.execute("SELECT path FROM groups ORDER BY path")]
        for user in users:
            user["pins"] = pins.get(user["id"], [])
            user["system"] = user["id"] in system
        return {"users": users, "groups": groups}

    def log(self, after: int) -> list[dict[str, Any]]:
        """Return the effects with a higher sequence number than *after*, oldest first."""
        rows = self.db.execute(
            "SELECT seq, request, operation, user, what FROM effects WHERE seq > ? ORDER BY seq", (after,)
        )
        names = ("seq", "request", "operation", "user", "what")
        return [dict(zip(names, (*row[:4], orjson.loads(row[4])), strict=True)) for row in rows]


_DELETIONS = (
    "DELETE FROM users",
    "DELETE FROM held",
    "DELETE FROM memberships",
    "DELETE FROM groups",
    "DELETE FROM effects",
)
