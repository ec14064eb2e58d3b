"""What holds after any requests (myq.md sections 5 and 9), tried on the operations without HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.simulator import users
from reconciler.simulator.refusal import Refusal
from reconciler.simulator.seed import seed
from reconciler.simulator.store import Store
from reconciler.simulator.switches import Collision, OwnAlias, Returning, Switches

NAMES = st.sampled_from(("ada", "Ada", "bob", "eve", "*admin"))
GROUPS = ("A", "A|B", "C")
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "username": NAMES,
        "fullname": st.sampled_from(("Somebody", "")),
        "code": st.sampled_from(("", "1", "2")),
        "aliases": st.lists(NAMES, max_size=2),
        "cards": st.lists(st.sampled_from(("C1", "C2")), max_size=2),
        "pins": st.lists(st.sampled_from(("908172", "774411")), max_size=2),
        "groups": st.lists(st.sampled_from(GROUPS), max_size=3),
        "defaultGroup": st.sampled_from(("", *GROUPS)),
    },
)
STEPS = st.lists(
    st.tuples(st.sampled_from(("create", "update", "delete", "undelete")), st.integers(1, 12), FIELDS),
    max_size=25,
)


@contextmanager
def opened(switches: Switches) -> Iterator[Store]:
    store = Store(":memory:", switches)
    try:
        seed(store, [{"username": "ada", "cards": ["C1"]}, {"username": "bob"}], GROUPS)
        yield store
    finally:
        store.close()


def take(store: Store, number: int, step: tuple[str, int, dict[str, Any]]) -> None:
    verb, user, fields = step
    with store.work(verb, number) as work:
        if verb == "create":
            users.create(work, fields, work.switches.created_again)
        elif verb == "update":
            users.update(work, user, fields)
        elif verb == "delete":
            users.delete(work, user)
        else:
            users.undelete(work, user)


def twice(values: Iterator[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


@given(
    STEPS,
    st.sampled_from(Collision),
    st.sampled_from((Returning.REFUSE, Returning.UNDELETE)),
    st.booleans(),
    st.booleans(),
)
def test_no_identity_ever_has_two_owners(
    steps: list[tuple[str, int, dict[str, Any]]],
    collision: Collision,
    returning: Returning,
    blocks: bool,  # noqa: FBT001  # Hypothesis gives it
    sensitive: bool,  # noqa: FBT001  # the same
) -> None:
    switches = Switches(
        card_collision=collision,
        pin_collision=collision,
        code_collision=collision,
        created_again=returning,
        deleted_user_blocks_names=blocks,
        user_name_case_sensitive=sensitive,
        aliases_ignore_case=not sensitive,
        alias_equal_to_own_name=OwnAlias.SKIP,
    )
    with opened(switches) as store:
        system = store.state()["users"][:5]
        for number, step in enumerate(steps, 1):
            before = store.state()
            try:
                take(store, number, step)
            except Refusal:
                assert store.state() == before
        people = store.state()["users"]
        alive = [user for user in people if blocks or not user["deleted"]]
    assert people[:5] == system
    assert all(user["fullname"] for user in people)
    assert not any(user["groups"] or user["defaultGroup"] for user in people if user["deleted"])
    assert all(user["defaultGroup"] in {"", *user["groups"]} for user in people)
    for kind in ("cards", "pins"):
        assert twice(value for user in alive for value in user[kind]) == []
    assert twice(user["code"] for user in alive if user["code"]) == []
    same = str if sensitive else str.casefold
    assert (
        twice(name for user in alive for name in {same(one) for one in (user["username"], *user["aliases"])})
        == []
    )


@pytest.mark.parametrize("blocks", [True, False])
@given(steps=STEPS)
def test_the_log_tells_every_change_and_nothing_else(
    blocks: bool,  # noqa: FBT001  # a table
    steps: list[tuple[str, int, dict[str, Any]]],
) -> None:
    with opened(Switches(deleted_user_blocks_names=blocks)) as store:
        for number, step in enumerate(steps, 1):
            before, told = store.state(), len(store.log(0))
            try:
                take(store, number, step)
            except Refusal:
                assert len(store.log(0)) == told
            else:
                effects = store.log(0)[told:]
                assert {each["request"] for each in effects} <= {number}
                assert bool(effects) == (store.state() != before)
