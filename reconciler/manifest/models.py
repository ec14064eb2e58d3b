"""What the documents of `sources.d/` may hold; the JSON Schema is generated from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import Field

from reconciler.core.assumptions import Returning
from reconciler.core.change import Action
from reconciler.manifest.patience import GraceSpec
from reconciler.manifest.waivers import WaiverSpec
from reconciler.sources import SourceSpecUnion
from reconciler.sources.csv_dialect.encoding import Encoding
from reconciler.sources.csv_dialect.grammar import Delimiter
from reconciler.sources.spec import MappingSpec, SourceSpec
from reconciler.sources.strict import GroupPath, Name, SecretRef, Strict, Text

API_VERSION = "myq.reconciler/v1"

Kind = Literal["Target", "Source", "Mapping", "GroupTree", "Policy"]


class Metadata(Strict):
    """The name of the document, as in `{name: staff}`."""

    name: Name = Field(
        description="Unique among the documents of its kind: lower-case letters, digits and hyphens."
    )


class Envelope(Strict):
    """What every document has; `spec` is looked at once `kind` is known."""

    api_version: Literal["myq.reconciler/v1"] = Field(description="The format of the document.")
    kind: Kind = Field(description="What the document declares.")
    metadata: Metadata
    spec: dict[str, object] = Field(description="The declaration itself.")


class RestAccess(Strict):
    """MyQ's REST API: an application of *Settings > Connections* with the scope `users`."""

    url: Text = Field(description="Address of the server, such as `https://myq.example.org:8090`.")
    client_id: Text = Field(
        description="The application's client ID: text, or where it is found (`env:NAME`)."
    )
    client_secret: SecretRef = Field(
        description="Where the client secret is found: `env:NAME`, `file:/path` or `keyring:service/name`."
    )
    scope: Text = Field(default="users", description="Scopes to ask for, separated by spaces.")
    binding: Text | None = Field(
        default=None,
        description="What `reconciler doctor --spec` wrote of this installation's interface; relative to the "
        "project. Unwritten, MyQ's interface as far as it is known.",
    )
    ca_file: Text | None = Field(
        default=None,
        description="Certificates (PEM) to trust instead of the system's; relative to the project.",
    )
    insecure_tls: bool = Field(
        default=False, description="Do not check who answers: anybody between may read the token. For trials."
    )
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = Field(
        default=30, description="How long one answer may take."
    )
    page_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=500, description="Users asked for at a time."
    )
    concurrency: Annotated[int, Field(ge=1, le=32)] = Field(
        default=8, description="Requests under way at the same time."
    )
    requests_per_second: Annotated[float, Field(gt=0, le=10_000)] | None = Field(
        default=None, description="Most requests to send in a second; as many as MyQ takes unless written."
    )
    patience_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=300,
        description="How long a request is tried again while MyQ does not answer, fails or asks to wait.",
    )


class CsvAccess(Strict):
    """The user list that MyQ exports, and the file that it imports."""

    export: Text | None = Field(
        default=None, description="The exported CSV file, for `read: csv`; relative to the project."
    )
    import_: Text | None = Field(
        default=None,
        alias="import",
        description="Where `apply` puts the file to import, for `write: csv`; relative to the project.",
    )
    delimiter: Delimiter = Field(default=",", description="What stands between columns.")
    encoding: Encoding = Field(default="utf-8", description="Never guessed; a wrong one is an error.")
    header: bool = Field(default=True, description="The first line of the export names the columns.")


class AssumptionsSpec(Strict):
    """How MyQ is taken to behave where its documentation is silent (see the simulator's switches)."""

    user_name_case_sensitive: bool = Field(
        default=True, description="Two users may differ only in the case of their names."
    )
    aliases_ignore_case: bool = Field(
        default=True, description="An alias clashes with a name or alias in any case."
    )
    deleted_user_blocks_names: bool = Field(
        default=True, description="What a deleted user holds stays taken: name, aliases, cards, number."
    )
    csv_export_has_synchronization_source: bool = Field(
        default=False, description="An exported user list carries the users' source in a column SYNC_SOURCE."
    )
    csv_empty_field_clears: bool = Field(
        default=True, description="An empty cell of an imported file clears an e-mail, number, storage, ..."
    )
    default_group_from_first_branch: bool = Field(
        default=False, description="The first branch of an imported GROUPS cell becomes the default group."
    )
    csv_import_takes_phone_and_language: bool = Field(
        default=False, description="An imported file may have the columns PHONE and LANG, from 10.2 on."
    )
    csv_pairing_by_number_renames: bool = Field(
        default=False, description="An import that pairs by the personal number changes user names."
    )
    returning_user: Returning = Field(
        default="unknown", description="What an import makes of a deleted user's name."
    )


Targets = Annotated[tuple[Name, ...], Field(min_length=1)]
"""Names of Target documents; a list of none would be for nobody."""


class TargetSpec(Strict):
    """One MyQ print server: how it is read, how it is written, what release it is."""

    release: Literal["10.1", "10.2"] = Field(
        default="10.2",
        description="The release line of the server.",
        # An editor reads a bare 10.2 as a number, and would call it wrong.
        json_schema_extra={"type": ["string", "number"], "enum": ["10.1", "10.2", 10.1, 10.2]},
    )
    identity: Text | None = Field(
        default=None,
        description="What names this server in plans and approvals; its address, else this document's name.",
    )
    rest: RestAccess | None = Field(default=None, description="The REST API of the server.")
    csv: CsvAccess | None = Field(default=None, description="The server's export and import of users.")
    sources: tuple[Name, ...] | None = Field(
        default=None, description="Names of the Source documents it takes its users from; unwritten, all."
    )
    read: Literal["rest", "csv"] = Field(default="rest", description="Where the actual state is read.")
    write: Literal["rest", "csv"] | None = Field(
        default=None,
        description="How changes are written: unwritten, by `rest` when there is `rest`, else not at all.",
    )
    assumptions: AssumptionsSpec = Field(default_factory=AssumptionsSpec)


