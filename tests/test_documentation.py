"""What the documentation shows is what happens."""

from __future__ import annotations

import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.console import PORT, Console, commands

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_commands_of_a_document_end_and_print_as_shown(document: Path, tmp_path: Path) -> None:
    port = _free_port()
    shutil.copytree(ROOT / "sources.d", tmp_path / "sources.d")
    for manifest in (tmp_path / "sources.d").glob("*.yaml"):
        _rewrite(manifest, PORT, port)
    with ExitStack() as running:
        console = Console(tmp_path, running, port=port)
        for command in commands(document.read_text(encoding="utf-8")):
            console.run(command)


def _free_port() -> str:
    """Return a port that is free now, and made of five digits that stand nowhere else."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return str(trial.getsockname()[1])


def _rewrite(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8", newline="\n")
