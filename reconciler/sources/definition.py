"""What decides a read: two sources with equal definitions, read at one moment, give the same records.

Mappings, options and whom to believe come after the read and are no part of it, and neither is how fast
is read. What is new in a manifest decides the read until somebody says that it does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from reconciler.sources.spec import GroupImport, SourceSpec
from reconciler.sources.strict import camel

_AFTER_THE_READ = frozenset(
    {"mapping", "options", "groups", "precedence", "synchronization_source", "adopt", "expect"}
)
_DIGITS = 16


class Definition(NamedTuple):
    """A digest of each setting that decides whom a source reads and how, by its key in the manifest.

    `ways` are the attributes that the reader works out itself to import groups, in their order, each with
    a digest of how; `under` is the group that holds the groups which exist without members.
    """

    settings: dict[str, str]
    ways: tuple[tuple[str, str], ...] = ()
    under: str = ""

    def differing(self, other: Definition) -> tuple[str, ...]:
        """Return the keys of settings in which the two differ."""
        keys = self.settings.keys() | other.settings.keys()
        return tuple(sorted(key for key in keys if self.settings.get(key) != other.settings.get(key)))

    def same_ways(self, other: Definition) -> bool:
        """Return whether groups are worked out in the same ways, whatever the attributes are called."""
        return [how for _, how in self.ways] == [how for _, how in other.ways]


def definition_of(spec: SourceSpec) -> Definition:
    """Return the definition of a source."""
    return Definition(
        settings_of(spec, _AFTER_THE_READ | spec.pace),
        tuple(_ways(spec)),
        spec.options.import_groups_under or "",
    )


def settings_of(spec: SourceSpec, without: frozenset[str]) -> dict[str, str]:
    """Return a digest of each field of a spec that is not what it is by default, by its key in the manifest.

    So a setting that a later version adds makes no difference to what was defined before.
    """
    said = spec.model_dump(mode="json", by_alias=False, exclude=set(without), exclude_defaults=True)
    return {camel(name): digest_of(value) for name, value in said.items()}


def digest_of(value: object) -> str:
    """Return what tells one JSON value from another, short enough to be kept for each setting."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_DIGITS]


def _ways(spec: SourceSpec) -> Iterator[tuple[str, str]]:
    groups = spec.groups
    for position, way in enumerate(groups.import_):
        name = way.ready_attribute(position)
        if name:
            shape = [groups.max_depth, groups.replace_separators] if name.startswith("@") else []
            yield name, digest_of([_way(way), *shape])


def _way(way: GroupImport) -> object:
    """Return how a way works; whose default group it makes is decided after the read."""
    return way.model_dump(mode="json", exclude={"make_default"}, exclude_defaults=True)
