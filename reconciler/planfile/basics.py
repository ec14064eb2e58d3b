"""What the models of stored files are made of: spelled alike, and strict alike."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema


def one_of(words: type[StrEnum]) -> tuple[object, object]:
    """Return what keeps a text to the words of an enumeration, and what a schema says of it."""
    listed = [word.value for word in words]
    return Field(pattern=f"^({'|'.join(listed)})$"), WithJsonSchema({"type": "string", "enum": listed})


Hash: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Digest: TypeAlias = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
Time: TypeAlias = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
"""UTC to the second, in this one spelling: expiries are compared as text."""

Count: TypeAlias = Annotated[int, Field(ge=0)]
FormatVersion: TypeAlias = Annotated[str, Field(pattern=r"^1\.[0-9]+$")]
Values: TypeAlias = str | list[str]


class Stored(BaseModel):
    """Strict about what it knows, and indifferent to what it does not know."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)
