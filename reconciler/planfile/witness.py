"""Why a plan may be believed and carried out, as stored: proofs of its reads, and what the guards found."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reconciler.core.evidence import Standing
from reconciler.planfile.basics import Count, Stored, one_of


class FactPart(Stored):
    """One observation that a read was complete."""

    name: str
    value: str


class ProofPart(Stored):
    """One thing that shows, or does not show, that a read holds everybody."""

    name: str
    standing: Annotated[str, *one_of(Standing)]
    detail: str


class SourcePart(Stored):
    """Why one source's read is believed."""

    name: str
    type: str = Field(description="The kind of the source: csv, ldap, ...")
    synchronizationSource: str = Field(description="What MyQ says its accounts came from.")  # noqa: N815 - as in the file
    records: Count
    facts: list[FactPart]
    proofs: list[ProofPart] = Field(
        default=[], description="What shows that these are all; what is doubtful withholds removals."
    )


class WaivedPart(Stored):
    """Who lets a guard pass, and why."""

    by: str
    reason: str
    until: str = Field(description="UTC, ISO 8601.")


class PassPart(Stored):
    """One guard that an apply passed over."""

    guard: str
    scope: str = Field(description='A source, a group path, or "" for the whole target.')
    count: Count
    waived: WaivedPart


class GuardPart(Stored):
    """What one guard found; those that trip stand in the way."""

    guard: str
    scope: str = Field(description='A source, a group path, or "" for the whole target.')
    count: Count
    population: Count
    limit: str
    tripped: bool
    message: str
    waived: WaivedPart | None = Field(
        default=None, description="It would stand in the way, and a waiver of the policy covers it."
    )
