"""The fixtures that other tests rely on do fail when they should."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from support.console import Command, Console, agrees, commands

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


DOCUMENT = """
Text.

```console
$ cat greeting.txt
hello …
...
$ export WHO=me
```

<!-- not run: it needs a server of yours -->
```console
$ rm -rf everything
```

```console
$ cat \\
    other.txt   # exit code 3
```

<!-- file: made/greeting.txt -->
```yaml
hello: you
```
"""


def test_a_document_gives_the_commands_that_are_run() -> None:
    assert commands(DOCUMENT) == [
        Command(5, "cat greeting.txt", 0, ("hello …", "...")),
        Command(8, "export WHO=me", 0, ()),
        Command(17, "cat other.txt", 3, ()),
        Command(21, "write made/greeting.txt", 0, ("hello: you",)),
    ]


def test_a_file_of_a_document_can_be_read_by_its_commands(tmp_path: Path) -> None:
    written = commands(DOCUMENT)[-1]
    with ExitStack() as running:
        console = Console(tmp_path, running)
        console.run(written)
        console.run(Command(22, "cat made/greeting.txt", 0, ("hello: you",)))


@pytest.mark.parametrize(
    ("shown", "printed", "agreed"),
    [
        pytest.param(("a", "b"), "a\nb\n", True, id="the same"),
        pytest.param(("a",), "a\nb\n", False, id="a line more"),
        pytest.param(("a", "..."), "a\n", True, id="a gap of nothing"),
        pytest.param(("a", "...", "d"), "a\nb\nc\nd\n", True, id="a gap of lines"),
        pytest.param(("at … o'clock",), "at 12 o'clock", True, id="a gap in a line"),
        pytest.param(("at …",), "at 12\nnoon", False, id="a gap in a line ends with it"),
        pytest.param(("a*b",), "aab", False, id="no other sign has a meaning"),
    ],
)
def test_what_is_shown_is_compared_with_what_is_printed(
    shown: tuple[str, ...], printed: str, agreed: object
) -> None:
    assert agrees(shown, printed) is agreed


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param("$ cat greeting.txt\ngood bye", "--- printed\nhello", id="something else is printed"),
        pytest.param("$ make coffee", "cannot run `make coffee`", id="a command nobody knows"),
    ],
)
def test_documentation_that_is_wrong_fails(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "greeting.txt").write_text("hello\n", encoding="utf-8")
    (command,) = commands(f"```console\n{line}\n```\n")
    with ExitStack() as running, pytest.raises(pytest.fail.Exception, match=complaint):
        Console(tmp_path, running).run(command)
