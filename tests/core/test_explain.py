"""What people are told of one user: source, wanted, MyQ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.explain import Differing, differences, what_differs
from reconciler.core.model import User

ADA = User("ada", "Ada Lovelace", email="ada@example.org", cards=("1", "2"), groups=("Staff", "Staff|Sales"))


def test_all_three_sides_are_told_and_what_opens_a_door_is_masked() -> None:
    account = User("ada", "A. Lovelace", cards=("2", "3"), phone="12", groups=("Old", "Staff"))
    source = {
        "userName": "ada",
        "fullName": "LOVELACE, Ada",
        "email": "ada@example.org",
        "cards": ("1", "2"),
        "personalNumber": "77",
        "room": "B\x1b[1m",
        "floor": "",
    }
    assert what_differs(ADA, source, account) == (
        "as the source spells it -> as it is wanted:",
        "  fullName: LOVELACE, Ada -> Ada Lovelace",
        "  personalNumber: *** (before) -> not said",
        "  groups: not said -> Staff, Staff|Sales",
        r"  room: B\x1b[1m (mapped to no property)",
        "as MyQ has it -> as it is wanted:",
        "  fullName: A. Lovelace -> Ada Lovelace",
        "  email: not said -> ada@example.org",
        "  cards: *** (before) -> *** (after)",
        "  phone: 12 -> not said",
        "  groups: Old -> Staff|Sales",
    )


def test_who_is_the_same_everywhere_is_told_so() -> None:
    source = {"userName": "ada", "fullName": ("Ada Lovelace",)}
    assert what_differs(User("ada", "Ada Lovelace"), source, User("ada", "Ada Lovelace")) == (
        "as the source spells it -> as it is wanted: the same",
        "as MyQ has it -> as it is wanted: the same",
    )


def test_who_is_missing_somewhere_is_told_so() -> None:
    assert what_differs(ADA, None, None) == ("no source has a record of it", "MyQ has no account of it")


_cells = st.text(max_size=5) | st.lists(st.text(max_size=5), min_size=2, max_size=4, unique=True).map(
    lambda values: tuple(sorted(values))
)
_sides = st.dictionaries(
    st.sampled_from(["cards", "groups", "x']['y", "[0]", "root", ".a"]) | st.text(max_size=5), _cells
)


@given(first=_sides, second=_sides)
def test_deepdiff_finds_what_a_comparison_of_sets_finds(
    first: dict[str, str], second: dict[str, str]
) -> None:
    def values(side: dict[str, str], name: str) -> set[str]:
        cell = side.get(name, ())
        return {cell} if isinstance(cell, str) else set(cell)

    expected = {
        Differing(
            name,
            tuple(sorted(values(first, name) - values(second, name))),
            tuple(sorted(values(second, name) - values(first, name))),
        )
        for name in {*first, *second}
    }
    assert set(differences(first, second)) == {one for one in expected if one.only_first or one.only_second}


def test_the_order_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "from reconciler.core.explain import differences\n"
        "first = {name: tuple('abc') for name in ('cards', 'z', 'groups', 'b')}\n"
        "print(differences(first, {'cards': ('c', 'x', 'y')}))\n"
    )
    root = str(Path(__file__).parent.parent.parent)
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1
