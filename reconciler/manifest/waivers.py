"""Waivers of a Policy, as its manifest says them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reconciler.core.guards import NAMES
from reconciler.core.normal import clean
from reconciler.core.waiver import Waiver
from reconciler.errors import Place
from reconciler.sources.strict import Strict, Text

Guard = Literal[NAMES]  # type: ignore[valid-type]  # the names are known when the module is loaded


def _ending(text: str) -> str:
    """Return a moment as plans write it; a day means all of that day, in UTC."""
    try:
        if len(text) == len("2027-01-31"):
            end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        else:
            end = datetime.fromisoformat(text)
            end = end if end.tzinfo else end.replace(tzinfo=UTC)
        return end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        raise ValueError("a day such as 2027-01-31 is expected, or a time in ISO 8601") from None


class WaiverSpec(Strict):
    """One guard that may pass, here and for a while: in a file that others review."""

    guard: Guard = Field(description="The guard.")
    scope: Text | None = Field(
        default=None, description="A source or a group, as the plan names it; everywhere if unwritten."
    )
    at_most: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Not for more than so many; unwritten, for any number."
    )
    reason: Text = Field(description="Why it is meant, for whoever reads it later.")
    by: Text = Field(description="Who says so.")
    until: Annotated[Text, AfterValidator(_ending)] = Field(
        description="The last day, such as `2027-01-31`, or a time in ISO 8601; then it is worth nothing."
    )


def compile_waiver(spec: WaiverSpec, place: Place) -> Waiver:
    """Return the compiled waiver."""
    return Waiver(
        guard=spec.guard,
        reason=spec.reason,
        by=spec.by,
        until=spec.until,
        scope=clean(spec.scope or ""),
        at_most=spec.at_most,
        place=str(place),
    )
