"""The summary of several targets: one line for each, one exit code for all, and nothing from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.render.summary import (
    GRAVITY,
    Line,
    gravest,
    summary_documents,
    summary_markdown,
    summary_text,
)

LINES = (
    Line("prague", "https://prague", 0, "1,204 applied", 1204, (), "prague.result.json"),
    Line("brno", "https://brno", 6, "not read to the end"),
    Line("labs", "labs", 3, "a guard refuses", 7, ("removals", "updates", "removals")),
)


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        pytest.param((), 0, id="nobody"),
        pytest.param((0, 0), 0, id="all-is-well"),
        pytest.param((0, 2), 2, id="changes-are-told"),
        pytest.param((2, 4), 4, id="what-waits-for-approval-is-no-mere-change"),
        pytest.param((4, 3), 3, id="a-guard-is-more-than-a-missing-approval"),
        pytest.param((3, 5), 5, id="half-done-is-more-than-not-done"),
        pytest.param((3, 6), 6, id="a-guard-hides-nobody-who-was-not-read"),
        pytest.param((5, 6), 6, id="not-known-is-more-than-half-done"),
        pytest.param((6, 1), 1, id="an-error-is-more"),
        pytest.param((1, 130, 64), 130, id="who-interrupts-wants-to-know"),
        pytest.param((0, 77, 3), 77, id="a-code-that-nobody-knows-is-an-error"),
    ],
)
def test_the_gravest_code_counts(codes: tuple[int, ...], code: int) -> None:
    assert gravest(codes) == code


@given(st.lists(st.sampled_from(GRAVITY)), st.lists(st.sampled_from(GRAVITY)))
def test_the_order_of_targets_does_not_matter_and_nothing_hides_what_is_graver(
    some: list[int], others: list[int]
) -> None:
    assert gravest([*some, *others]) == gravest([*others, *some]) == gravest([gravest(some), gravest(others)])
    assert (gravest([*some, *others]) == 0) == (set(some + others) <= {0})


def test_people_read_a_table() -> None:
    assert summary_text(LINES).splitlines() == [
        "3 targets, 2 of them to look at. The gravest exit code is 6.",
        "",
        "  target  changes  guards             outcome",
        "  prague    1,204  -                  1,204 applied",
        "  brno          ?  -                  not read to the end (6)",
        "  labs          7  removals, updates  a guard refuses (3)",
    ]


def test_a_pull_request_shows_a_table() -> None:
    assert summary_markdown(LINES).splitlines() == [
        "**3 targets, 2 of them to look at. The gravest exit code is 6.**",
        "",
        "| target | changes | guards | outcome |",
        "| --- | ---: | --- | --- |",
        "| prague | 1,204 | - | 1,204 applied |",
        "| brno | ? | - | not read to the end (6) |",
        "| labs | 7 | removals, updates | a guard refuses (3) |",
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param(LINES[1:], "2 targets, all of them to look at. The gravest exit code is 6.", id="all"),
        pytest.param(
            (LINES[0], LINES[0]._replace(code=2)),
            "2 targets, and nothing stands in the way of any.",
            id="none",
        ),
    ],
)
def test_the_first_line_says_how_many_are_to_be_looked_at(lines: tuple[Line, ...], said: str) -> None:
    assert summary_text(lines).splitlines()[0] == said


def test_programs_read_the_same() -> None:
    prague, brno, labs = summary_documents(LINES)
    assert prague == {
        "target": "prague",
        "identity": "https://prague",
        "exitCode": 0,
        "outcome": "1,204 applied",
        "changes": 1204,
        "guards": [],
        "file": "prague.result.json",
    }
    assert brno["changes"] is None
    assert labs["guards"] == ["removals", "updates", "removals"]
