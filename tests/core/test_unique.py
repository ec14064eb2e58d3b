"""Which identities have one owner only, and when two claims are of the same one."""

from __future__ import annotations

import pytest

from reconciler.core.assumptions import Assumptions
from reconciler.core.model import Property, User
from reconciler.core.unique import Clash, alias_key, clashes, name_key

NAME, ALIASES = Property.USER_NAME, Property.ALIASES
STRICT = Assumptions()
LAX = Assumptions(user_name_case_sensitive=False)
EXACT_ALIASES = Assumptions(aliases_ignore_case=False)


@pytest.mark.parametrize(
    ("users", "assumptions", "expected"),
    [
        pytest.param([User("ada"), User("bob")], STRICT, [], id="two-people"),
        pytest.param([User("ada"), User("ada")], STRICT, [Clash(NAME, "ada", (0, 1))], id="one-name-twice"),
        pytest.param([User("ada"), User("Ada")], STRICT, [], id="names-that-differ-in-case"),
        pytest.param(
            [User("ada"), User("Ada")], LAX, [Clash(NAME, "ada", (0, 1))], id="names-where-case-is-nothing"
        ),
        pytest.param(
            [User("ada", aliases=("x",)), User("bob", aliases=("x",))],
            STRICT,
            [Clash(ALIASES, "x", (0, 1))],
            id="one-alias-twice",
        ),
        pytest.param(
            [User("ada", aliases=("X",)), User("bob", aliases=("x",))],
            STRICT,
            [Clash(ALIASES, "x", (0, 1))],
            id="aliases-in-another-case",
        ),
        pytest.param(
            [User("ada", aliases=("X",)), User("bob", aliases=("x",))],
            EXACT_ALIASES,
            [],
            id="aliases-where-case-counts",
        ),
        pytest.param(
            [User("ada"), User("bob", aliases=("ADA",))],
            STRICT,
            [Clash(ALIASES, "ada", (1, 0))],
            id="an-alias-is-somebody-elses-name",
        ),
        pytest.param(
            [User("ada"), User("bob", aliases=("ADA",))], EXACT_ALIASES, [], id="not-where-case-counts"
        ),
        pytest.param([User("ada", aliases=("ada",))], STRICT, [], id="an-alias-that-is-the-own-name"),
        pytest.param([User("ada", aliases=("A", "a"))], STRICT, [], id="two-aliases-of-one-person"),
        pytest.param(
            [User("ada", cards=("1", "2")), User("bob", cards=("2",))],
            STRICT,
            [Clash(Property.CARDS, "2", (0, 1))],
            id="one-card-twice",
        ),
        pytest.param(
            [User("ada", cards=("a1",)), User("bob", cards=("A1",))], STRICT, [], id="cards-are-not-folded"
        ),
        pytest.param(
            [User("ada", personal_number="1"), User("bob", personal_number="1")],
            STRICT,
            [Clash(Property.PERSONAL_NUMBER, "1", (0, 1))],
            id="one-number-twice",
        ),
        pytest.param(
            [User("ada", personal_number="01"), User("bob", personal_number="1")],
            STRICT,
            [],
            id="a-zero-in-front-makes-another-number",
        ),
        pytest.param([User("ada"), User("bob")], STRICT, [], id="no-number-twice-is-no-clash"),
        pytest.param(
            [User("ada", object_id="o"), User("bob", object_id="o")],
            STRICT,
            [Clash(Property.OBJECT_ID, "o", (0, 1))],
            id="one-object-twice",
        ),
        pytest.param(
            [User("ada", email="a@x"), User("bob", email="a@x")],
            STRICT,
            [],
            id="a-mail-address-may-be-shared",
        ),
        pytest.param(
            [User("ada", cards=("1",)), User("b", cards=("1",)), User("c", cards=("1",))],
            STRICT,
            [Clash(Property.CARDS, "1", (0, 1, 2))],
            id="three-claim-one-card",
        ),
        pytest.param(
            [User("ada", cards=("1",)), User("ada", personal_number="7"), User("c", cards=("1",))],
            STRICT,
            [Clash(NAME, "ada", (0, 1)), Clash(Property.CARDS, "1", (0, 2))],
            id="one-record-in-two-clashes",
        ),
    ],
)
def test_clashes(users: list[User], assumptions: Assumptions, expected: list[Clash]) -> None:
    assert list(clashes(users, assumptions)) == expected


def test_clashes_come_in_the_order_of_properties_and_values() -> None:
    users = [
        User("ada", aliases=("y", "x"), cards=("2", "1"), personal_number="9"),
        User("bob", aliases=("x", "y"), cards=("1", "2"), personal_number="9"),
    ]
    assert [(clash.property, clash.value) for clash in clashes(users, STRICT)] == [
        (ALIASES, "x"),
        (ALIASES, "y"),
        (Property.CARDS, "1"),
        (Property.CARDS, "2"),
        (Property.PERSONAL_NUMBER, "9"),
    ]


@pytest.mark.parametrize(
    ("assumptions", "name", "alias"),
    [
        pytest.param(STRICT, "Ada", "ada", id="as-assumed-unless-told"),
        pytest.param(LAX, "ada", "ada", id="names-ignore-case"),
        pytest.param(EXACT_ALIASES, "Ada", "Ada", id="aliases-do-not"),
    ],
)
def test_what_makes_a_name_itself(assumptions: Assumptions, name: str, alias: str) -> None:
    assert name_key("Ada", assumptions) == name
    assert alias_key("Ada", assumptions) == alias
