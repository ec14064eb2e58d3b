"""What servers say that no server should, and what is made of it: no reading, or a fact that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.ldap import MemberOf
from reconciler.sources.ldap import groups as ldap_groups
from reconciler.sources.ldap import search as ldap_search
from reconciler.sources.ldap.access import Address, LdapAccess
from reconciler.sources.ldap.columns import Columns
from reconciler.sources.ldap.connect import Session, connect
from reconciler.sources.ldap.decode import Entry
from reconciler.sources.ldap.dn import escape_value
from reconciler.sources.ldap.groups import Limits, MemberOfPaths
from reconciler.sources.ldap.kinds import TRAITS, DirectoryKind
from reconciler.sources.ldap.names import checked_path, key_of, levels_of
from reconciler.sources.ldap.search import search_all
from reconciler.sources.ldap.strategy import Search
from reconciler.sources.ldap.view import check_names, identity, look, whole_tree
from support.ldap_messages import (
    CONTROLS,
    DONE,
    ENUMERATED,
    EXTENDED,
    MESSAGE,
    PAGED_RESULTS,
    SEQUENCE,
    done,
    entry,
    ldap_server,
    number,
    short,
    text,
)
from support.ldap_source import surroundings
from support.slapd import HOST

DN = "cn=x,dc=y"
PAGED = Search("dc=y", "(cn=*)", "SUBTREE", ("cn", "member"), 2)


@contextmanager
def session(*answers: Callable[[int], bytes]) -> Iterator[Session]:
    """Open a session with a server that gives these answers, the last of them again and again."""
    turn = count()

    def answer(message_id: int) -> Sequence[bytes]:
        return [answers[min(next(turn), len(answers) - 1)](message_id)]

    access = LdapAccess.model_validate_json(
        '{"servers": ["ldap://x"], "startTls": false, "bind": "anonymous"}'
    )
    with ldap_server(answer) as port:
        opened = connect(access, surroundings(Path()), Address(HOST, port, ldaps=False))
        try:
            yield opened
        finally:
            opened.close()


def _pages(*answers: Callable[[int], bytes], search: Search = PAGED) -> list[Entry]:
    with session(*answers) as opened:
        return [found for page in search_all(opened, search, "reading") for found in page]


def _values(*attributes: tuple[str, int, int]) -> Callable[[int], bytes]:
    """Return an answer whose entry has values numbered from one number up to another."""
    listed = [(name, [b"%d" % value for value in range(first, last)]) for name, first, last in attributes]
    return lambda asked: entry(asked, DN, listed) + done(asked, cookie=b"")


def test_a_search_ends_where_the_server_says() -> None:
    more = _pages(
        lambda asked: entry(asked, DN, []) + done(asked, cookie=b"1"),
        lambda asked: done(asked, cookie=b"2"),
        lambda asked: entry(asked, f"cn=last,{DN}", []) + done(asked, cookie=b""),
    )
    assert len(more) == 2


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda asked: entry(asked, DN, []) + done(asked, cookie=b""), id="in-another-page"),
        pytest.param(lambda asked: entry(asked, DN, []) + done(asked, cookie=b"1"), id="without-end"),
    ],
)
def test_an_entry_that_comes_twice_stands_for_one_that_never_came(again: Callable[[int], bytes]) -> None:
    with pytest.raises(SourceUnavailable, match="2 entries came, and 1 different ones") as caught:
        _pages(lambda asked: entry(asked, DN, []) + done(asked, cookie=b"1"), again)
    assert "lost its place" in caught.value.hint


def test_a_page_that_does_not_say_whether_there_are_more_is_no_end() -> None:
    with pytest.raises(SourceDataError, match="whether there are more pages") as caught:
        _pages(lambda asked: entry(asked, DN, []) + done(asked))
    assert "pageSize: 0" in caught.value.hint
    whole = _pages(lambda asked: entry(asked, DN, []) + done(asked), search=PAGED._replace(page_size=0))
    assert whole == [(DN, {})]


def test_a_paging_control_without_a_cookie_is_no_end() -> None:
    control = short(CONTROLS, short(SEQUENCE, text(PAGED_RESULTS)))
    content = number(0, ENUMERATED), text(""), text("")
    with pytest.raises(SourceDataError):
        _pages(lambda asked: short(MESSAGE, number(asked), short(DONE, *content), control))


def test_a_server_that_runs_in_circles_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap_search, "_MOST_EMPTY_PAGES", 3)
    with pytest.raises(SourceDataError, match="4 pages without an entry"):
        _pages(lambda asked: done(asked, cookie=b"again"))


def test_values_in_ranges_are_put_together() -> None:
    (found,) = _pages(
        _values(("CN", 0, 1), ("Member;Range=0-1", 0, 2)),
        _values(("member;range=2-3", 2, 4)),
        _values(("cn", 0, 1), ("member;range=4-*", 4, 5)),
    )
    assert found == (DN, {"cn": [b"0"], "member": [b"0", b"1", b"2", b"3", b"4"]})


def test_an_option_that_looks_like_a_range_is_an_option() -> None:
    (found,) = _pages(_values(("member;range=all", 0, 2)))
    assert found == (DN, {"member;range=all": [b"0", b"1"]})


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        pytest.param(
            [("member;range=0-1", 0, 1)], "member;range=0-1 came with 1 values", id="too few in a range"
        ),
        pytest.param(
            [("member;range=0-1", 0, 2), ("member;range=2-3", 2, 3)],
            "member;range=2-3 came with 3 values",
            id="too few in a later range",
        ),
        pytest.param(
            [("member;range=0-1", 0, 2), ("member;range=3-*", 3, 5)],
            "member has no values from 2 on",
            id="a gap",
        ),
        pytest.param(
            [("member;range=0-1", 0, 2), ("cn", 0, 1)], "member has no values from 2 on", id="no range"
        ),
        pytest.param(
            [("member;range=0-1", 0, 2), ("member;range=2-*", 2, 2)],
            "member has no values from 2 on",
            id="empty",
        ),
        pytest.param(
            [("member;range=0-1", 0, 2), ("member;range=2-*", 1, 3)],
            "member came with values twice",
            id="an overlap",
        ),
    ],
)
def test_ranges_that_do_not_fit_together_end_the_read(
    answers: list[tuple[str, int, int]], message: str
) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        _pages(*map(_values, answers))
    assert message in caught.value.message
    assert DN in caught.value.message
    assert "try again" in caught.value.hint


def _root(*attributes: tuple[str, list[bytes]]) -> Callable[[int], bytes]:
    return lambda asked: entry(asked, "", list(attributes)) + done(asked)


def test_a_server_that_says_nothing_of_itself_is_read_without() -> None:
    with session(lambda asked: done(asked, code=50)) as opened:
        view = look(opened)
        assert (view.contexts, view.attributes, view.controls) == ((), {}, frozenset())
        assert check_names(view, ["anything;lang-de"]) == {"anything;lang-de": "anything;lang-de"}
        assert identity(opened, view, named=True) == ""
    assert whole_tree(view, "ou=a,dc=b") == "ou=a,dc=b"


def test_a_server_that_is_busy_describing_itself_is_not_read() -> None:
    with (
        session(lambda asked: done(asked, code=51)) as opened,
        pytest.raises(SourceUnavailable, match="busy"),
    ):
        look(opened)


def test_what_a_server_says_of_itself_is_read_with_care() -> None:
    schema = [
        b"( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
        b"( 1.2.3 NAME 'single' )",
        b"(4.5.6 DESC 'nameless')",
        b"nonsense",
    ]
    root = _root(
        ("namingContexts", [b"dc=b", b"", b"\xff", b"ou=a,dc=b"]), ("subschemaSubentry", [b"cn=Subschema"])
    )
    with session(
        root, _root(("attributeTypes", schema), ("matchingRules", [b"( 9.9 NAME 'rule' )"]))
    ) as opened:
        view = look(opened)
    assert view.contexts == ("dc=b", "ou=a,dc=b")
    assert check_names(view, ["COMMONNAME", "2.5.4.3", "Single"]) == {
        "COMMONNAME": "cn",
        "2.5.4.3": "cn",
        "Single": "single",
    }
    assert view.rules == {"rule", "9.9"}
    assert whole_tree(view, "cn=x,ou=a,dc=b") == "dc=b"


def test_an_account_that_the_server_takes_for_nobody_is_not_believed() -> None:
    root = _root(("supportedExtension", [b"1.3.6.1.4.1.4203.1.11.3"]))
    with session(root, lambda asked: done(asked, tag=EXTENDED)) as opened:
        view = look(opened)
        with pytest.raises(SourceError, match="takes us for nobody") as caught:
            identity(opened, view, named=True)
        assert "`bind`" in caught.value.hint
        assert identity(opened, view, named=False) == ""


def test_an_answer_about_ourselves_that_is_not_ldap_is_named() -> None:
    root = _root(("supportedExtension", [b"1.3.6.1.4.1.4203.1.11.3"]))
    with session(root, lambda asked: short(MESSAGE, number(asked), b"\x99\x00")) as opened:
        view = look(opened)
        with pytest.raises(SourceError, match=r"cannot be understood|connection failed"):
            identity(opened, view, named=True)


GROUP: Entry = ("cn=g,dc=y", {"cn": [b"g"], "member": [b"cn=x,dc=y"]})


def _member_of(*groups: Entry) -> MemberOfPaths:
    spec = MemberOf(base_dn="dc=y")
    paths = MemberOfPaths(spec, TRAITS[DirectoryKind.OPEN_LDAP], Limits(20, None))
    paths.prepare(lambda *_: iter(groups), "dc=y")
    return paths


@pytest.mark.parametrize(
    ("group", "message"),
    [
        pytest.param(("cn=g", {}), "no name of its own in cn", id="no name"),
        pytest.param(
            ("cn=g", {"cn": [b"a", b"b"]}), "no name of its own in cn", id="two names, neither in the DN"
        ),
        pytest.param(
            ("cn=g", {"cn": [b"g"], "member": [b"\xff"]}), "which is not text", id="a member that is no text"
        ),
        pytest.param(("cn=g", {"cn": [b"g"], "member": [b"x"]}), "'x' is no DN", id="a member that is no DN"),
        pytest.param(("g", {"cn": [b"g"]}), "'g' is no DN", id="a group whose DN is none"),
    ],
)
def test_a_group_that_cannot_be_used_is_named(group: Entry, message: str) -> None:
    with pytest.raises(SourceDataError) as caught:
        _member_of(group)
    assert message in caught.value.message
    assert caught.value.where


def test_of_two_names_the_one_in_the_dn_is_the_groups_own() -> None:
    paths = _member_of(("cn=g", {"cn": [b"other", b"g"], "member": [b"cn=x,dc=y"]}))
    assert paths.cells([(DN, {})]) == ["g"]


def test_without_memory_the_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap_groups, "_MOST_REMEMBERED", 0)
    paths = _member_of(GROUP)
    assert paths.cells([(DN, {}), ("cn=other,dc=y", {}), (DN, {})]) == ["g", "", "g"]
    assert paths.members == 2


def test_a_login_that_is_no_text_is_named() -> None:
    paths = _member_of(("cn=g", {"cn": [b"g"], "memberUid": [b"ada"]}))
    with pytest.raises(SourceDataError, match="which is not text"):
        paths.cells([(DN, {"uid": [b"\xff"]})])


def test_a_relative_identifier_that_is_no_number_is_named() -> None:
    spec = MemberOf(base_dn="dc=y")
    paths = MemberOfPaths(spec, TRAITS[DirectoryKind.ACTIVE_DIRECTORY], Limits(20, None))
    paths.prepare(lambda *_: iter([("cn=g", {"cn": [b"g"], "objectSid": [b"12345678"]})]), "dc=y")
    with pytest.raises(SourceDataError, match="primaryGroupID"):
        paths.cells([(DN, {"objectSid": [b"12340000"], "primaryGroupID": [b"x"]})])


def test_a_server_may_spell_attributes_in_its_own_way() -> None:
    paths = _member_of(("cn=g", {"cn": [b"g"], "memberUid": [b"ada"]}))
    called = {"userid": "UID", "cn": "CN", "mail": "mail", "gidnumber": "gidnumber"}
    columns = Columns(["userid", "@groups0", "CN", "dn", "Mail"], {"@groups0": paths}, called)
    assert sorted(columns.wanted) == ["CN", "gidNumber", "mail", "uid"]
    found = [(DN, {"uid": [b"ada"], "CN": [b"Ada"]})]
    assert columns.of(found) == [["ada"], ["g"], ["Ada"], [DN], [""]]


def test_dns_from_a_server_that_are_none_are_named() -> None:
    for read in (key_of, levels_of):
        with pytest.raises(SourceDataError, match="is no DN") as caught:
            read("nonsense")
        assert caught.value.where == "nonsense"


def test_a_group_path_that_myq_cannot_hold_is_named() -> None:
    assert checked_path("a", DN, "Top|Under", 3) == "Top|Under|a"
    with pytest.raises(SourceDataError, match="3 levels deep"):
        checked_path("a", DN, "Top|Under", 2)


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        (" a ", "\\ a\\ "),
        (" ", "\\ "),
        ("  ", "\\ \\ "),
        ("#a", "\\#a"),
        ("a,b", "a\\,b"),
        ("\0", "\\00"),
        ("", ""),
    ],
)
def test_values_are_escaped_for_dns(value: str, escaped: str) -> None:
    assert escape_value(value) == escaped
