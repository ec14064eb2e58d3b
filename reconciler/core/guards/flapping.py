"""What is written again and again: two who write the same never come to rest."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.guards.question import Question, Verdict, none_may

TIMES = 3
"""After so many times within what is remembered, the next one is looked at by somebody first."""


def flapping(question: Question) -> Iterator[Verdict]:
    """How many changes were carried out time and again, and are needed once more."""
    again = [one.change.id for one in question.again if one.times >= TIMES]
    yield none_may("flapping", again, f"would be written again, {TIMES} times or more after being undone")
