"""What the documentation shows is what happens."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.console import Console, commands

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.xdist_group("documentation")  # examples name their ports
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_commands_of_a_document_end_and_print_as_shown(document: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sources.d", tmp_path / "sources.d")
    with ExitStack() as running:
        console = Console(tmp_path, running)
        for command in commands(document.read_text(encoding="utf-8")):
            console.run(command)
