"""What the manifests say of one source, compiled: the rules that mapping and diff obey."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from reconciler.core.model import Doubt, Property
from reconciler.core.template import Template
from reconciler.errors import Place

Values: TypeAlias = tuple[str, ...]
Filter: TypeAlias = Callable[[Values], Values]
"""Takes the values of one property of one record, gives what they become; raises ValueError."""


class Mode(StrEnum):
    """How far a source owns a property (myq.md section 4.1)."""

    IGNORE = "ignore"
    REPLACE = "replace"
    REPLACE_IF_PRESENT = "replaceIfPresent"
    ADD = "add"


class EmptyLevel(StrEnum):
    """What becomes of a group path when an attribute of one of its levels is empty."""

    SKIP = "skip"
    CUT = "cut"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one property is made from a record."""

    property: Property
    template: Template
    mode: Mode
    place: Place
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupWay:
    """One way to import groups: a template whose values are group paths.

    With `ready`, the template's attribute holds finished paths already (branches of a CSV column,
    paths a reader worked out), and a comma in it separates nothing.
    """

    template: Template
    place: Place
    make_default: bool = False
    ready: bool = False
    empty_level: EmptyLevel = EmptyLevel.SKIP


@dataclass(frozen=True, slots=True)
class Adopt:
    """Accounts of others that this source may take over, by their source or by name."""

    sources: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Options:
    """A source's options in MyQ's words; everything is off unless written."""

    add_new_users: bool = False
    deactivate_missing_users: bool = False
    convert_user_name_to_lowercase: bool = False
    append_domain_name: str = ""
    pair_by: tuple[Property, ...] = (Property.USER_NAME,)
    authentication_server: str = ""
    import_groups_under: str = ""
    do_not_change_default_group: bool = False
    ignore_synchronization_source: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """How far the records may fall below the last good read: with more than both gone, nobody is missing.

    A lower number that has stood for so many reads and days is believed.
    """

    count: int = 5
    percent: float = 20
    reads: int = 3
    days: float = 1


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a read must hold to be believed: at least so many records, and these user names.

    What has dropped further than `drop` is read, and proves nobody missing.
    What is lacking to a proof that this is everybody, and named in `accept`, withholds no removals.
    """

    minimum_records: int = 1
    sentinels: tuple[str, ...] = ()
    drop: Drop = field(default_factory=Drop)
    accept: frozenset[Doubt] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceRules:
    """One source, compiled: who it is to MyQ, what it says, what it may do.

    `definition` tells one wording of the manifest and its mapping from another.
    """

    name: str
    kind: str
    synchronization_source: str
    place: Place
    rules: tuple[Rule, ...]
    precedence: int = 100
    ways: tuple[GroupWay, ...] = ()
    groups_mode: Mode = Mode.REPLACE_IF_PRESENT
    max_depth: int = 20
    replace_separators: str = ""
    options: Options = field(default_factory=Options)
    adopt: Adopt = field(default_factory=Adopt)
    expect: Expectation = field(default_factory=Expectation)
    definition: str = ""

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that the rules need, each once, in a stable order."""
        return _attributes(self.rules, self.ways)

    @property
    def attributes_but_pins(self) -> tuple[str, ...]:
        """The attributes that something else than PINs is made of."""
        return _attributes([rule for rule in self.rules if rule.property is not Property.PINS], self.ways)


def _attributes(rules: Iterable[Rule], ways: Iterable[GroupWay]) -> tuple[str, ...]:
    templates = [rule.template for rule in rules] + [way.template for way in ways]
    return tuple(sorted({name for template in templates for name in template.attributes}))
