"""The decoder of search entries against pyasn1 and ldap3, and against bytes that are wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import search_result_entry_response_to_dict_fast
from ldap3.protocol.rfc4511 import LDAPMessage
from ldap3.utils.asn1 import decode_message_fast, decoder

from reconciler.errors import SourceDataError
from reconciler.sources.ldap.decode import LARGEST_MESSAGE, Entry, EntryStream
from support.ldap_messages import (
    CONTROLS,
    ENTRY,
    MESSAGE,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Attributes,
    done,
    entry,
    entry_by_ldap3,
    notice,
    number,
    reference,
    short,
    text,
    wide,
)

ID = 7

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,12}(;[a-z]{1,8}(-[a-z]{2})?)?", fullmatch=True)
SIZES = st.sampled_from((0, 1, 125, 126, 127, 128, 255, 256, 300, 70_000))
VALUES = st.binary(max_size=24) | SIZES.map(bytes)
ATTRIBUTES = st.lists(
    st.tuples(NAMES, st.lists(VALUES, max_size=4)), max_size=6, unique_by=lambda pair: pair[0].lower()
)
DNS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ENTRIES = st.tuples(DNS, ATTRIBUTES)
NESTS: st.SearchStrategy[Callable[..., bytes]] = st.sampled_from((short, wide))
PERSON: Attributes = [
    ("uid", [b"ada"]),
    ("cn", [b"Ada Lovelace"]),
    ("mail", [b"ada@example.org", b"countess@example.org"]),
    ("userCertificate;binary", [bytes(300)]),
    ("description", []),
]
DN = "uid=ada,ou=people,dc=example,dc=org"


def decoded(*pieces: bytes, asked: tuple[str, ...] = ()) -> list[Entry]:
    """Return the entries in these bytes, of which none may be left over or of another kind."""
    stream = EntryStream(ID, asked)
    others = [other for piece in pieces for other in stream.feed(piece)]
    assert (others, stream.pending) == ([], False)
    return stream.entries


def outcome(*pieces: bytes) -> tuple[list[Entry], list[bytes], bool] | None:
    """Return all that a stream makes of these bytes; nothing when it refuses them."""
    stream = EntryStream(ID)
    try:
        others = [other for piece in pieces for other in stream.feed(piece)]
    except SourceDataError:
        return None
    return stream.entries, others, stream.pending


def by_ldap3(message: bytes) -> Entry:
    """Return the entry as ldap3's own quick decoder sees it."""
    payload = decode_message_fast(message)["payload"]
    found = search_result_entry_response_to_dict_fast(payload, None, None, check_names=False)
    return found["dn"], {name: values or [] for name, values in found["raw_attributes"].items()}


def by_pyasn1(message: bytes) -> Entry:
    """Return the entry as the ASN.1 of RFC 4511 defines it."""
    tree, rest = decoder.decode(message, asn1Spec=LDAPMessage())
    assert not rest
    assert int(tree["messageID"]) == ID
    found = tree["protocolOp"]["searchResEntry"]
    return str(bytes(found["object"]), "utf-8"), {
        str(bytes(attribute["type"]), "utf-8"): [bytes(value) for value in attribute["vals"]]
        for attribute in found["attributes"]
    }


@given(ENTRIES)
def test_an_entry_written_by_pyasn1_is_what_ldap3_makes_of_it(given_entry: tuple[str, Attributes]) -> None:
    message = entry_by_ldap3(ID, *given_entry)
    assert message == entry(ID, *given_entry)
    assert decoded(message) == [by_ldap3(message)] == [by_pyasn1(message)]


@given(st.lists(ENTRIES, max_size=5), NESTS)
def test_an_entry_is_the_same_after_others_like_it(
    entries: list[tuple[str, Attributes]], nest: Callable[..., bytes]
) -> None:
    messages = [entry(ID, *each, nest=nest) for each in entries for _ in range(2)]
    alone = [one for message in messages for one in decoded(message, asked=("CN", "sn"))]
    assert [(dn, list(found.values())) for dn, found in decoded(*messages)] == [
        (dn, list(found.values())) for dn, found in alone
    ]
    assert decoded(b"".join(messages)) == decoded(*messages)


@given(st.lists(ENTRIES, max_size=4), NESTS, st.data())
def test_the_pieces_in_which_bytes_arrive_do_not_matter(
    entries: list[tuple[str, Attributes]], nest: Callable[..., bytes], data: st.DataObject
) -> None:
    messages = [entry(ID, *each, nest=nest) for each in entries]
    whole = b"".join([*messages, reference(ID, "ldap://other"), done(ID, cookie=b"next")])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    pieces = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert outcome(*pieces) == outcome(whole)
    assert outcome(whole) == (
        [one for message in messages for one in decoded(message)],
        [reference(ID, "ldap://other"), done(ID, cookie=b"next")],
        False,
    )


def test_bytes_that_arrive_one_by_one_make_the_same_entries() -> None:
    whole = entry(ID, DN, PERSON) * 3
    assert decoded(*(bytes((byte,)) for byte in whole)) == decoded(whole)


