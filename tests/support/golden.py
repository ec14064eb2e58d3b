"""Files that hold what a function is expected to say, byte for byte."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

Golden: TypeAlias = Callable[[Path, str], None]


@pytest.fixture
def golden() -> Golden:
    """Compare a text with a file: ``golden(path, text)``.

    With ``RECONCILER_REWRITE_GOLDENS=1`` a file that differs is rewritten and the test fails that once,
    so that nobody takes over a change without having read it.
    """
    return _rewrite if os.environ.get("RECONCILER_REWRITE_GOLDENS") == "1" else _compare


def _compare(path: Path, text: str) -> None:
    __tracebackhide__ = True
    if not path.exists():
        pytest.fail(f"{path} does not exist\n  hint: RECONCILER_REWRITE_GOLDENS=1 writes it")
    expected = _read(path)
    if expected != text:
        lines = difflib.unified_diff(
            expected.splitlines(), text.splitlines(), f"{path.name} (the file)", "now", lineterm=""
        )
        pytest.fail("\n".join([f"{path} is out of date", *lines]))


def _rewrite(path: Path, text: str) -> None:
    __tracebackhide__ = True
    if path.exists() and _read(path) == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    pytest.fail(f"rewrote {path}\n  hint: read the difference, then run again without the variable")


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
