"""How long the missing are waited for, as a Policy manifest says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from reconciler.sources.strict import Strict


class StripSpec(Strict):
    """When a missing user loses the groups that its source gave, before being deactivated."""

    reads: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=1, description="Complete reads without the user."
    )
    days: Annotated[float, Field(ge=0, le=3650)] = Field(default=0, description="Days without the user.")


class GraceSpec(Strict):
    """How long a user must be missing before being deactivated."""

    reads: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=2, description="Complete reads without the user."
    )
    days: Annotated[float, Field(ge=0, le=3650)] = Field(default=1, description="Days without the user.")
    strip_groups: StripSpec | None = Field(
        default=None,
        description="Take all groups but the default one away earlier; unwritten, they are kept till then.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> GraceSpec:
        strip = self.strip_groups
        if strip and (strip.reads > self.reads or strip.days > self.days):
            raise ValueError(
                "stripGroups waits longer than the deactivation, which takes all groups anyway",
                "let it wait for fewer reads and days than grace itself, or leave it out",
            )
        return self