@given(ENTRIES, NESTS, st.data())
def test_wrong_bytes_are_refused_or_mean_what_pyasn1_says(
    given_entry: tuple[str, Attributes], nest: Callable[..., bytes], data: st.DataObject
) -> None:
    good = entry(ID, *given_entry, nest=nest)
    at = data.draw(st.integers(0, min(len(good), 120) - 1))
    piece = data.draw(st.binary(max_size=3))
    bad = good[:at] + piece + good[at + data.draw(st.integers(0, 3)) :]
    first = outcome(bad)
    if first is not None and len(first[0]) == 1 and not first[2]:
        assert first[0] == [by_pyasn1(bad)]
    assert first is None or len(first[0]) <= 1
    after = outcome(good, bad)
    assert after == (first and (decoded(good) + first[0], *first[1:]))


@pytest.mark.parametrize("nest", [short, wide])
def test_no_beginning_of_a_message_is_an_entry(nest: Callable[..., bytes]) -> None:
    message = entry(ID, DN, PERSON, nest=nest)
    for size in range(len(message)):
        assert outcome(message[:size]) == ([], [], size > 0)


@pytest.mark.parametrize("nest", [short, wide])
def test_every_single_wrong_byte_is_refused_or_means_what_pyasn1_says(nest: Callable[..., bytes]) -> None:
    good = entry(ID, DN, PERSON[:3], nest=nest)
    accepted = 0
    for at in range(len(good)):
        for byte in {0x00, 0x01, 0x04, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xFF, good[at] ^ 1, good[at] + 1 & 0xFF}:
            bad = good[:at] + bytes((byte,)) + good[at + 1 :]
            made = outcome(good, bad)
            if made is not None and not made[2] and len(made[0]) == 2:
                accepted += 1
                assert made[0][1] == by_pyasn1(bad)
    assert accepted > 100  # letters of names and values can be others


def test_attributes_are_spelled_as_asked() -> None:
    first = entry(ID, "a", [("MAIL", [b"1"]), ("Cn;Lang-DE", [b"2"]), ("seeAlso", [])])
    second = entry(ID, "b", [("mail", [b"1"]), ("cn;lang-de", [b"2"]), ("SEEALSO", [])])
    assert decoded(first, second, asked=("mail", "cn")) == [
        ("a", {"mail": [b"1"], "Cn;Lang-DE": [b"2"], "seeAlso": []}),
        ("b", {"mail": [b"1"], "Cn;Lang-DE": [b"2"], "seeAlso": []}),
    ]


def test_controls_of_an_entry_are_passed_over() -> None:
    control = short(CONTROLS, short(SEQUENCE, text("2.16.840.1.113730.3.4.7"), text(b"\x30\x00")))
    assert decoded(entry(ID, DN, PERSON, controls=control)) == [by_ldap3(entry(ID, DN, PERSON))]


@pytest.mark.parametrize("message_id", [1, 127, 128, 255, 256, 65_535, 2**31 - 1])
@pytest.mark.parametrize("octets", [0, 1], ids=["as few octets as can be", "an octet more"])
def test_a_request_number_of_any_size_is_known(message_id: int, octets: int) -> None:
    size = message_id.bit_length() // 8 + 1 + octets
    head = short(0x02, message_id.to_bytes(size, "big"))
    stream = EntryStream(message_id)
    assert stream.feed(short(MESSAGE, head, short(ENTRY, text("cn=a"), short(SEQUENCE)))) == []
    assert stream.entries == [("cn=a", {})]


def test_a_large_message_is_not_looked_at_before_it_is_whole() -> None:
    members = [b"uid=user%d,ou=people,dc=example,dc=org" % count for count in range(20_000)]
    whole = entry(ID, "cn=all", [("member", members)])
    pieces = [whole[at : at + 4096] for at in range(0, len(whole), 4096)]
    assert decoded(*pieces) == [("cn=all", {"member": members})]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(done(ID), id="the end of the search"),
        pytest.param(done(ID, 4, b"more"), id="an end with a control"),
        pytest.param(reference(ID, "ldap://a", "ldap://b"), id="a referral"),
        pytest.param(notice(), id="a notice of disconnection"),
        pytest.param(done(ID + 1), id="an answer to another request"),
    ],
)
def test_other_messages_are_handed_back(message: bytes) -> None:
    assert outcome(message + message) == ([], [message, message], False)


def framed(*operation: bytes) -> bytes:
    """Return a message of the search under way."""
    return short(MESSAGE, number(ID), *operation)


def listed(*attributes: bytes) -> bytes:
    """Return an entry with these attributes, whatever they are."""
    return framed(short(ENTRY, text(DN), short(SEQUENCE, *attributes)))


def nested(levels: int) -> bytes:
    """Return sequences within sequences."""
    return short(SEQUENCE, nested(levels - 1)) if levels else b""


