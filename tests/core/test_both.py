"""One read mapped by two sets of rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.both import BothRead, map_both
from reconciler.core.mapping import MappedSource
from reconciler.core.model import Batch, Property, Reading
from reconciler.core.rules import Expectation, Mode, SourceRules, Values
from reconciler.errors import SourceDataError, SourceError
from support.world import rule, rules

HR = rules("hr", modes={Property.FULL_NAME: Mode.REPLACE}, groups=None)


def read(*batches: tuple[str, ...]) -> BothRead:
    for names in batches:
        batch = Batch([f"hr.csv:{name}" for name in names], [list(names), list(names)])
        yield batch, batch
    return Reading(sum(map(len, batches)))


def shouting(refused: str = "") -> SourceRules:
    """Return rules that write full names otherwise, and take one name for a mistake."""

    def shout(values: Values) -> Values:
        if refused in values:
            raise ValueError(f"{refused} is a mistake")
        return tuple(value.upper() if value == "bob" else value for value in values)

    return replace(HR, rules=(HR.rules[0], replace(rule(Property.FULL_NAME), filters=(shout,))))


def test_both_map_every_batch_and_who_is_the_same_is_held_once() -> None:
    mapped, other = map_both(HR, shouting(), read(("ada", "bob"), ("cy",)))
    assert isinstance(other, MappedSource)
    assert [user.full_name for user in mapped.users] == ["ada", "bob", "cy"]
    assert [user.full_name for user in other.users] == ["ada", "BOB", "cy"]
    assert [mine is theirs for mine, theirs in zip(mapped.users, other.users, strict=True)] == [
        True,
        False,
        True,
    ]
    assert mapped.origins == other.origins == ["hr.csv:ada", "hr.csv:bob", "hr.csv:cy"]
    assert mapped.reading == other.reading == Reading(3)


def test_what_does_not_fit_the_base_alone_comes_back_and_the_rest_is_mapped() -> None:
    mapped, other = map_both(HR, shouting("ada"), read(("ada", "bob"), ("cy",)))
    assert isinstance(other, SourceError)
    assert "ada is a mistake" in other.message
    assert len(mapped.users) == 3


def test_what_the_base_alone_does_not_believe_comes_back() -> None:
    careful = replace(HR, expect=Expectation(minimum_records=9))
    _, other = map_both(HR, careful, read(("ada",)))
    assert isinstance(other, SourceError)


@pytest.mark.parametrize("strict", [shouting("ada"), replace(HR, expect=Expectation(minimum_records=9))])
def test_what_does_not_fit_the_rules_themselves_ends_it(strict: SourceRules) -> None:
    with pytest.raises(SourceDataError):
        map_both(strict, HR, read(("ada",)))


def test_the_records_of_who_is_watched_are_those_of_the_rules() -> None:
    mapped, other = map_both(HR, shouting(), read(("bob",)), frozenset({"bob"}))
    assert isinstance(other, MappedSource)
    assert (mapped.spelled["bob"]["fullName"], other.spelled) == ("bob", {})
