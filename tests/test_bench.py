"""What `make bench` prints can be read by a program, and it still runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import apply, people

ROOT = Path(__file__).parent.parent


def test_a_quick_round_prints_one_json_object_a_line() -> None:
    measured = ("help", "diff", "plan_csv", "drift_csv", "recorded")
    command = [sys.executable, "-m", "tests.bench", "--quick", *measured]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr
    figures = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [tuple(figure) for figure in figures] == [("name", "value", "unit", "goal", "size")] * len(figures)
    names = {figure["name"] for figure in figures}
    assert {"help_seconds", "diff_vs_hand_ratio", "plan_csv_1k_seconds", "plan_csv_1k_mb"} <= names
    assert {"drift_csv_1k_seconds", "drift_csv_1k_mb"} <= names
    assert {"snapshot_1k_disk_mb", "plan_snapshot_1k_mb", "plan_base_1k_seconds"} <= names


@pytest.mark.browser
def test_a_page_is_measured_in_a_browser() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "page"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr
    names = [json.loads(line)["name"] for line in ended.stdout.splitlines()]
    of_a_page = ("write_seconds", "mb", "open_seconds", "scroll_ms", "search_ms")
    assert names == [f"html_1k_{name}" for name in of_a_page]


def test_an_apply_is_measured_against_a_bare_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "CONCURRENCY", (4,))
    figures = {figure.name: figure for figure in apply.figures(tmp_path, 20, 1)}
    assert set(figures) == {
        "apply_vs_bare_ratio_c4",
        "apply_changes_per_second_c4",
        "apply_mb",
    }
    assert figures["apply_vs_bare_ratio_c4"].goal == 0.8
    assert figures["apply_vs_bare_ratio_c4"].value > 0
    # Four of ten are updated, four hired, one leaves, one returns in two steps; each is looked at before.
    sent = json.loads((tmp_path / "requests.json").read_bytes())
    assert len(sent) == 42


def test_the_people_are_always_the_same_and_nobody_is_there_twice() -> None:
    some = list(people.people(2_000))
    assert some[:10] == list(people.people(10))
    names = [name for person in some for name in person.names.split(",")]
    cards = [card for person in some for card in person.cards.split(",")]
    assert len(set(names)) == len(names)
    assert len(set(cards)) == len(cards)


def test_one_in_a_hundred_was_different_a_while_ago() -> None:
    now = set(people.people(2_000))
    before = set(people.a_while_ago(people.people(2_000)))
    assert (len(now - before), len(before - now)) == (20, 16)
