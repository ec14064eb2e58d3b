"""What a read must hold to be believed, as a Source manifest says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reconciler.core.model import Doubt
from reconciler.sources.strict import Strict, Text


class DropSpec(Strict):
    """How far the records may fall below the last good read before nobody counts as missing.

    Both must be exceeded. A lower number that has stood for so many reads and days is believed.
    """

    count: Annotated[int, Field(ge=0)] = Field(default=5, description="More records fewer than this.")
    percent: Annotated[float, Field(ge=0, le=100)] = Field(
        default=20, description="A larger share of the last good read than this."
    )
    reads: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="After so many reads with as few records the new number is believed."
    )
    days: Annotated[float, Field(ge=0, le=3650)] = Field(
        default=1, description="And not before so many days."
    )


class Expect(Strict):
    """What a read must hold to be believed."""

    minimum_records: Annotated[int, Field(ge=0)] = Field(
        default=1, description="With fewer records than this the read is not believed."
    )
    sentinels: tuple[Text, ...] = Field(
        default=(), description="User names that must be among the records, or the read is not believed."
    )
    drop: DropSpec = Field(
        default_factory=DropSpec,
        description="How far the records may fall below the last good read; further, and nobody is missing.",
    )
    accept: tuple[Doubt, ...] = Field(
        default=(),
        description="Doubts that withhold no removals: `no-count`, `count-off`, `left-out`, `twice`, "
        "`dropped`.",
    )
