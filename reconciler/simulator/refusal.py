"""How the simulated MyQ says no."""

from __future__ import annotations


class Refusal(Exception):
    """A request is not carried out; the caller gets the status and MyQ's words (myq.md section 6.4)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Invalid(Refusal):
    """The request itself is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


class NotFound(Refusal):
    """There is nothing with that id."""

    def __init__(self, message: str) -> None:
        super().__init__(404, message)


class Conflict(Refusal):
    """What is asked for clashes with what is there; `conflict_status` says with which HTTP status."""

    def __init__(self, message: str) -> None:
        super().__init__(409, message)