UID = short(SEQUENCE, text("uid"), short(SET, text("ada")))
WRONG = [
    pytest.param(b"HTTP/1.1 400 Bad Request\r\n", "not LDAP", id="another protocol"),
    pytest.param(b"\x30\x80", "no definite length", id="a message of indefinite length"),
    pytest.param(b"\x30\x89" + bytes(9), "no definite length", id="a length of nine octets"),
    pytest.param(b"\x30\x84\xff\xff\xff\xff", "4294967295 bytes", id="four gigabytes announced"),
    pytest.param(b"\x30\x00", "breaks off", id="an empty message"),
    pytest.param(b"\x30\x01\x02", "breaks off", id="a message of half an element"),
    pytest.param(b"\x30\x02\x04\x00", "0x04 where 0x02", id="a message without a number"),
    pytest.param(framed(), "no operation", id="a message of nothing but a number"),
    pytest.param(entry(ID + 1, DN, PERSON), "request 8 while 7", id="an entry for another request"),
    pytest.param(short(MESSAGE, short(2, b"\xff"), short(ENTRY)), "request -1", id="a negative number"),
    pytest.param(framed(b"\x64\x80\x00\x00"), "definite length", id="an entry of indefinite length"),
    pytest.param(framed(b"\x64\x05\x04\x00\x30\x00"), "longer than", id="an entry longer than its message"),
    pytest.param(framed(short(ENTRY)), "breaks off", id="an entry without a DN"),
    pytest.param(framed(short(ENTRY, number(1))), "0x02 where 0x04", id="a number for a DN"),
    pytest.param(framed(short(ENTRY, text(DN))), "breaks off", id="an entry without attributes"),
    pytest.param(framed(short(ENTRY, text(DN), short(SET))), "0x31 where 0x30", id="a set of attributes"),
    pytest.param(
        framed(short(ENTRY, text(DN), short(SEQUENCE), text(""))),
        "behind its attributes",
        id="an entry and more",
    ),
    pytest.param(
        framed(short(ENTRY, text(DN), short(SEQUENCE)), text("")), "0x04 where 0xa0", id="no controls"
    ),
    pytest.param(
        framed(short(ENTRY, text(DN), short(SEQUENCE)), short(CONTROLS), text("")),
        "behind its controls",
        id="and more",
    ),
    pytest.param(framed(short(ENTRY, text(b"cn=\xfc"), short(SEQUENCE))), "not UTF-8", id="a DN in Latin-1"),
    pytest.param(listed(text("uid")), "0x04 where 0x30", id="a name for an attribute"),
    pytest.param(listed(short(SEQUENCE)), "breaks off", id="an attribute without a name"),
    pytest.param(listed(short(SEQUENCE, text("uid"))), "breaks off", id="an attribute without values"),
    pytest.param(listed(short(SEQUENCE, text(b"\xff"), short(SET))), "not UTF-8", id="a name in no UTF-8"),
    pytest.param(
        listed(short(SEQUENCE, text("uid"), short(SET), text(""))), "behind its values", id="values and more"
    ),
    pytest.param(
        listed(short(SEQUENCE, text("uid"), short(SET, number(5)))),
        "0x02 where 0x04",
        id="a number for a value",
    ),
    pytest.param(listed(UID, UID), "uid twice", id="an attribute twice"),
    pytest.param(
        listed(UID, UID.replace(b"uid", b"UID")), "uid twice", id="an attribute twice in another case"
    ),
    pytest.param(listed(UID, UID[:3]), "breaks off", id="a last attribute cut to its first bytes"),
    pytest.param(listed(UID, UID[:1]), "breaks off", id="a last attribute of one byte"),
    pytest.param(framed(b"\x65\x03\x0a\x01"), "longer than", id="an end cut short"),
    pytest.param(framed(short(0x65, b"\x0a\x05\x00")), "longer than", id="an end with a wrong length"),
    pytest.param(framed(nested(40)), "too many levels", id="forty levels"),
]


@pytest.mark.parametrize(("message", "fact"), WRONG)
def test_wrong_messages_are_refused_with_the_fact(message: bytes, fact: str) -> None:
    stream = EntryStream(ID)
    with pytest.raises(SourceDataError, match=fact) as caught:
        stream.feed(message)
    assert caught.value.hint
    assert stream.entries == []


def test_a_message_as_large_as_can_be_is_waited_for() -> None:
    stream = EntryStream(ID)
    assert stream.feed(b"\x30\x84" + LARGEST_MESSAGE.to_bytes(4, "big")) == []
    assert stream.pending


@pytest.mark.parametrize("behind", [b"", listed(UID)], ids=["at the end", "with an entry behind it"])
def test_an_opening_seen_before_does_not_reach_beyond_its_entry(behind: bytes) -> None:
    stream = EntryStream(ID)
    stream.feed(listed(UID))
    with pytest.raises(SourceDataError, match="longer than the entry"):
        stream.feed(listed(UID[:-1]) + behind)
    assert stream.entries == decoded(listed(UID))


def test_an_octet_string_of_parts_is_refused() -> None:
    parts = short(OCTET_STRING | 0x20, text("a"), text("b"))
    assert outcome(listed(short(SEQUENCE, text("uid"), short(SET, parts)))) is None
