"""New names that look like others: somebody may be taken for somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.guards.question import Question, Verdict, none_may
from reconciler.core.notice import Kind, Notice


def lookalike_names(question: Question) -> Iterator[Verdict]:
    """Names that differ from others in what nobody sees are brought in with open eyes, if at all."""
    found = {one.change for one in question.likenesses}
    yield none_may("lookalikes", found, "would bring a name that looks like another one")


def alike(question: Question) -> Iterator[Notice]:
    """Yield each such name, and the one that it looks like."""
    for one in question.likenesses:
        yield Notice(
            Kind.LOOKALIKE, one.name, f"looks like {one.like}, and is another: {one.why} ({one.change})"
        )
