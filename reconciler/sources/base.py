"""The contract of a reader, whatever it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from reconciler.core.model import Read


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a reader may know of the world: the project folder, and how to open a secret.

    `secret` takes a reference (``env:NAME``) and returns the secret, or raises `SourceError`.
    `scripts` says whether programs that the manifests name may run.
    """

    folder: Path
    secret: Callable[[str], str]
    scripts: bool = True


class Reader(Protocol):
    """Reads one source to the end, or raises `SourceError`.

    The contract, for whoever writes one:

    - `read` yields batches of some thousands of records at most; the columns stand in the order of
      `attributes`, each as long as `origins`. An attribute that a record lacks is ``""``.
    - It returns its `Reading` only after the source itself has said that this is the end. Any doubt
      raises: a short page, a limit, a row that cannot be understood.
    - An attribute that the source as a whole cannot have (a CSV column that is not there) raises
      `SourceDataError` and is named: an empty column would clear the property of everybody.
    - Attributes whose names begin with ``@`` are worked out by the reader from its own settings,
      such as the group paths of one of LDAP's ways to import groups.
    - An origin is where a person finds the record again: ``people.csv:17``, a DN, an object id.
    - Nothing is read before the first ``next``, and closing the generator frees what it holds.
    """

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield all records, then return what proves that these were all."""
        ...


@runtime_checkable
class Offering(Protocol):
    """A reader that can tell which attributes it could read besides, at no cost and without a doubt."""

    def attributes(self) -> tuple[str, ...]:
        """Return them; a look at the beginning of a file is allowed, a second read is not."""
        ...
