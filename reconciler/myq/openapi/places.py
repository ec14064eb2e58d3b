"""What a path is about: users, a user, the cards of a user; and what is done there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple

from reconciler.myq.openapi.shapes import NOTHING, Shape
from reconciler.myq.openapi.words import ALIAS, CARD, GROUP, PIN, USER, pieces

_ENTITIES: Final = (("group", GROUP), ("card", CARD), ("alias", ALIAS), ("pin", PIN), ("user", USER))
"""In this order: the groups of users are groups."""


class Step(NamedTuple):
    """Things of one kind, or one of them, by the parameter that has its id."""

    entity: str
    parameter: str = ""


class Place(NamedTuple):
    """The things that a path leads along, and what is written behind them, with its own parameter."""

    steps: tuple[Step, ...]
    action: frozenset[str] = frozenset()
    parameter: str = ""
    strange: bool = False
    """It leads through something else as well."""

    def is_of(self, *wanted: str) -> bool:
        """Return whether it leads along just these things: ``user``, or one of them, ``user/``."""
        told = tuple(f"{step.entity}/" if step.parameter else step.entity for step in self.steps)
        return not self.strange and told == wanted


@cache
def place(path: str) -> Place:
    """Return what a path is about."""
    steps: list[Step] = []
    action: set[str] = set()
    parameter, strange = "", False
    for segment in path.strip("/").split("/"):
        if segment.startswith("{") and segment.endswith("}"):
            name = segment[1:-1]
            if action:
                strange, parameter = strange or bool(parameter), name
            elif steps and not steps[-1].parameter:
                steps[-1] = steps[-1]._replace(parameter=name)
            else:
                strange = True
            continue
        entity = _entity(segment)
        if entity and action:
            strange = True
        elif entity:
            steps.append(Step(entity))
        elif steps:
            action |= set(pieces(segment))
    return Place(tuple(steps), frozenset(action), parameter, strange)


def _entity(segment: str) -> str:
    held = set(pieces(segment))
    if "by" in held:
        return ""
    return next((entity for entity, words in _ENTITIES if held & words), "")


class Inside(NamedTuple):
    """Where something stands in a body or an answer: its key, its shape; what holds it, under what prefix."""

    key: str
    shape: Shape
    holder: Shape
    prefix: str


def a_list(shape: Shape, fits: Callable[[Shape], bool]) -> Inside | None:
    """Return the list of such things in an answer."""
    if shape.kind == "list":
        items = shape.items or NOTHING
        return Inside("", items, NOTHING, "") if fits(items) else None
    for key, each, holder, prefix in _within(shape, "", 2):
        if each.kind == "list" and fits(each.items or NOTHING):
            return Inside(key, each.items or NOTHING, holder, prefix)
    return None


def one(shape: Shape | None, fits: Callable[[Shape], bool]) -> Inside | None:
    """Return the one such thing in a body or an answer."""
    if shape is None:
        return None
    if fits(shape):
        return Inside("", shape, NOTHING, "")
    for key, each, holder, prefix in _within(shape, "", 2):
        if each.kind == "object" and fits(each):
            return Inside(key, each, holder, prefix)
    return None


def _within(shape: Shape, prefix: str, depth: int) -> Iterator[tuple[str, Shape, Shape, str]]:
    for key, each in shape.properties.items():
        yield f"{prefix}{key}", each, shape, prefix
    for key, each in shape.properties.items():
        if each.kind == "object" and depth > 1:
            yield from _within(each, f"{prefix}{key}.", depth - 1)
