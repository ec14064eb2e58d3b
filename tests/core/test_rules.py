"""What a source says where its manifest says nothing, and which attributes it needs."""

from __future__ import annotations

from reconciler.core.model import Property
from reconciler.core.rules import Mode, Options, SourceRules
from support.world import PLACE, rule, rules


def test_a_source_does_nothing_that_nobody_has_written() -> None:
    bare = SourceRules("hr", "csv", "HR", PLACE, ())
    assert (bare.precedence, bare.max_depth, bare.replace_separators, bare.definition) == (100, 20, "", "")
    assert bare.groups_mode is Mode.REPLACE_IF_PRESENT
    assert bare.options == Options()


def test_the_attributes_of_pins_alone_are_told_apart() -> None:
    """Each attribute once, in a stable order; what PINs are made of goes no further than it must."""
    source = rules(modes={Property.PINS: Mode.REPLACE, Property.EMAIL: Mode.REPLACE})
    assert source.attributes == ("GROUPS", *sorted(one.template.text for one in source.rules))
    assert source.attributes_but_pins == tuple(
        name for name in source.attributes if name != rule(Property.PINS).template.text
    )
