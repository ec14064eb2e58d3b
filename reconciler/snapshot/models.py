"""`snapshot.json`, the file that seals a snapshot, as models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT_VERSION = "1.0"
INDEX = "snapshot.json"

Digest = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]
Time = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
FileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*\.jsonl\.gz$")]


class Stored(BaseModel):
    """Strict about what it knows, and indifferent to what it does not know."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class FilePart(Stored):
    """A file of the snapshot; another one of its name is refused."""

    name: FileName
    bytes: Count
    sha256: Digest


class WayPart(Stored):
    """An attribute that the reader worked out, to import groups."""

    attribute: str
    how: str = Field(description="A digest of the settings that it was worked out by.")


class SourcePart(Stored):
    """One source as it was read."""

    name: str
    type: str = Field(description="The kind of the source: csv, ldap, ...")
    file: FilePart
    records: Count
    attributes: list[str] = Field(description="The columns of each batch, in their order.")
    settings: dict[str, str] = Field(description="A digest of each setting that decides what is read.")
    ways: list[WayPart]
    under: str = Field(description="The group that holds the groups without members, or empty.")
    groups: Count = Field(description="How many groups it has that exist even without members.")
    pins: str = Field(description="The template that PINs were counted by, or empty.")


class TargetPart(Stored):
    """MyQ as it was read."""

    name: str
    identity: str
    file: FilePart
    accounts: Count
    fields: list[str] = Field(description="The columns of each batch of accounts, in their order.")
    settings: dict[str, str] = Field(description="A digest of each setting that decides what is read.")


class IndexFile(Stored):
    """What was read, when, and from what manifests."""

    format_version: Annotated[str, Field(pattern=r"^1\.[0-9]+$")]
    kind: Literal["snapshot"]
    tool: str
    taken: Time
    commit: str
    manifests: str
    sources: list[SourcePart]
    target: TargetPart
    digest: Digest
