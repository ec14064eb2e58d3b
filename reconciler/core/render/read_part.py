"""The part of a story that says what was read, and why it is believed to be everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.core.evidence import Proof, Standing
from reconciler.core.model import Fact
from reconciler.core.plan import Evidence
from reconciler.core.render.masks import Line, Mask, Outside, Piece
from reconciler.core.render.story import Part, Row
from reconciler.core.render.words import STANDINGS, counted

_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
"""People tell digests apart by their beginnings; the plan's file has the whole of them."""

_SHORT = 36


def read_parts(evidence: Sequence[Evidence], mask: Mask) -> Iterator[Part]:
    """Yield what was read of each source, and what shows that it was everybody."""
    if evidence:
        rows = (_evidence_row(one, mask) for one in sorted(evidence, key=lambda one: one.source))
        yield Part("What was read", rows, len(evidence), weight=10)


def _evidence_row(evidence: Evidence, mask: Mask) -> Row:
    head: Line = (
        Outside(evidence.source),
        " (",
        Outside(evidence.kind),
        ", synchronization source ",
        Outside(evidence.synchronization_source),
        f"): {counted(evidence.records, 'record')}, read to the end",
    )
    if mask.hides_people:
        return Row(head, tuple(_proof_lines(evidence.proofs, mask)))
    return Row(head, (*_fact_lines(evidence.facts), *_proof_lines(evidence.proofs, mask)))


def _fact_lines(facts: Sequence[Fact]) -> Iterator[Line]:
    """Yield facts: short ones side by side in one line, and each long one in its own."""
    short: list[Piece] = []
    for fact in facts:
        value = _DIGEST.sub(r"\1...", fact.value)
        line: Line = (Outside(fact.name), ": ", Outside(value))
        if len(fact.name) + len(value) <= _SHORT:
            short += ("; ", *line) if short else line
        else:
            yield line
    if short:
        yield tuple(short)


def _proof_lines(proofs: Sequence[Proof], mask: Mask) -> Iterator[Line]:
    """Yield what shows that these are all, in one line, and each doubt in its own."""
    shown = [proof.name for proof in proofs if proof.standing is Standing.PROVEN]
    if shown:
        yield ("shown to be all by: ", Outside(", ".join(shown)))
    for proof in proofs:
        if proof.standing in STANDINGS:
            detail: Line = () if mask.hides_people else (" (", Outside(proof.detail), ")")
            yield (Outside(proof.name), *detail, f": {STANDINGS[proof.standing]}")
