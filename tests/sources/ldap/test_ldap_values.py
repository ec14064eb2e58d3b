"""What is binary in its usual text form, and what is text as text."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.model import Cell
from reconciler.errors import SourceDataError
from reconciler.sources.ldap.values import column, guid_text, sid_text

ADMINISTRATORS = bytes.fromhex("01020000000000052000000020020000")
SOMEBODY = bytes.fromhex("010500000000000515000000d1a5ebe1a3ab3795e29dfd0c4f040000")
GUID = bytes.fromhex("56b19619a5bac44a8285 5ff740e746a3")


@pytest.mark.parametrize(
    ("name", "values", "cell"),
    [
        pytest.param("cn", [b"Ada"], "Ada", id="one value"),
        pytest.param("cn", ["Žofie".encode()], "Žofie", id="UTF-8"),
        pytest.param("cn", [b"b", b"a"], ("a", "b"), id="several values are sorted"),
        pytest.param("cn", [b"a", b"a"], "a", id="equal values are one"),
        pytest.param("cn", [b"", b"a", b"b"], ("a", "b"), id="empty values are none"),
        pytest.param("cn", [b""], "", id="an empty value"),
        pytest.param("cn", [b"", b""], "", id="empty values"),
        pytest.param("cn", [], "", id="no values"),
        pytest.param("objectGUID", [GUID], "1996b156-baa5-4ac4-8285-5ff740e746a3", id="a GUID"),
        pytest.param(
            "OBJECTGUID", [GUID], "1996b156-baa5-4ac4-8285-5ff740e746a3", id="a GUID in another case"
        ),
        pytest.param(
            "mS-DS-ConsistencyGuid", [GUID], "1996b156-baa5-4ac4-8285-5ff740e746a3", id="another GUID"
        ),
        pytest.param("objectSid", [ADMINISTRATORS], "S-1-5-32-544", id="a short identifier"),
        pytest.param(
            "objectSid",
            [SOMEBODY],
            "S-1-5-21-3790317009-2503453603-217947618-1103",
            id="an account's identifier",
        ),
        pytest.param(
            "sIDHistory",
            [SOMEBODY, ADMINISTRATORS],
            ("S-1-5-21-3790317009-2503453603-217947618-1103", "S-1-5-32-544"),
            id="several identifiers",
        ),
        pytest.param("GUID", [b"\x01\xff"], "01ff", id="eDirectory's GUID"),
    ],
)
def test_values_become_a_cell(name: str, values: list[bytes], cell: Cell) -> None:
    assert column([("cn=x", {name: values}), ("cn=y", {})], name) == [cell, ""]


def test_the_dn_is_an_attribute_of_every_entry() -> None:
    assert column([("cn=x", {}), ("cn=y", {})], "DN") == ["cn=x", "cn=y"]


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        pytest.param("jpegPhoto", [b"\xff\xd8"], "jpegPhoto is not text", id="binary"),
        pytest.param("cn", [b"Ada", b"Andr\xe9"], "cn is not text", id="Latin 1 among several"),
        pytest.param("objectGUID", [b"\x01" * 15], "a GUID has 16 bytes, and this has 15", id="a short GUID"),
        pytest.param("objectSid", [b"\x01\x02"], "0102 is no security identifier", id="a short identifier"),
        pytest.param("objectSid", [SOMEBODY[:-1]], "is no security identifier", id="a cut identifier"),
    ],
)
def test_a_value_without_a_text_form_names_its_entry(name: str, values: list[bytes], message: str) -> None:
    with pytest.raises(SourceDataError) as caught:
        column(
            [
                ("cn=w", {}),
                ("cn=x", {"cn": [b"fine"], name: [values[0]] if len(values) > 1 else values}),
                ("cn=y", {name: values}),
            ],
            name,
        )
    assert message in caught.value.message
    assert caught.value.where == ("cn=y" if len(values) > 1 else "cn=x")


@given(st.binary(min_size=16, max_size=16))
def test_a_guid_reads_back(raw: bytes) -> None:
    assert UUID(guid_text(raw)).bytes_le == raw


@given(st.integers(0, 2**48 - 1), st.lists(st.integers(0, 2**32 - 1), max_size=15))
def test_a_security_identifier_reads_back(authority: int, parts: list[int]) -> None:
    raw = bytes((1, len(parts))) + authority.to_bytes(6, "big")
    raw += b"".join(part.to_bytes(4, "little") for part in parts)
    assert sid_text(raw).split("-") == ["S", "1", str(authority), *map(str, parts)]
