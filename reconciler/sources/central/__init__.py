"""The MyQ Central source: users of a Central server, by its REST API or from its exported list.

What a site itself pulls from Central is not documented (myq.md section 1.1), nor is any listing of all
users: the documented `GET /v2/users` answers nothing without a filter (section 6.3). The listing that is
used here is assumed, and a server without it says so; the exported CSV file is the documented way.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.csv_dialect.reader import CsvFormat, FileName
from reconciler.sources.spec import SourceSpec
from reconciler.sources.strict import GroupPath, SecretRef, Strict, Text


class CentralUsers(Strict):
    """Users to import; unwritten, all. With both filters, only who passes both."""

    in_groups: tuple[GroupPath, ...] = Field(
        default=(), description="Only members of at least one of these groups, or of groups in them."
    )
    having: dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Only users with one of these values in the attribute, such as `department: [Prague]`.",
    )


class CentralExport(CsvFormat):
    """The user list that Central exports."""

    file: FileName = Field(description="Path of the CSV file, from the project folder.")


_SIGN_IN = ("url", "client_id", "client_secret")


class CentralSpec(SourceSpec):
    """A synchronization source that is a MyQ Central server; one source for each site's part."""

    type: Literal["central"]
    url: Text | None = Field(
        default=None, description="Address of Central, such as `https://central.example.org:8083`."
    )
    client_id: Text | None = Field(
        default=None, description="The application's client ID: text, or where it is found (`env:NAME`)."
    )
    client_secret: SecretRef | None = Field(
        default=None, description="Where its secret is found: `env:NAME`, `file:/path`, ..."
    )
    scope: Text = Field(default="users", description="Scopes to ask for, separated by spaces.")
    ca_file: Text | None = Field(
        default=None, description="Certificate authorities to believe (PEM) instead of the system's."
    )
    page_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=500, description="Users asked for at a time."
    )
    export: CentralExport | None = Field(
        default=None, description="The exported list of users, instead of `url` and what goes with it."
    )
    users: CentralUsers = Field(default_factory=CentralUsers)
    import_empty_groups: bool = Field(
        default=False,
        description="Create groups without members too: all, or those of users.inGroups and what is in them.",
    )

    ready_groups: ClassVar[bool] = True
    pace: ClassVar[frozenset[str]] = frozenset({"page_size"})

    @model_validator(mode="after")
    def _one_way_is_told(self) -> Self:
        told = [name for name in _SIGN_IN if getattr(self, name) is not None]
        if self.export is not None and (told or {"scope", "ca_file", "page_size"} & self.model_fields_set):
            raise ValueError("`export` stands alone: a file needs no address and no sign-in")
        if self.export is None and len(told) < len(_SIGN_IN):
            raise ValueError("write url, clientId and clientSecret, or export")
        if self.export is not None and self.import_empty_groups:
            raise ValueError("importEmptyGroups needs the address of Central: an export lists users alone")
        return self

    def reader(self, surroundings: Surroundings) -> Reader:
        """Return what reads Central, or its export, when asked to."""
        from reconciler.sources.central.reader import ApiReader, ExportReader  # noqa: PLC0415  HTTP loads to read

        if self.export is not None:
            return ExportReader(self, self.export, surroundings.folder / self.export.file)
        return ApiReader(self, surroundings)
