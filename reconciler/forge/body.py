"""What is posted: a report behind a hidden marker, never longer than the forge takes."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from reconciler.forge.port import Approver

_WAIVER: Final = re.compile(r"^waive ([a-z-]+): (\S.*)$")
_CUT_ROOM: Final = 400


def marker(name: str) -> str:
    """Return the line that tells our comment from others; no reader of the page sees it."""
    plain = "".join(char if char.isalnum() or char in "-_./" else "-" for char in name)
    return f"<!-- myq-reconciler: {plain} -->"


def posted(mark: str, report: str, limit: int, run_url: str) -> str:
    """Return the body of a comment: the marker, then the report, cut between two rows where it is too long.

    A part that is folded away is closed again, so that what follows is not swallowed.
    """
    body = f"{mark}\n{report.rstrip()}\n"
    if len(body) <= limit:
        return body
    room = limit - len(mark) - len(run_url) - _CUT_ROOM
    lines = report.splitlines()
    fitting = sum(length <= room for length in accumulate(len(line) + 1 for line in lines))
    kept = lines[:fitting]
    folded = sum(line.count("<details>") - line.count("</details>") for line in kept)
    fenced = sum(line.lstrip().startswith("```") for line in kept) % 2
    ends = ["```"] * fenced + ["</details>"] * folded
    where = f" of [this run]({run_url})" if run_url else ""
    note = f"_Cut here: a comment holds no more. The whole report is among the artifacts{where}._"
    return "\n".join([mark, *kept, *ends, "", note, ""])


def waivers(approvers: tuple[Approver, ...]) -> dict[str, str]:
    """Return the guards that reviewers waived in their words, each with the reason.

    One a line: ``waive removals: the summer school has ended``.
    """
    found: dict[str, str] = {}
    for approver in approvers:
        for line in approver.words.splitlines():
            waived = _WAIVER.match(line.strip())
            if waived:
                found[waived[1]] = f"{waived[2].strip()} ({approver.name})"
    return found
