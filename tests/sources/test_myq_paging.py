"""Lists in every style of paging: read to a proven end, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import TargetError
from reconciler.sources.myq_binding import Paging, Style
from support.paged_list import URL, PagedList, ids, pages

COUNTED = Paging(Style.OFFSET, "offset", "size", count="total")
UNCOUNTED = Paging(Style.OFFSET, "offset", "size", count="")
BY_PAGE = Paging(Style.PAGE, "page", "size", first=1, count="total")
BY_PAGE_UNCOUNTED = Paging(Style.PAGE, "page", "size", first=1, count="")
CURSOR = Paging(Style.CURSOR, "after", "size", count="", next="next")
CURSOR_COUNTED = Paging(Style.CURSOR, "after", "size", count="total", next="next")
LINK = Paging(Style.LINK, "", "size", count="")
ADDRESS = Paging(Style.LINK, "", "size", count="", next="next")
ONE = Paging(Style.NONE, "", "", count="total")
TRUSTED = Paging(Style.NONE, "", "", count="", trusted=True)
STYLES = [COUNTED, UNCOUNTED, BY_PAGE, BY_PAGE_UNCOUNTED, CURSOR, CURSOR_COUNTED, LINK, ONE, TRUSTED]

Edit = Callable[[dict[str, Any], dict[str, str], int], None]


@given(st.integers(0, 9), st.integers(1, 5), st.sampled_from(STYLES))
def test_all_there_are_come_once_and_in_order(count: int, size: int, paging: Paging) -> None:
    server = PagedList(list(range(1, count + 1)))
    assert ids(server, paging, size) == server.ids


@given(
    st.integers(0, 9),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from([COUNTED, UNCOUNTED, CURSOR, LINK]),
)
def test_a_server_may_give_less_at_once_than_it_is_asked_for(
    count: int, size: int, most: int, paging: Paging
) -> None:
    server = PagedList(list(range(1, count + 1)), most=most)
    assert ids(server, paging, size) == server.ids


def test_the_text_of_ids_does_not_matter() -> None:
    assert ids(PagedList(["a", "b", "c"]), CURSOR) == ["a", "b", "c"]


def test_a_page_is_handed_on_before_the_next_is_asked_for() -> None:
    server = PagedList([1, 2, 3])
    read = iter(pages(server, COUNTED))
    assert [entry["id"] for entry in next(read)] == [1, 2]
    assert len(server.asked) == 1


def at(number: int, **changes: Any) -> Edit:  # noqa: ANN401  JSON
    """Return what changes one answer."""

    def edit(answer: dict[str, Any], headers: dict[str, str], asked: int) -> None:
        if asked == number:
            answer.update(changes)
            headers.clear()

    return edit


def always(**changes: Any) -> Edit:  # noqa: ANN401  JSON
    def edit(answer: dict[str, Any], headers: dict[str, str], _: int) -> None:
        answer.update(changes)
        headers.clear()

    return edit


def without(key: str, header: str = "") -> Edit:
    def edit(answer: dict[str, Any], headers: dict[str, str], _: int) -> None:
        answer.pop(key, None)
        headers.pop(header, None)

    return edit


def linked(address: str) -> Edit:
    def edit(_: dict[str, Any], headers: dict[str, str], asked: int) -> None:
        if asked == 1:
            headers["Link"] = address

    return edit


@pytest.mark.parametrize(
    ("paging", "edit", "words"),
    [
        pytest.param(COUNTED, at(2, total=6), "count went from 5 to 6", id="the-count-moves"),
        pytest.param(COUNTED, at(2, data=[]), "2 of 5 came", id="an-empty-page-in-the-middle"),
        pytest.param(COUNTED, at(2, data=[{"id": 2}, {"id": 3}]), "3 different ones", id="one-comes-twice"),
        pytest.param(COUNTED, always(total=3), "3 are said to be there, 4 came", id="more-than-counted"),
        pytest.param(COUNTED, without("total"), "with its count", id="no-count"),
        pytest.param(COUNTED, always(total=True), "with its count", id="a-truth-value-for-a-count"),
        pytest.param(COUNTED, always(total=-1), "with its count", id="less-than-nothing"),
        pytest.param(COUNTED, always(data={}), "no list of users", id="no-list"),
        pytest.param(COUNTED, at(1, data=[{"id": None}, {}]), "0 different ones", id="entries-without-ids"),
        pytest.param(COUNTED, at(1, data=[{"id": ""}, {"id": True}]), "0 different", id="ids-that-are-none"),
        pytest.param(UNCOUNTED, at(2, data=[{"id": 1}]), "2 different ones", id="uncounted-one-comes-twice"),
        pytest.param(
            UNCOUNTED, at(5, data=[{"id": 9}, {"id": 2}]), "second time", id="another-list-next-time"
        ),
        pytest.param(UNCOUNTED, at(2, data=[]), "second time", id="uncounted-a-gap"),
        pytest.param(BY_PAGE_UNCOUNTED, always(data=[{"id": 1}]), "1 different", id="the-page-is-not-heard"),
        pytest.param(CURSOR, always(next=2), "where it was before", id="the-cursor-stands-still"),
        pytest.param(CURSOR, at(2, data=[], next=2), "where it was before", id="an-empty-circle"),
        pytest.param(CURSOR, always(next=[1]), "which is nowhere", id="a-cursor-that-is-none"),
        pytest.param(CURSOR, at(1, next=True), "which is nowhere", id="true-for-a-cursor"),
        pytest.param(CURSOR, without("next"), "neither where it goes on", id="a-full-page-and-no-word"),
        pytest.param(CURSOR_COUNTED, at(2, next=None), "5 are said to be there, 4 came", id="ends-too-early"),
        pytest.param(LINK, without("", "Link"), "neither where it goes on", id="no-link"),
        pytest.param(
            LINK, linked('<https://elsewhere.example/things>; rel="next"'), "another server", id="elsewhere"
        ),
        pytest.param(
            LINK, linked('<http://myq.example.org/things>; rel="next"'), "another server", id="http"
        ),
        pytest.param(
            ADDRESS, always(next="/things?after=2&size=2"), "where it was before", id="an-address-again"
        ),
        pytest.param(ONE, at(1, total=6), "6 are said to be there, 5 came", id="one-answer-cut-short"),
        pytest.param(
            Paging(Style.NONE, "", "", count=""), always(), "nothing says that this is all", id="no-proof"
        ),
    ],
)
def test_a_list_without_a_proven_end_is_no_list(paging: Paging, edit: Edit, words: str) -> None:
    server = PagedList([1, 2, 3, 4, 5], edit=edit)
    with pytest.raises(TargetError, match=words) as raised:
        ids(server, paging)
    assert raised.value.hint
    assert raised.value.where == URL
    assert len(server.asked) < 12


def test_somebody_who_is_removed_meanwhile_is_noticed_without_a_count() -> None:
    def remove(_: dict[str, Any], __: dict[str, str], asked: int) -> None:
        if asked == 1:
            del server.ids[0]

    server = PagedList([1, 2, 3, 4, 5], edit=remove)
    with pytest.raises(TargetError, match="second time"):
        ids(server, UNCOUNTED)


def test_a_count_that_is_only_of_the_page_is_found_out() -> None:
    def of_the_page(answer: dict[str, Any], _: dict[str, str], __: int) -> None:
        answer["total"] = len(answer["data"])

    with pytest.raises(TargetError, match="not read to the end"):
        ids(PagedList([1, 2, 3], edit=of_the_page), COUNTED)


def silent_at_the_end(answer: dict[str, Any], _: dict[str, str], __: int) -> None:
    if answer["next"] is None:
        del answer["next"]


@pytest.mark.parametrize("count", range(5))
@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_a_server_that_is_silent_at_the_end_shows_that_it_would_speak(count: int, size: int) -> None:
    server = PagedList(list(range(count)), edit=silent_at_the_end)
    assert ids(server, CURSOR, size) == server.ids


def test_without_a_size_to_ask_for_it_cannot_show_that() -> None:
    with pytest.raises(TargetError, match="neither where it goes on"):
        ids(PagedList([1, 2], edit=silent_at_the_end), Paging(Style.CURSOR, "after", "", 0, "", "next"))


def test_a_page_of_one_that_is_not_all_is_found_out() -> None:
    with pytest.raises(TargetError, match="neither where it goes on"):
        ids(PagedList([1, 2], edit=without("next")), CURSOR, size=1)


def test_a_person_may_vouch_for_an_end() -> None:
    vouched = Paging(Style.CURSOR, "after", "size", count="", next="next", trusted=True)
    assert ids(PagedList([1, 2], edit=without("next")), vouched) == [1, 2]


@pytest.mark.parametrize(
    "link",
    [
        '<https://myq.example.org/things?after=2&size=2>; rel="next"',
        "</things?after=2&size=2>; rel=next",
        '</things?after=9>; rel="last", </things?after=2&size=2>; title="more"; rel="next"',
        "<?after=2&size=2>; rel=NEXT",
    ],
)
def test_a_link_may_be_written_in_several_ways(link: str) -> None:
    assert ids(PagedList([1, 2, 3], edit=linked(link)), LINK) == [1, 2, 3]


def test_what_was_read_is_counted_without_the_second_reading() -> None:
    read = pages(PagedList([1, 2, 3]), UNCOUNTED)
    assert len(list(read)) == 2
    assert (read.arrived, read.pages) == (3, 2)


def test_a_list_that_says_nothing_of_pages_is_taken_as_it_comes() -> None:
    assert ids(PagedList([1, 2, 3]), None) == [1, 2, 3]
