"""What all requests to one server share: a rate, a pause that one of them was asked for, an end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from reconciler.errors import SourceUnavailable
from reconciler.sources.pace import Pace
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http
from support.odd_server import OddServer, Said, told

WELL = told({})
BUSY = Said(429, b"{}", "application/json", {"Retry-After": "7"})


@dataclass(slots=True)
class Counted(Pace):
    """A pace whose time passes only while somebody sleeps."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = lambda: self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_without_a_rate_nobody_waits() -> None:
    pace = Counted()
    for _ in range(100):
        pace.turn()
    assert pace.slept == []


def test_requests_come_no_faster_than_the_rate() -> None:
    pace = Counted(rate=4.0)
    for _ in range(9):
        pace.turn()
    assert pace.now - 100.0 == pytest.approx(1.75)


def test_who_was_idle_has_no_burst_to_catch_up_with() -> None:
    pace = Counted(rate=4.0)
    """One request is made up for, so that a wait that took too long does not slow the whole run down."""
    pace.turn()
    pace.now += 60.0
    for _ in range(9):
        pace.turn()
    assert pace.now - 160.0 == pytest.approx(1.75)


def test_a_pause_that_one_was_asked_for_holds_for_all() -> None:
    pace = Counted()
    pace.pause(10.0)
    pace.pause(3.0)
    pace.turn()
    assert 10.0 <= pace.now - 100.0 <= 11.0
    pace.turn()
    assert len(pace.slept) == 1


def test_after_the_end_nobody_waits() -> None:
    pace = Pace()
    pace.pause(3600.0)
    pace.stop.set()
    pace.turn()
    pace.sleep(3600.0)


def test_the_end_wakes_who_sleeps() -> None:
    pace = Pace()
    threading.Timer(0.05, pace.stop.set).start()
    pace.sleep(60.0)
    assert pace.stop.is_set()


def http(pace: Pace, **patience: float) -> Http:
    return Http(patience=Patience(clock=pace.clock, **patience), pace=pace)


def test_what_was_not_looked_at_is_sent_again_whatever_it_is(odd_server: OddServer) -> None:
    """429 says that the request was not taken, so that even a creation may be sent again."""
    odd_server.answers["/a"] = [BUSY, WELL]
    pace = Counted()
    with http(pace) as client:
        assert client.post(f"{odd_server.url}/a", b"{}").status == 200
    assert 7.0 <= pace.now - 100.0 <= 7.8


def test_what_may_have_been_done_is_not_sent_again(odd_server: OddServer) -> None:
    odd_server.answers["/a"] = [Said(503, b"{}", "application/json"), WELL]
    pace = Counted()
    with http(pace) as client:
        assert client.post(f"{odd_server.url}/a", b"{}").status == 503
    assert pace.slept == []


def test_a_wait_of_ones_own_is_no_pause_for_others(odd_server: OddServer) -> None:
    odd_server.answers["/a"] = [Said(503, b"{}", "application/json"), WELL]
    pace = Counted()
    with http(pace, first_wait=2.0) as client:
        assert client.get(f"{odd_server.url}/a").status == 200
    assert len(pace.slept) == 1
    assert 1.0 <= pace.slept[0] <= 2.0


def test_after_the_end_nothing_is_tried_again(odd_server: OddServer) -> None:
    odd_server.answers["/a"] = [Said(503, b"{}", "application/json"), WELL]
    pace = Pace()
    pace.stop.set()
    with http(pace) as client, pytest.raises(SourceUnavailable, match="tried once"):
        client.get(f"{odd_server.url}/a")


def test_who_is_asked_to_wait_longer_than_there_is_patience_gives_up(odd_server: OddServer) -> None:
    odd_server.answers["/a"] = [BUSY]
    with http(Counted(), seconds=5.0) as client, pytest.raises(SourceUnavailable, match="asks to wait 7 s"):
        client.post(f"{odd_server.url}/a", b"{}")
