from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.filters import (
    card,
    default,
    first,
    lookup,
    lower,
    split,
    strip,
    strip_characters,
    substitute,
    upper,
)
from reconciler.core.rules import Filter, Values

many = st.lists(st.text(min_size=1), max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        pytest.param(lower, ("ADA", "Bo"), ("ada", "bo"), id="lower-takes-every-value"),
        pytest.param(upper, ("ß", "žena"), ("SS", "ŽENA"), id="upper-knows-more-than-ascii"),
        pytest.param(strip, (" ada\t", "\n"), ("ada",), id="strip-drops-what-was-only-space"),
        pytest.param(first, ("a", "b"), ("a",), id="first-of-several"),
        pytest.param(first, (), (), id="first-of-none"),
        pytest.param(
            strip_characters("-;"), (";7E-97-", "--"), ("7E-97",), id="strip-characters-at-the-ends"
        ),
        pytest.param(split(","), ("a,,b", "c"), ("a", "b", "c"), id="split-leaves-no-empty-value"),
        pytest.param(split("; "), ("a; b;c",), ("a", "b;c"), id="split-at-a-longer-separator"),
        pytest.param(default("en"), (), ("en",), id="default-where-there-is-none"),
        pytest.param(default("en"), ("cs",), ("cs",), id="default-gives-way-to-a-value"),
        pytest.param(
            substitute(lambda text: text[1:]), ("xa", "x"), ("a",), id="substitute-may-empty-a-value"
        ),
        pytest.param(lookup({"a": "b"}, "keep"), ("a", "c"), ("b", "c"), id="lookup-keeps-the-unknown"),
        pytest.param(lookup({"a": "b"}, "drop"), ("a", "c"), ("b",), id="lookup-drops-the-unknown"),
        pytest.param(lookup({"a": ""}, "error"), ("a",), (), id="lookup-may-empty-a-value"),
        pytest.param(card("hex", "hex"), ("7e9700c9",), ("7E9700C9",), id="hex-in-upper-case"),
        pytest.param(card("hex", "hex"), ("007e",), ("007E",), id="hex-keeps-its-zeros"),
        pytest.param(
            card("hex", "hex", reverse_bytes=True), ("7E9700C9",), ("C900977E",), id="hex-backwards"
        ),
        pytest.param(card("hex", "hex", length=8), ("7E",), ("0000007E",), id="hex-padded"),
        pytest.param(card("hex", "decimal"), ("7E9700C9",), ("2123825353",), id="hex-to-decimal"),
        pytest.param(card("hex", "decimal", length=10), ("1F",), ("0000000031",), id="decimal-padded"),
        pytest.param(
            card("hex", "decimal", reverse_bytes=True), ("1F00",), ("31",), id="hex-backwards-to-decimal"
        ),
        pytest.param(card("decimal", "hex"), ("0031",), ("1F",), id="decimal-to-hex"),
        pytest.param(card("decimal", "hex", length=8), ("31",), ("0000001F",), id="decimal-to-padded-hex"),
        pytest.param(card("decimal", "decimal", length=4), ("31",), ("0031",), id="decimal-padded-only"),
        pytest.param(
            card("decimal", "hex", reverse_bytes=True, length=8),
            ("31",),
            ("1F000000",),
            id="decimal-to-hex-backwards",
        ),
    ],
)
def test_filters(step: Filter, before: Values, after: Values) -> None:
    assert step(before) == after


@pytest.mark.parametrize(
    ("step", "value", "words"),
    [
        pytest.param(lookup({"a": "b"}, "error"), "c", "no entry for 'c'", id="lookup-stops-at-the-unknown"),
        pytest.param(card("hex", "hex"), "7E-97", "'7E-97' is not a hexadecimal card number", id="hyphens"),
        pytest.param(card("decimal", "hex"), "7E", "'7E' is not a decimal card number", id="hex-for-decimal"),
        pytest.param(card("decimal", "hex"), "٣", "not a decimal card number", id="digits-of-another-script"),
        pytest.param(
            card("hex", "decimal"), "7E\n", "not a hexadecimal card number", id="line-break-after-it"
        ),
        pytest.param(card("decimal", "hex"), "9" * 5000, "not a decimal card number", id="endless-number"),
        pytest.param(card("hex", "hex", reverse_bytes=True), "7E9", "odd number of digits", id="half-a-byte"),
        pytest.param(
            card("decimal", "hex", reverse_bytes=True, length=2),
            "256",
            "more than 2 hex",
            id="too-many-bytes",
        ),
    ],
)
def test_a_value_that_cannot_be_reshaped_is_an_error(step: Filter, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        step((value,))


@pytest.mark.parametrize(
    ("target", "length"),
    [("decimal", None), ("decimal", 8), ("hex", None), ("hex", 7)],
    ids=["to-decimal", "to-decimal-with-a-length", "without-a-length", "half-a-byte"],
)
def test_bytes_of_a_decimal_number_need_a_length(target: str, length: int | None) -> None:
    with pytest.raises(ValueError, match="how many bytes"):
        card("decimal", target, reverse_bytes=True, length=length)


def test_splitting_at_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to split"):
        split("")


@pytest.mark.parametrize(
    "step", [lower, upper, strip, first, strip_characters("ab"), split(","), default("x")]
)
@given(values=many)
def test_filtering_twice_is_filtering_once(step: Filter, values: Values) -> None:
    once = step(values)
    assert step(once) == once


@pytest.mark.parametrize("step", [strip, strip_characters("ab"), split(","), lookup({"a": ""}, "drop")])
@given(values=many)
def test_no_empty_value_is_left(step: Filter, values: Values) -> None:
    assert all(step(values))


@given(digits=st.text("0123456789abcdefABCDEF", min_size=1, max_size=40))
def test_hex_comes_back_from_decimal(digits: str) -> None:
    there = card("hex", "decimal")
    back = card("decimal", "hex", length=len(digits))
    assert back(there((digits,))) == (digits.upper(),)


@given(value=st.binary(min_size=1, max_size=16))
def test_reversing_twice_gives_the_card_again(value: bytes) -> None:
    reverse = card("hex", "hex", reverse_bytes=True)
    digits = value.hex().upper()
    assert reverse(reverse((digits,))) == (digits,)


@given(value=st.binary(min_size=1, max_size=16))
def test_a_reversed_decimal_is_the_reversed_hex(value: bytes) -> None:
    number = str(int.from_bytes(value, "big"))
    step = card("decimal", "hex", reverse_bytes=True, length=2 * len(value))
    assert step((number,)) == (value[::-1].hex().upper(),)
