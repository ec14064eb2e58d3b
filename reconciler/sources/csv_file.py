"""The CSV source: MyQ's own dialect (myq.md section 4), and any other CSV through the mapping."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.csv_dialect.reader import CsvFormat, CsvReader, FileName
from reconciler.sources.spec import GroupImport, Groups, SourceSpec
from reconciler.sources.strict import Text


class CsvGroupImport(GroupImport):
    """One of MyQ's ways to import groups from a CSV file."""

    branches: Text | None = Field(
        default=None,
        description="A column of group paths in MyQ's syntax: `|` between levels, `,` between paths.",
    )

    ways: ClassVar[tuple[str, ...]] = ("attribute", "branches")

    def ready_attribute(self, position: int) -> str | None:
        """Return the column of finished paths, None for a template."""
        del position
        return self.branches


class CsvGroups(Groups):
    """Which groups the users of a CSV file join."""

    import_: tuple[CsvGroupImport, ...] = Field(
        default=(), alias="import", description="MyQ's ways to import groups, usable together."
    )


class CsvSpec(CsvFormat, SourceSpec):
    """A synchronization source that is a CSV file."""

    type: Literal["csv"]
    file: FileName = Field(description="Path of the CSV file, from the project folder.")
    groups: CsvGroups = Field(default_factory=CsvGroups)

    ready_groups: ClassVar[bool] = True
    """MyQ's GROUPS column holds finished branches (myq.md section 4.2)."""

    def reader(self, surroundings: Surroundings) -> Reader:
        """Return what reads the file, when asked to."""
        return CsvReader(
            path=surroundings.folder / self.file,
            name=self.file,
            format=self,
            branches=frozenset(way.branches for way in self.groups.import_ if way.branches),
            may_be_empty=self.expect.minimum_records == 0,
        )
