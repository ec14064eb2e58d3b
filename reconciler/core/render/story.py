"""A plan and a result told in lines, whatever they are shown on: our words, and pieces from outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.core.render.masks import Line


class Row(NamedTuple):
    """One change, notice or guard: what it is, and what there is to say of it.

    `mark` is for where its part has none, or others.
    """

    head: Line
    below: tuple[Line, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows under one title. `total` is how many there are; `rows`, those to show, are made when asked for.

    `weight` says whose rows go first where there is no room for all: the larger, the later they go.
    What is `folded` is opened by who wants to see it, where that can be.
    """

    title: str
    rows: Iterable[Row] = ()
    total: int = 0
    mark: str = ""
    weight: int = 0
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """A verdict in one line, remarks, the parts in the order in which they are read, what to do next."""

    verdict: Line
    remarks: tuple[Line, ...]
    parts: tuple[Part, ...]
    next_steps: tuple[Row, ...] = ()
