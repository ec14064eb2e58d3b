"""Laws of group paths, for any groups within groups."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourceDataError
from reconciler.sources.entra import EntraMemberships
from reconciler.sources.entra.groups import Group, chosen, ids_by_user
from reconciler.sources.entra.paths import Way, cells, place

pytestmark = pytest.mark.entra

DEEP = 100
NAMES = st.sampled_from(["Sales", "sales", "SALES ", "Export", "a|b", "a,b", "a/b", "Zoë", "Zoe\u0308"])


@st.composite
def ways(draw: st.DrawFn) -> Way:
    """Up to six groups, often of one name, any of them within any other."""
    count = draw(st.integers(0, 6))
    groups = tuple(Group(f"{n:08x}-id", draw(NAMES), "security") for n in range(count))
    ids = [group.id for group in groups] + ["somewhere-else"]
    children = {group.id: draw(st.lists(st.sampled_from(ids), unique=True)) for group in groups}
    said = EntraMemberships(tree=draw(st.booleans()), same_name="suffix")
    return Way(said, groups, children)


@given(ways())
def test_every_group_has_a_place_and_none_shares_it(way: Way) -> None:
    (paths,) = place([way], "/", DEEP)
    assert set(paths) == {group.id for group in way.groups}
    assert all(paths.values())
    places = [path.casefold() for mine in paths.values() for path in mine]
    assert len(places) == len(set(places))
    if not way.said.tree:
        assert all("|" not in path for path in places)


@given(ways())
def test_each_step_of_a_path_is_a_membership(way: Way) -> None:
    (paths,) = place([way], "/", DEEP)
    owner = {path: key for key, mine in paths.items() for path in mine}
    for path in owner:
        steps = path.split("|")
        trail = [owner["|".join(steps[: depth + 1])] for depth in range(len(steps))]
        assert len(set(trail)) == len(trail), "nothing stands below itself"
        assert all(lower in way.children[upper] for upper, lower in pairwise(trail))


@given(ways(), st.randoms(use_true_random=False))
def test_the_order_in_which_graph_shows_groups_does_not_matter(way: Way, chance: object) -> None:
    def shuffled(values: list[str]) -> list[str]:
        return sorted(values, key=lambda _: chance.random())

    order = {group.id: group for group in way.groups}
    groups = tuple(order[key] for key in shuffled(list(order)))
    children = {key: shuffled(list(below)) for key, below in way.children.items()}
    assert place([Way(way.said, groups, children)], "/", DEEP) == place([way], "/", DEEP)


@given(ways())
def test_groups_of_one_name_stop_a_source_that_does_not_want_them(way: Way) -> None:
    strict = way.said.model_copy(update={"same_name": "error"})
    try:
        placed = place([Way(strict, way.groups, way.children)], "/", DEEP)
    except SourceDataError as error:
        assert "tell apart" in error.message  # noqa: PT017  both outcomes are right, for different groups
    else:
        assert placed == place([way], "/", DEEP), "without twins nothing gets a suffix"


@given(st.lists(st.lists(st.integers(0, 5), unique=True), max_size=6))
def test_everybody_gets_the_paths_of_all_his_groups(members: list[list[int]]) -> None:
    groups = tuple(Group(f"g{n}", f"Group {n}", "security") for n in range(len(members)))
    held = ids_by_user(groups, {f"g{n}": [str(user) for user in mine] for n, mine in enumerate(members)})
    (paths,) = place([Way(EntraMemberships(), groups, {})], None, 1)
    found = cells(groups, paths, held)
    for user in range(6):
        expected = [f"Group {n}" for n, mine in enumerate(members) if user in mine]
        cell = found.get(str(user), ())
        assert ([cell] if isinstance(cell, str) else list(cell)) == expected
    assert all(cell for cell in found.values())


@given(st.lists(NAMES, max_size=6), st.lists(NAMES, max_size=2), st.lists(NAMES, max_size=2))
def test_ignored_groups_are_never_chosen(names: list[str], ignored: list[str], parts: list[str]) -> None:
    groups = [Group(f"g{n}", name, "security") for n, name in enumerate(names)]
    said = EntraMemberships(ignore_groups=tuple(ignored), ignore_groups_containing=tuple(parts))
    for group in chosen(groups, said):
        assert group.name.casefold() not in {name.casefold() for name in ignored}
        assert not any(part.casefold() in group.name.casefold() for part in parts)
