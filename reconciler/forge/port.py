"""What the program asks of a forge, whichever it is."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Approver(NamedTuple):
    """Somebody who let a run go on: who, when (ISO 8601; ``""`` if not told), in which words."""

    name: str
    at: str = ""
    words: str = ""


class Forge(Protocol):
    """One repository of a forge, seen from a job that runs there; every call may raise `ForgeError`."""

    @property
    def name(self) -> str:
        """What an approver is called by: ``github``, ``gitlab``, ``azure``."""
        ...

    @property
    def limit(self) -> int:
        """How many characters a comment may have."""
        ...

    @property
    def run_url(self) -> str:
        """Where a person finds this run and its artifacts."""
        ...

    def comment(self, marker: str, body: str) -> str:
        """Post a comment on the pull request, or renew the one with the marker; return its address.

        Only a comment of our own is renewed: anybody may write the marker into theirs.
        """
        ...

    def approvers(self, environment: str) -> tuple[Approver, ...]:
        """Return who allowed this run to enter the environment; empty where nobody had to."""
        ...

    def issue(self, marker: str, title: str, body: str) -> str:
        """Open an issue, or renew the open one with the marker; return its address."""
        ...

    def close_issue(self, marker: str, words: str) -> str:
        """Close the open issue with the marker, saying why; return its address, ``""`` for none."""
        ...

    def artifact(self, name: str, file: str) -> bytes:
        """Return a file that the last run on the pull request's newest commit has kept."""
        ...
