"""The part of a Source manifest that all kinds share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from reconciler.core.rules import EmptyLevel, Mode
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.expect import Expect
from reconciler.sources.strict import GroupPath, Name, Strict, Text


class SplitFilter(Strict):
    """Cut each value at a separator."""

    split: Text = Field(description="The separator, such as `,`; each piece becomes a value.")


class ReplacePattern(Strict):
    """A pattern of RE2 (linear time, no back-references) and what to put in its place."""

    pattern: Text = Field(description="What to look for; every place that fits is replaced.")
    with_: str = Field(
        default="",
        alias="with",
        description=r"What to put there: `\1` is the first group, `\0` all that was found, `\\` a backslash.",
    )


class ReplaceFilter(Strict):
    """Replace what a pattern finds."""

    replace: ReplacePattern


class StripFilter(Strict):
    """Take these characters from both ends."""

    strip: Text = Field(description="The characters; without any, `strip` takes white space.")


class DefaultFilter(Strict):
    """Take this value when there is none."""

    default: Text = Field(description="The value to take when the record has none.")


class Lookup(Strict):
    """A table from values of the source to values of MyQ."""

    table: dict[str, str] = Field(
        description="Values of the source, each with its value in MyQ; upper and lower case count."
    )
    otherwise: Literal["keep", "drop", "error"] = Field(
        default="error", description="What becomes of a value that the table does not have."
    )


class MapFilter(Strict):
    """Look each value up in a table."""

    map: Lookup


class CardFormat(Strict):
    """How the source writes card numbers, and how MyQ's readers deliver them."""

    from_: Literal["hex", "decimal"] = Field(alias="from", description="The notation of the source.")
    to: Literal["hex", "decimal"] = Field(description="The notation of MyQ's readers.")
    reverse_bytes: bool = Field(default=False, description="The readers deliver the bytes backwards.")
    length: Annotated[int, Field(ge=1, le=32)] | None = Field(
        default=None, description="Pad the result with zeros on the left up to this many characters."
    )


class CardFilter(Strict):
    """Rewrite card numbers from one notation to another."""

    card: CardFormat


FilterSpec = (
    Literal["lower", "upper", "strip", "first"]
    | SplitFilter
    | ReplaceFilter
    | StripFilter
    | DefaultFilter
    | MapFilter
    | CardFilter
)
"""One step of a mapping: a word, or one key with its settings."""


class PropertyMapping(Strict):
    """One property, in full: where it comes from, how it is shaped, how far the source owns it."""

    from_: Text = Field(alias="from", description="An attribute name or a template (`%a%_%b%`).")
    mode: Mode | None = Field(default=None, description="add for cards and aliases, else replaceIfPresent.")
    filters: tuple[FilterSpec, ...] = Field(
        default=(), description="What is done to the values, one step after the other."
    )


Mapped = Text | PropertyMapping
"""Short form: the template alone."""


class MappingSpec(Strict):
    """Source attributes to MyQ's user properties; what is not listed is neither compared nor written."""

    user_name: Mapped | None = Field(
        default=None, description="The name that identifies the user in MyQ; every record needs one."
    )
    full_name: Mapped | None = Field(
        default=None, description="The name that people read; MyQ creates no user without one."
    )
    aliases: Mapped | None = Field(
        default=None, description="Other names of the user; one equal to the user name is left out."
    )
    email: Mapped | None = Field(default=None, description="The e-mail address.")
    cards: Mapped | None = Field(
        default=None, description="ID cards, as the readers deliver their numbers; always shown masked."
    )
    pins: Mapped | None = Field(
        default=None, description="PINs of new accounts alone; they are shown nowhere."
    )
    personal_number: Mapped | None = Field(
        default=None, description="The number that the organization knows the user by; unique in MyQ."
    )
    scan_storage: Mapped | None = Field(
        default=None, description="User's storage: the folder or address that scans go to."
    )
    phone: Mapped | None = Field(default=None, description="The phone number.")
    language: Mapped | None = Field(default=None, description="A language code of MyQ, such as `en`.")
    notes: Mapped | None = Field(default=None, description="Free text about the user.")
    groups: Mapped | None = Field(
        default=None, description="Group paths, as one more way to import groups; filters do not reach it."
    )
    default_group: Mapped | None = Field(
        default=None, description="The path of the group that the user is accounted to; the user joins it."
    )
    department: Mapped | None = Field(default=None, description="The department.")
    object_id: Mapped | None = Field(default=None, description="The object id of Entra ID, to pair by.")


