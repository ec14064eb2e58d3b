"""The LDAP source (myq.md section 2): Active Directory, OpenLDAP, and those that speak like them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.ldap.access import LdapAccess
from reconciler.sources.ldap.dn import parse_dn
from reconciler.sources.ldap.filter import all_of, any_of, parse_filter, row_filter
from reconciler.sources.ldap.kinds import TRAITS, DirectoryKind, Membership, Traits
from reconciler.sources.spec import GroupImport, Groups, SourceSpec
from reconciler.sources.strict import Strict, Text

Choice = Literal["include", "exclude"]
Attribute = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.;-]*$")]


class LdapFilters(Strict):
    """Which entries count: a filter in LDAP's own language, or rows as in MyQ's form."""

    filter: Text | None = Field(default=None, description="An LDAP filter, such as `(department=IT)`.")
    filters: tuple[Text, ...] = Field(
        default=(),
        description="Rows `Attribute=Value`, `*` at either end for anything; an entry passes by one of them.",
    )

    @field_validator("filter")
    @classmethod
    def _is_a_filter(cls, text: str | None) -> str | None:
        return text and parse_filter(text).text

    @field_validator("filters")
    @classmethod
    def _are_rows(cls, rows: tuple[str, ...]) -> tuple[str, ...]:
        for row in rows:
            row_filter(row)
        return rows

    @model_validator(mode="after")
    def _one_kind_of_filter(self) -> Self:
        if self.filter and self.filters:
            raise ValueError("write `filter` or `filters`, not both")
        return self

    def entries(self, usual: str) -> str:
        """Return the filter: `filter` stands alone, the rows are beside the usual filter."""
        if self.filter:
            return self.filter
        if self.filters:
            return parse_filter(all_of([usual, any_of(map(row_filter, self.filters))])).text
        return usual


class OuTree(Strict):
    """The containers of an entry as a tree of groups, without some levels at both ends of the DN."""

    strip_left: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="Levels to leave out on the left: 1 is the user's own name."
    )
    strip_right: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="Levels to leave out on the right, such as the `dc` ones."
    )


class MemberOf(LdapFilters):
    """The directory's own groups."""

    base_dn: Text = Field(description="The groups at or under this DN are imported.")
    tree: bool = Field(
        default=False, description="Keep groups in groups as a tree; else all lie side by side."
    )
    empty_groups: bool = Field(default=False, description="Import groups without members too.")
    nested: bool = Field(
        default=False, description="A member of a group is also in the groups that this group is a member of."
    )
    membership: tuple[Membership, ...] = Field(
        default=(),
        description="Where the directory says who belongs: on users (`memberOf`, `groupMembership`) or on "
        "groups (`member`, `uniqueMember`, `memberUid`). What is usual for the directory if unwritten.",
    )
    primary_group: bool = Field(
        default=True,
        description="Count the primary group too, which `memberOf` leaves out (Active Directory's "
        "`primaryGroupID`, `gidNumber` with `memberUid`).",
    )
    name: Attribute | None = Field(
        default=None, description="The attribute that names a group; `cn` if unwritten."
    )

    @field_validator("base_dn")
    @classmethod
    def _is_a_dn(cls, text: str) -> str:
        parse_dn(text)
        return text

    @model_validator(mode="after")
    def _one_side_says_who_belongs(self) -> Self:
        if len({membership.on_user for membership in self.membership}) > 1:
            raise ValueError("`membership` names attributes of users or of groups, not of both")
        return self


class LdapGroupImport(GroupImport):
    """One of MyQ's four ways to import groups from a directory."""

    ou_index: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="The OU at this place of the DN, counted from the right."
    )
    ou_tree: OuTree | None = Field(default=None, description="The containers of the entry as a tree.")
    member_of: MemberOf | None = Field(default=None, description="The directory's own groups.")

    ways: ClassVar[tuple[str, ...]] = ("attribute", "ou_index", "ou_tree", "member_of")

    @model_validator(mode="after")
    def _one_default_group(self) -> Self:
        if self.member_of and self.make_default:
            raise ValueError("`makeDefault` needs a way that gives one group; `memberOf` gives any number")
        return self

    def ready_attribute(self, position: int) -> str | None:
        """Return the name of the paths that the reader works out, None for a template."""
        return None if self.attribute else f"@groups{position}"


class LdapGroups(Groups):
    """Which groups the users of a directory join."""

    import_: tuple[LdapGroupImport, ...] = Field(
        default=(), alias="import", description="MyQ's ways to import groups, usable together."
    )


class LdapAccounts(Strict):
    """Which accounts of Active Directory or eDirectory count; an excluded one is missing."""

    disabled: Choice = Field(default="include", description="Accounts that are switched off.")
    expired: Choice = Field(default="include", description="Accounts whose last day is past.")


class MayBeEmpty(Strict):
    """What may come back without anything in it, which is otherwise taken for a lost permission."""

    base_dns: tuple[Text, ...] = Field(default=(), description="Base DNs under which nobody may be.")
    attributes: tuple[Text, ...] = Field(
        default=(), description="Attributes that no entry may have; `memberOf` stands for group members."
    )

    @field_validator("base_dns")
    @classmethod
    def _are_dns(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            parse_dn(text)
        return texts


class LdapSpec(LdapAccess, LdapFilters, SourceSpec):
    """A synchronization source that is an LDAP directory."""

    type: Literal["ldap"]
    directory: DirectoryKind = Field(description="The make, for what is usual there.")
    base_dns: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="Users are read at and under these; one inside another is read once."
    )
    scope: Literal["subtree", "oneLevel", "base"] = Field(
        default="subtree", description="All levels under a base DN, only the next one, or the entry itself."
    )
    page_size: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=1000, description="Entries asked for at a time; 0 for a server that has no paging."
    )
    accounts: LdapAccounts = Field(default_factory=LdapAccounts)
    referrals: Literal["refuse", "ignore", "follow"] = Field(
        default="refuse",
        description="What becomes of a part of the directory that lies on another server: an error, left "
        "out, or read there with the same account.",
    )
    count_query: bool = Field(
        default=True,
        description="Compare the number of entries with the server's own count, where it can count (virtual "
        "list view). Not with Active Directory, whose count is an estimate.",
    )
    may_be_empty: MayBeEmpty = Field(default_factory=MayBeEmpty)
    groups: LdapGroups = Field(default_factory=LdapGroups)

    pace: ClassVar[frozenset[str]] = frozenset({"page_size", "timeouts"})

    @field_validator("base_dns")
    @classmethod
    def _are_dns(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            parse_dn(text)
        return texts

    @model_validator(mode="after")
    def _accounts_have_such_states(self) -> Self:
        for state in ("disabled", "expired"):
            if getattr(self.accounts, state) == "exclude" and getattr(self.traits, state) is None:
                raise ValueError(
                    f"`accounts.{state}: exclude` works with activeDirectory and novell; "
                    "elsewhere write what marks such accounts as a `filter`"
                )
        return self

    @property
    def traits(self) -> Traits:
        """What is usual for the make."""
        return TRAITS[self.directory]

    def reader(self, surroundings: Surroundings) -> Reader:
        """Return what reads the directory, when asked to."""
        # ldap3 takes a tenth of a second to import, and validating needs none of it
        from reconciler.sources.ldap.read import LdapReader  # noqa: PLC0415  as said above

        return LdapReader(self, surroundings)
