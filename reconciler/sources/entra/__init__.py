"""The Microsoft Entra ID source in a manifest: registration, sign-in, users, groups (myq.md section 3).

The application permissions it takes, each with an administrator's consent: `User.Read.All` always,
`GroupMember.Read.All` when groups are selected or imported, `Member.Read.Hidden` only for groups whose
membership is hidden. Those that MyQ itself asks for (`User.Read.All`, `Group.Read.All`) suffice too.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.spec import GroupImport, Groups, SourceSpec
from reconciler.sources.strict import SecretRef, Strict, Text

HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[^/?#\s@]+(/[^?#\s]*)?$")]


class Cloud(NamedTuple):
    """Where one of Microsoft's clouds signs in, serves Graph, and what it calls a token exchange."""

    authority: str
    graph: str
    audience: str


CLOUDS: Final = {
    "global": Cloud(
        "https://login.microsoftonline.com", "https://graph.microsoft.com", "api://AzureADTokenExchange"
    ),
    "usGov": Cloud(
        "https://login.microsoftonline.us", "https://graph.microsoft.us", "api://AzureADTokenExchangeUSGov"
    ),
    "usGovDod": Cloud(
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    "china": Cloud(
        "https://login.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "api://AzureADTokenExchangeChina",
    ),
}
"""Microsoft Graph documentation, concepts/deployments.md: the national clouds and their addresses."""


class SecretSignIn(Strict):
    """Sign in with a client secret, which MyQ calls the security key."""

    secret: SecretRef


class ClientCertificate(Strict):
    """A certificate that the app registration knows, and its private key."""

    file: Text = Field(description="The certificate in PEM form, from the project folder.")
    key: SecretRef = Field(description="Its private key in PEM form.")
    passphrase: SecretRef | None = Field(default=None, description="What opens the private key.")


class CertificateSignIn(Strict):
    """Sign in with a certificate."""

    certificate: ClientCertificate


class TokenFederation(Strict):
    """A token found anew each time it is needed: ``env:`` for GitLab's `id_tokens`, or ``file:``."""

    token: SecretRef


class PipelinesFederation(Strict):
    """A token of Azure Pipelines, for the service connection with this id."""

    azure_pipelines: Text


Federation = Literal["githubActions", "workloadIdentity"] | TokenFederation | PipelinesFederation


class FederationSignIn(Strict):
    """Sign in with a token of the CI system or of Kubernetes instead of a secret."""

    federation: Federation = Field(
        description="Where the token comes from; workloadIdentity reads the file that "
        "AZURE_FEDERATED_TOKEN_FILE names."
    )
    audience: Text | None = Field(
        default=None, description="Whom GitHub makes the token for; the cloud's own unless written."
    )


class EntraUsers(Strict):
    """Users to import; what is not ticked stays out, and so counts as missing."""

    from_groups: tuple[Text, ...] = Field(
        default=(),
        description="Only members of at least one of these groups, by name or object id; all users if empty.",
    )
    nested: bool = Field(default=False, description="With fromGroups: members of groups within them too.")
    disabled: bool = Field(default=False, description="Accounts that may not sign in.")
    guests: bool = Field(default=False, description="Users of type Guest.")
    shared_mailboxes: bool = Field(
        default=False,
        description="Shared mailboxes: accounts that may not sign in, with an address and without a licence.",
    )
    filter: Text | None = Field(
        default=None, description="A `$filter` of Microsoft Graph that users must pass."
    )


class EntraMemberships(Strict):
    """Entra ID groups become MyQ groups, and users join by their memberships."""

    members: Literal["direct", "transitive"] = Field(
        default="direct", description="transitive: who is in a nested group is in the outer one too."
    )
    types: Literal["security", "microsoft365", "both"] = Field(
        default="both", description="Which groups; distribution lists are none of them."
    )
    tree: bool = Field(
        default=False, description="A group within a group stands below it, else side by side."
    )
    only_groups: tuple[Text, ...] = Field(
        default=(),
        description="These alone, by name or object id; for makeDefault in the order of preference.",
    )
    ignore_groups: tuple[Text, ...] = Field(
        default=(), description="Not these, by name (upper or lower case) or object id."
    )
    ignore_groups_containing: tuple[Text, ...] = Field(
        default=(), description="None whose name has one of these in it, in upper or lower case."
    )
    same_name: Literal["error", "suffix"] = Field(
        default="error",
        description="Two groups of one name: stop, or tell them apart by the beginning of their object id.",
    )
    import_empty_groups: bool = Field(default=False, description="Create groups without members too.")


class EntraGroupImport(GroupImport):
    """One of the ways to import groups from Entra ID."""

    memberships: EntraMemberships | None = Field(
        default=None, description="The groups of Entra ID; `{}` takes all of them."
    )

    ways: ClassVar[tuple[str, ...]] = ("attribute", "memberships")

    def ready_attribute(self, position: int) -> str | None:
        """Return the reader's own attribute for memberships; None for a template."""
        return None if self.memberships is None else f"@groups{position}"

    @model_validator(mode="after")
    def _default_is_chosen(self) -> Self:
        if self.make_default and self.memberships is not None and not self.memberships.only_groups:
            raise ValueError(
                "makeDefault needs onlyGroups: the groups that may be somebody's default, the best first"
            )
        return self


class EntraGroups(Groups):
    """Which groups the users from Entra ID join."""

    import_: tuple[EntraGroupImport, ...] = Field(
        default=(), alias="import", description="MyQ's ways to import groups, usable together."
    )


class EntraSpec(SourceSpec):
    """A synchronization source that is a Microsoft Entra ID tenant; one source for each tenant."""

    type: Literal["entra"]
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$")] = Field(
        description="The tenant's id, or one of its domains."
    )
    client_id: Text = Field(description="The application id of the app registration.")
    sign_in: SecretSignIn | CertificateSignIn | FederationSignIn = Field(
        description="How the app registration proves who it is; one of these."
    )
    cloud: Literal["global", "usGov", "usGovDod", "china"] = Field(
        default="global", description="Microsoft's cloud that the tenant is in."
    )
    authority: HttpsUrl | None = Field(default=None, description="Where to sign in, if not at the cloud's.")
    graph_url: HttpsUrl | None = Field(default=None, description="Microsoft Graph, if not the cloud's.")
    ca_file: Text | None = Field(
        default=None, description="Certificate authorities to believe (PEM) instead of the system's."
    )
    proxy: Annotated[str, StringConstraints(pattern=r"^(environment|http://[^/?#\s@]+)$")] | None = Field(
        default=None, description="The proxy to go through, or `environment` for HTTPS_PROXY."
    )
    connections: Annotated[int, Field(ge=1, le=16)] = Field(
        default=4, description="How many lists are read at the same time."
    )
    count_tolerance: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="By how many a count may differ from what arrived, after a second reading; "
        "more is doubt and stops the source.",
    )
    users: EntraUsers = Field(default_factory=EntraUsers)
    groups: EntraGroups = Field(default_factory=EntraGroups)

    pace: ClassVar[frozenset[str]] = frozenset({"connections"})

    def reader(self, surroundings: Surroundings) -> Reader:
        """Return what reads the tenant, when asked to."""
        from reconciler.sources.entra.reader import EntraReader  # noqa: PLC0415  msal loads only to read

        return EntraReader(self, surroundings)
