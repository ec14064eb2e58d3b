"""Who has moved: laws for any sources and any server, and a table of what happens between two looks."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given

from reconciler.core.assumptions import Assumptions
from reconciler.core.drift import Before, drifted
from reconciler.core.mapping import MappedSource
from reconciler.core.model import ActualState
from reconciler.core.sight import Eye, LastLook, Scene, Sides, sights_of, unpacked
from reconciler.core.tree import GroupNode
from reconciler.myq.apply import Applying
from support.world import World, difference, servers, sources, wanted

EYE = Eye(b"salt", "https://print.example.org")
Nodes = tuple[GroupNode, ...]
Told = dict[str, Sides]


def look(
    some: Sequence[MappedSource], actual: ActualState, last: LastLook | None, nodes: Nodes = ()
) -> tuple[Told, LastLook]:
    """Return what a look tells, and what the next one is held against."""
    found = difference(some, actual, nodes=nodes)
    scene = Scene(wanted(some, nodes), actual, Assumptions())
    before = Before(last) if last else None
    sides, sights = drifted(found.changes, found.notices, scene, EYE, before)
    assert set(sides) <= {change.id for change in found.changes}
    return {change.id: sides.get(change.id, Sides.UNKNOWN) for change in found.changes}, LastLook(
        "", "", "", sights
    )


def applied(some: Sequence[MappedSource], actual: ActualState) -> ActualState:
    world = World(actual)
    Applying(world).run(difference(some, actual).changes)
    return world.read_state()


@given(sources(), servers(), servers())
def test_what_moved_on_the_server_alone_is_never_anothers(
    some: list[MappedSource], actual: ActualState, after: ActualState
) -> None:
    after = after._replace(knows_source=actual.knows_source)
    _, last = look(some, applied(some, actual), None)
    told, last = look(some, after, last)
    assert set(told.values()) <= {Sides.SERVER, Sides.UNKNOWN}
    assert look(some, after, last)[0] == told, "and nothing that stays as it is gets another cause"


@given(sources(), sources(), servers())
def test_what_moved_in_the_sources_alone_is_never_anothers(
    some: list[MappedSource], after: list[MappedSource], actual: ActualState
) -> None:
    actual = applied(some, actual)
    _, last = look(some, actual, None)
    told, last = look(after, actual, last)
    assert set(told.values()) <= {Sides.SOURCE, Sides.UNKNOWN}
    assert look(after, actual, last)[0] == told


@given(sources(), servers())
def test_of_a_first_look_nothing_has_a_cause(some: list[MappedSource], actual: ActualState) -> None:
    assert set(look(some, actual, None)[0].values()) <= {Sides.UNKNOWN}


@given(sources(), servers())
def test_a_look_is_kept_and_recalled_as_it_was(some: list[MappedSource], actual: ActualState) -> None:
    _, last = look(some, actual, None)
    assert sights_of(last.packed()) == last.sights
    assert all(unpacked(kept).packed() == kept for kept in last.sights.values())
