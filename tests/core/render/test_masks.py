"""Pseudonyms: the same from run to run, told apart within a plan, and no name to be read from them."""

from __future__ import annotations

import hashlib
import hmac
import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.change import typeable
from reconciler.core.render.masks import Mask, Outside, pseudonyms

names = st.sets(st.text(min_size=1, max_size=8).map(typeable), max_size=40)
keys = st.binary(min_size=1, max_size=8)


@given(people=names, key=keys)
def test_everybody_has_a_pseudonym_of_their_own(people: set[str], key: bytes) -> None:
    masked = pseudonyms(people, key)
    assert masked.keys() == people
    assert len(set(masked.values())) == len(people)
    assert all(re.fullmatch("user:[0-9a-f]{4,64}", one) for one in masked.values())


@given(people=names, key=keys)
def test_a_pseudonym_is_the_beginning_of_a_keyed_hash_and_depends_on_nobody_else(
    people: set[str], key: bytes
) -> None:
    for name, masked in pseudonyms(people, key).items():
        digits = masked.removeprefix("user:")
        assert hmac.new(key, name.encode(), hashlib.sha256).hexdigest().startswith(digits)
        assert digits.startswith(pseudonyms({name}, key)[name].removeprefix("user:"))


def test_two_who_would_share_four_digits_get_as_many_as_tell_them_apart() -> None:
    people = [f"user{number}" for number in range(2_000)]
    masked = pseudonyms(people, b"key")
    longer = sorted(one for one in masked.values() if len(one) > len("user:1234"))
    assert longer
    assert len(set(masked.values())) == len(people)
    assert all(one[:-1] in {other[: len(one) - 1] for other in longer if other != one} for one in longer)


def test_without_a_key_people_are_numbered() -> None:
    assert pseudonyms(["bob", "ada"], b"") == {"ada": "user:1", "bob": "user:2"}


def test_somebody_who_is_not_in_the_plan_has_no_name_at_all() -> None:
    mask = Mask({})
    assert mask.name("ada") == Outside("user:***")
    assert mask.id("update/ada") == Outside("update/user:***", whole=True)
    assert mask.id("group-create/Staff/IT") == Outside("group-create/Staff/IT", whole=True)
