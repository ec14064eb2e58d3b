"""What git knows of a folder, where there is git and the folder is in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def ask(*words: str, folder: Path = Path()) -> str:
    """Return git's answer on one line; "" where there is no git, or it has no answer."""
    git = shutil.which("git")
    if git is None:
        return ""
    told = subprocess.run(  # noqa: S603  fixed words, no shell
        [git, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() if told.returncode == 0 else ""