class GroupSpec(Strict):
    """A group that shall exist, and the groups in it."""

    name: Text = Field(description="The group's name; neither `|` nor `,` can stand in it.")
    previously: GroupPath | None = Field(
        default=None, description="The full path it had before, such as `Company|Sales`: the group is moved."
    )
    groups: tuple[GroupSpec, ...] = Field(default=(), description="Groups in this group.")


class GroupTreeSpec(Strict):
    """Groups that shall exist, as a tree."""

    under: GroupPath | None = Field(
        default=None, description="The group that holds this tree; the root if unwritten."
    )
    groups: Annotated[tuple[GroupSpec, ...], Field(min_length=1)] = Field(description="The groups.")
    targets: Targets | None = Field(
        default=None, description="Names of the Target documents it is for; unwritten, all."
    )


class GuardSpec(Strict):
    """How much of one kind of change a plan may hold; with both, it trips when both are exceeded."""

    count: Annotated[int, Field(ge=0)] | None = Field(default=None, description="More accounts than this.")
    percent: Annotated[float, Field(ge=0, le=100)] | None = Field(
        default=None, description="More than this share of the source's accounts."
    )


class WindowSpec(Strict):
    """What may be carried out over several days together, so that slices do not slip through."""

    days: Annotated[float, Field(gt=0, le=366)] = Field(
        default=7, description="How far back what was applied counts."
    )
    removals: GuardSpec = Field(
        default=GuardSpec(), description="Deactivations in these days; more than 10 and 10 percent."
    )


class GuardsSpec(Strict):
    """The guards, each for one source; what is unwritten keeps its default."""

    removals: GuardSpec = Field(default=GuardSpec(), description="Deactivations; more than 5 and 5 percent.")
    updates: GuardSpec = Field(default=GuardSpec(), description="Updates; more than 30 percent.")
    creates: GuardSpec = Field(default=GuardSpec(), description="New accounts; more than 25 percent.")
    reactivations: GuardSpec = Field(
        default=GuardSpec(), description="Accounts that return; more than 25 percent."
    )
    rekeys: GuardSpec = Field(default=GuardSpec(), description="Changed user names; more than 5 percent.")
    group_members: GuardSpec = Field(
        default=GuardSpec(), description="Members that one group loses; more than 5 and 25 percent."
    )
    default_groups: GuardSpec = Field(
        default=GuardSpec(),
        description="Accounts that would get another default group, or leave it; more than 5 and 5 percent.",
    )
    privileged_users: GuardSpec = Field(
        default=GuardSpec(),
        description="Removed or renamed accounts with rights or delegates in MyQ, where it shows them; any.",
    )
    maximum_users: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="More living users in MyQ than this, as a license may say; no limit."
    )
    window: WindowSpec = Field(
        default_factory=WindowSpec, description="What may be carried out over several days together."
    )


class ProtectedSpec(Strict):
    """What no plan may touch; MyQ's own accounts (`*admin`, ...) are protected anyhow."""

    users: tuple[Text, ...] = Field(default=(), description="User names, or patterns such as `svc-*`.")
    groups: tuple[GroupPath, ...] = Field(
        default=(), description="Full paths of groups, or patterns such as `Staff|*`."
    )


class PolicySpec(Strict):
    """Guards, protection, grace, and what is approved beforehand."""

    targets: Targets | None = Field(
        default=None,
        description="Names of the Target documents it is for; unwritten, all. No target has two.",
    )
    guards: GuardsSpec = Field(default_factory=GuardsSpec)
    protected: ProtectedSpec = Field(default_factory=ProtectedSpec)
    grace: GraceSpec = Field(default_factory=GraceSpec)
    approve: tuple[Action, ...] = Field(
        default=(), description="Actions approved beforehand, as long as no guard trips; none unless written."
    )
    plan_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        default=24, description="For how many hours a plan can be approved."
    )
    waivers: tuple[WaiverSpec, ...] = Field(
        default=(), description="Guards that may pass, each for a reason and for a while."
    )
    pin_key: SecretRef | None = Field(
        default=None,
        description="A secret of at least 16 characters; with it, PINs that change in a source reach MyQ.",
    )


SPECS: Mapping[str, type[Strict]] = MappingProxyType(
    {"Target": TargetSpec, "Mapping": MappingSpec, "GroupTree": GroupTreeSpec, "Policy": PolicySpec}
)
"""The model of `spec` for each kind but Source, whose model depends on its `type`."""


class SourceType(Strict):
    """What a source of no known type is held against: no source is one."""

    type: Literal["nothing"]


def source_specs(union: object) -> Mapping[str, type[SourceSpec]]:
    """Return the kinds of sources by the word that stands in their `type`."""
    members: tuple[type[SourceSpec], ...] = get_args(union) or (union,)
    return MappingProxyType({get_args(each.model_fields["type"].annotation)[0]: each for each in members})


SOURCES = source_specs(SourceSpecUnion)
