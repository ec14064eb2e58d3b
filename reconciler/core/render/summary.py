"""What became of several targets in one run: one line for each, and the gravest of the exit codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Document: TypeAlias = dict[str, object]

GRAVITY = (130, 64, 1, 6, 5, 3, 4, 2, 0)
"""Exit codes, the gravest first: what is not known, what is half done, what is refused, what waits."""

_HEAD = ("target", "changes", "guards", "outcome")
_UNKNOWN = "?"
_NOTHING = "-"


class Line(NamedTuple):
    """What became of one target.

    `changes` are those needed, None where that could not be found out; `guards` stand in the way. `outcome`
    are words of the program: nothing in a summary comes from outside, so that it can be shown to anybody.
    """

    target: str
    identity: str
    code: int
    outcome: str
    changes: int | None = None
    guards: tuple[str, ...] = ()
    file: str = ""


def gravest(codes: Iterable[int]) -> int:
    """Return the exit code that counts for all of them; one that is not known counts like an error."""
    return min(codes, key=lambda code: GRAVITY.index(code if code in GRAVITY else 1), default=0)


def summary_text(lines: Sequence[Line]) -> str:
    """Return the summary as a table for people."""
    rows = [_HEAD, *map(_cells, lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD) - 1)]
    table = [_aligned(row, widths) for row in rows]
    return "\n".join([_verdict(lines), "", *(f"  {row}" for row in table), ""])


def summary_markdown(lines: Sequence[Line]) -> str:
    """Return the summary as a table for a pull request."""
    rows = [_HEAD, ("---", "---:", "---", "---"), *map(_cells, lines)]
    return "\n".join([f"**{_verdict(lines)}**", "", *(f"| {' | '.join(row)} |" for row in rows), ""])


def summary_documents(lines: Iterable[Line]) -> list[Document]:
    """Return the summary as data, in the order of the targets."""
    return [
        {
            "target": line.target,
            "identity": line.identity,
            "exitCode": line.code,
            "outcome": line.outcome,
            "changes": line.changes,
            "guards": list(line.guards),
            "file": line.file,
        }
        for line in lines
    ]


def _verdict(lines: Sequence[Line]) -> str:
    code = gravest(line.code for line in lines)
    wrong = sum(1 for line in lines if line.code not in {0, 2})
    if not wrong:
        return f"{len(lines)} targets, and nothing stands in the way of any."
    some = "all" if wrong == len(lines) else f"{wrong}"
    return f"{len(lines)} targets, {some} of them to look at. The gravest exit code is {code}."


def _cells(line: Line) -> tuple[str, str, str, str]:
    guards = ", ".join(dict.fromkeys(line.guards)) or _NOTHING
    outcome = f"{line.outcome} ({line.code})" if line.code else line.outcome
    return (line.target, _UNKNOWN if line.changes is None else f"{line.changes:,}", guards, outcome)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    target, changes, guards, outcome = row
    return f"{target:<{widths[0]}}  {changes:>{widths[1]}}  {guards:<{widths[2]}}  {outcome}"
