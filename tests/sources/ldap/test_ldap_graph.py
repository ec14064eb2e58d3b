"""Groups in groups: who is above whom, the tree they make, and what a cycle does to it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourceDataError
from reconciler.sources.ldap import graph as ldap_graph
from reconciler.sources.ldap.graph import Group, check_distinct, flat_paths, tree_paths, with_ancestors


def _groups(*keys: str) -> dict[str, Group]:
    return {key: Group(f"cn={key}", key.upper()) for key in keys}


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        pytest.param({}, {"a": ["A"], "b": ["B"], "c": ["C"]}, id="side by side"),
        pytest.param({"b": ["a"], "c": ["b"]}, {"a": ["A"], "b": ["A|B"], "c": ["A|B|C"]}, id="a chain"),
        pytest.param(
            {"b": ["a"], "c": ["a", "b"]},
            {"a": ["A"], "b": ["A|B"], "c": ["A|B|C", "A|C"]},
            id="two ways down",
        ),
        pytest.param({"c": ["a", "b"]}, {"a": ["A"], "b": ["B"], "c": ["A|C", "B|C"]}, id="two parents"),
        pytest.param({"a": ["a"]}, {"a": ["A"], "b": ["B"], "c": ["C"]}, id="a group in itself"),
        pytest.param(
            {"a": ["b"], "b": ["a"]}, {"a": ["A"], "b": ["A|B"], "c": ["C"]}, id="two in each other"
        ),
        pytest.param(
            {"a": ["c"], "b": ["a"], "c": ["b"]},
            {"a": ["A"], "b": ["A|B"], "c": ["A|B|C"]},
            id="a cycle of three",
        ),
        pytest.param(
            {"a": ["b"], "b": ["a", "c"]},
            {"c": ["C"], "b": ["C|B"], "a": ["C|B|A"]},
            id="a cycle with a way in",
        ),
        pytest.param(
            {"b": ["c"], "c": ["b"], "a": ["b"]},
            {"b": ["B"], "c": ["B|C"], "a": ["B|A"]},
            id="below a cycle, though its key is smaller",
        ),
        pytest.param(
            {"a": ["elsewhere"]}, {"a": ["A"], "b": ["B"], "c": ["C"]}, id="in a group that is not imported"
        ),
    ],
)
def test_groups_make_a_tree(parents: dict[str, list[str]], expected: dict[str, list[str]]) -> None:
    found = tree_paths(_groups("a", "b", "c"), parents, 20)
    assert found == {key: tuple(paths) for key, paths in expected.items()}


def test_ancestors_are_found_through_cycles() -> None:
    parents = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "e": ["a"]}
    assert with_ancestors(["a"], parents) == {"a", "b", "c", "d"}
    assert with_ancestors(["d"], parents) == {"d"}
    assert with_ancestors([], parents) == frozenset()


def test_flat_groups_have_their_names() -> None:
    assert flat_paths(_groups("a", "b")) == {"a": ("A",), "b": ("B",)}


def test_a_tree_deeper_than_allowed_is_refused() -> None:
    chain = {f"g{n:02}": [f"g{n - 1:02}"] for n in range(1, 5)}
    groups = _groups("g00", *chain)
    assert tree_paths(groups, chain, 5)["g04"] == ("G00|G01|G02|G03|G04",)
    with pytest.raises(SourceDataError, match="more than 4 levels deep") as caught:
        tree_paths(groups, chain, 4)
    assert caught.value.where == "cn=g00"
    assert "tree: false" in caught.value.hint


def test_a_tree_that_multiplies_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap_graph, "FEW_PATHS", 100)
    layers = [[f"l{layer:02}-{n}" for n in range(4)] for layer in range(10)]
    parents = {key: layers[at - 1] for at, layer in enumerate(layers) if at for key in layer}
    with pytest.raises(SourceDataError, match="more than 400 paths"):
        tree_paths(_groups(*(key for layer in layers for key in layer)), parents, 20)


def test_groups_that_would_become_one_are_refused() -> None:
    groups = {"a": Group("cn=a", "Same"), "b": Group("cn=b", "Same")}
    with pytest.raises(SourceDataError, match="this group and cn=a would both be the group 'Same'") as caught:
        check_distinct(groups, flat_paths(groups))
    assert caught.value.where == "cn=b"


KEYS = st.sampled_from("abcdef")


@given(st.dictionaries(KEYS, st.lists(KEYS, max_size=4)))
def test_every_group_is_in_the_tree_and_no_path_meets_itself(parents: dict[str, list[str]]) -> None:
    groups = _groups(*"abcdef")
    paths = tree_paths(groups, parents, 20)
    assert paths.keys() == groups.keys()
    for key, found in paths.items():
        assert found
        for path in found:
            levels = path.split("|")
            assert levels[-1] == key.upper()
            assert len(set(levels)) == len(levels)
            assert all(upper.lower() in parents[lower.lower()] for upper, lower in itertools.pairwise(levels))
    check_distinct(groups, paths)


@given(st.dictionaries(KEYS, st.lists(KEYS, max_size=4)), st.randoms())
def test_the_order_of_parents_does_not_matter(parents: dict[str, list[str]], random: object) -> None:
    shuffled = list(parents.items())
    random.shuffle(shuffled)
    turned = {key: list(reversed(above)) for key, above in shuffled}
    assert tree_paths(_groups(*"fedcba"), turned, 20) == tree_paths(_groups(*"abcdef"), parents, 20)
