"""Waivers as a Policy writes them."""

from __future__ import annotations

import pytest

from reconciler.core.waiver import Waiver
from reconciler.errors import ManifestError
from support.manifests import document, project, source

WAIVER = "guard: removals, reason: school is over, by: jane"


def waivers(*written: str) -> tuple[Waiver, ...]:
    listed = ", ".join(f"{{{one}}}" for one in written)
    return project(source(), document("Policy", f"waivers: [{listed}]", "default")).policy.waivers


def test_a_waiver_says_what_by_whom_why_and_until_when() -> None:
    more = 'scope: " Guests ", atMost: 200, until: 2027-01-31'
    assert waivers(f"{WAIVER}, {more}", f"{WAIVER}, until: 2027-02-01") == (
        Waiver(
            "removals",
            "school is over",
            "jane",
            "2027-02-01T00:00:00Z",
            "Guests",
            200,
            "sources.d/a.yaml:22:13",
        ),
        Waiver(
            "removals",
            "school is over",
            "jane",
            "2027-02-02T00:00:00Z",
            place="sources.d/a.yaml:22:117",
        ),
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2027-01-31", "2027-02-01T00:00:00Z", id="all-of-a-day"),
        pytest.param("2027-01-31T12:00:00", "2027-01-31T12:00:00Z", id="a-time-is-utc-unless-it-says-so"),
        pytest.param("2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z", id="a-time-elsewhere"),
    ],
)
def test_when_a_waiver_ends(written: str, expected: str) -> None:
    (waiver,) = waivers(f"{WAIVER}, until: '{written}'")
    assert waiver.until == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param(f"{WAIVER}, until: soon", "a day such as 2027-01-31", id="no-day"),
        pytest.param(f"{WAIVER}, until: 9999-12-31", "a day such as 2027-01-31", id="beyond-all-time"),
        pytest.param(WAIVER, "until", id="no-end"),
        pytest.param("guard: removal, reason: x, by: y, until: 2027-01-31", "removals", id="no-guard"),
        pytest.param("guard: removals, by: y, until: 2027-01-31", "reason", id="no-reason"),
        pytest.param("guard: removals, reason: x, until: 2027-01-31", "by", id="nobody"),
        pytest.param(f"{WAIVER}, until: 2027-01-31, atMost: 0", "atMost", id="for-none-at-all"),
    ],
)
def test_a_waiver_that_cannot_be(written: str, words: str) -> None:
    with pytest.raises(ManifestError) as refused:
        waivers(written)
    assert words in str(refused.value)
