"""The fixtures that other tests rely on do fail when they should."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

SUPPORT = Path(__file__).parent
A_SKIP = """
import pytest

def test_left_out():
    pytest.skip("no server here")
"""
A_FILE_SKIPPED = """
import pytest
pytest.skip("no server here", allow_module_level=True)
"""
A_GOLDEN = """
from pathlib import Path

def test_it(golden):
    golden(Path("expected.txt"), "new\\n")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Run a test file with pytest inside pytest, knowing tests/support."""
    for name in ("CI", "RECONCILER_REWRITE_GOLDENS"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini(f"[pytest]\npythonpath = {SUPPORT.as_posix()}\n")
    pytester.makeconftest('pytest_plugins = ("support.golden", "support.nothing_skipped")')
    return pytester


@pytest.mark.parametrize(
    "source",
    [pytest.param(A_SKIP, id="a test"), pytest.param(A_FILE_SKIPPED, id="a whole file")],
)
def test_a_skip_fails_the_run_under_ci_only(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    run.makepyfile(source)
    assert run.runpytest().parseoutcomes() == {"skipped": 1}
    monkeypatch.setenv("CI", "true")
    refused = run.runpytest()
    assert refused.ret != pytest.ExitCode.OK
    refused.stdout.fnmatch_lines(["*skipped under CI*no server here*"])


def test_a_golden_file_is_compared_rewritten_once_and_then_passes(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.makepyfile(A_GOLDEN)
    expected = run.path / "expected.txt"
    run.runpytest().stdout.fnmatch_lines(["*expected.txt does not exist*"])
    expected.write_text("old\n", encoding="utf-8")
    run.runpytest().stdout.fnmatch_lines(["*-old", "*+new"])
    assert expected.read_text(encoding="utf-8") == "old\n"

    monkeypatch.setenv("RECONCILER_REWRITE_GOLDENS", "1")
    run.runpytest().stdout.fnmatch_lines(["*rewrote*expected.txt*"])
    assert expected.read_text(encoding="utf-8") == "new\n"
    assert run.runpytest().parseoutcomes() == {"passed": 1}