class GroupImport(Strict):
    """One of MyQ's ways to import groups; kinds of sources add their own ways to this one."""

    attribute: Text | None = Field(
        default=None,
        description="An attribute name, or a template such as `%department%|%title%`; `|` makes levels.",
    )
    make_default: bool = Field(default=False, description="The group becomes the user's default group.")
    empty_level: EmptyLevel = Field(
        default=EmptyLevel.SKIP,
        description="When an attribute of a level is empty: skip the path, cut it there, or stop.",
    )

    ways: ClassVar[tuple[str, ...]] = ("attribute",)
    """The fields of which exactly one is written."""

    def ready_attribute(self, position: int) -> str | None:
        """Return the attribute whose values are finished paths for this way; None for a template.

        A kind whose reader works the paths out answers with a name such as ``@groups0``, the number
        being the position of this import in the manifest.
        """
        del position
        return None


class Groups(Strict):
    """Which groups a source's users join. Kinds narrow `import_` to their own ways."""

    mode: Mode = Field(
        default=Mode.REPLACE_IF_PRESENT, description="How far the source owns its users' memberships."
    )
    max_depth: Annotated[int, Field(ge=1, le=100)] = Field(
        default=20, description="A group path with more levels stops the source."
    )
    replace_separators: Annotated[str, StringConstraints(pattern=r"^[^|,]+$")] | None = Field(
        default=None,
        description="What to put for `,` and `|` in group names; unwritten, such a name stops the source.",
    )
    import_: tuple[GroupImport, ...] = Field(
        default=(), alias="import", description="MyQ's ways to import groups, usable together."
    )


PairKey = Literal["userName", "personalNumber", "objectId", "email"]


class SourceOptions(Strict):
    """MyQ's options of a source; all off unless written."""

    add_new_users: bool = Field(default=False, description="Create accounts for records that have none.")
    deactivate_missing_users: bool = Field(
        default=False, description="Deactivate this source's accounts that it no longer has."
    )
    convert_user_name_to_lowercase: bool = Field(
        default=False, description="MyQ tells `Ada` from `ada`; this keeps them one person."
    )
    append_domain_name: Text | None = Field(
        default=None, description="Make every user name `name@this-domain`."
    )
    pair_by: Annotated[tuple[PairKey, ...], Field(min_length=1)] = Field(
        default=("userName",), description="What finds a record's account, in this order."
    )
    use_authentication_server: Text | None = Field(
        default=None, description="The authentication server that checks these users' passwords."
    )
    import_groups_under: GroupPath | None = Field(
        default=None, description="The parent of every group that this source imports."
    )
    do_not_change_default_group: bool = Field(
        default=False, description="Leave the default group of existing accounts alone."
    )
    ignore_synchronization_source: bool = Field(
        default=False, description="Update accounts of other sources too. Never with deactivateMissingUsers."
    )


class AdoptSpec(Strict):
    """Accounts of another synchronization source that shall become this source's."""

    sources: tuple[str, ...] = Field(
        default=(), description='Take over the accounts of these sources; "" are those without one.'
    )
    users: tuple[Text, ...] = Field(default=(), description="Take over these accounts.")


class SourceSpec(Strict, ABC):
    """What every kind of source has; each kind adds its ``type`` and its connection."""

    synchronization_source: Text | None = Field(
        default=None, description="What MyQ stores as the users' source; the manifest's name unless written."
    )
    precedence: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=100, description="Where sources disagree, the one with the lower number is right."
    )
    mapping: MappingSpec | Name = Field(description="The mapping, or the name of a Mapping manifest.")
    options: SourceOptions = Field(default_factory=SourceOptions)
    groups: Groups = Field(default_factory=Groups)
    adopt: AdoptSpec = Field(default_factory=AdoptSpec)
    expect: Expect = Field(default_factory=Expect)

    ready_groups: ClassVar[bool] = False
    """Whether what is mapped to groups are finished paths, levels joined by ``|``."""

    pace: ClassVar[frozenset[str]] = frozenset()
    """The fields that say how fast and how patiently is read, and not what."""

    @abstractmethod
    def reader(self, surroundings: Surroundings) -> Reader:
        """Return what reads this source; opening it waits until the first batch is asked for."""
