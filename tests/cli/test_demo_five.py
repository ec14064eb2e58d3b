"""The project of five kinds, as a person starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.process import surroundings

ROOT = Path(__file__).parent.parent.parent
FAILURES = (
    "the last line has no line end",
    "Connection refused",
    "Insufficient privileges",
    "was not read to the end",
    "badges.py",
)

pytestmark = [pytest.mark.slapd, pytest.mark.entra, pytest.mark.central, pytest.mark.script]


def test_the_story_of_the_five_is_told_to_its_end() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.demo_five"],
        cwd=ROOT,
        env=surroundings({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=200,
    )
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    for kind in ("MyQ", "personnel", "directory", "cloud", "central", "badges"):
        assert f"#   {kind} " in ended.stdout
    assert "? Left alone: 1 conflict, none of those involved is touched" in ended.stdout
    codes = [line for line in ended.stdout.splitlines() if line.startswith("[exit code")]
    assert codes == [f"[exit code {code}]" for code in (0, 0, 0, 0, 0, 6, 6, 6, 6, 6, 0, 0)]
    unharmed = [line for line in ended.stdout.splitlines() if line.startswith("Unharmed in MyQ: ")]
    assert unharmed == ["Unharmed in MyQ: ada, bob, cy, frank, grace, hedy"] * 5
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == len(FAILURES)
    for said, error in zip(FAILURES, errors, strict=True):
        assert said in error
    assert "From recorded reads" in ended.stdout
