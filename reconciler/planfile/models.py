"""The files that plans, approvals and results are stored in, as models: what is read, and the schemas.

Unknown keys are ignored, so that a later minor version can add some (design.md section 6).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.core.change import Action
from reconciler.core.drift import Gap
from reconciler.core.notice import Kind
from reconciler.core.outcome import Status
from reconciler.planfile.basics import Count, Digest, FormatVersion, Hash, Stored, Time, Values, one_of
from reconciler.planfile.witness import GuardPart, PassPart, SourcePart


class TargetPart(Stored):
    """The MyQ server that this is about."""

    name: str = Field(description="The name of the Target manifest.")
    identity: str = Field(min_length=1, description="What effects and approvals are bound to.")
    release: str = Field(description="MyQ's release, as the manifest says.")
    writable: bool = Field(description="Whether the manifest names a way to write.")


class AccountPart(Stored):
    """The account as it was read; empty for a group and for a user to be created."""

    id: str = Field(description="MyQ's own id, or empty where it is unknown.")
    source: str = Field(description="The synchronization source it had.")


class FieldPart(Stored):
    """One property before and after, and the manifest line that asks for it."""

    field: str
    before: Values
    after: Values
    rule: str


class ChangePart(Stored):
    """One thing to do to one account or one group."""

    id: str = Field(description="What a person types to mean it: update/ada.")
    action: Annotated[str, *one_of(Action)]
    name: str = Field(min_length=1, description="The user name as MyQ has it, or the group's path.")
    account: AccountPart
    effect: Hash = Field(description="What it does, to whom, on which server: what an approval holds.")
    precondition: Hash = Field(description="The account's state that it was made for.")
    reason: str
    record: str = Field(description="The source record that asks for it.")
    source: str = Field(description="The Source manifest that asks for it.")
    needs: list[str] = Field(description="Ids of changes that have to come first.")
    pins: Count = Field(description="How many PINs are handed over; never which.")
    pinsFingerprint: str = Field(  # noqa: N815 - as in the file
        default="", description="A keyed fingerprint of PINs that an account is given anew, or empty."
    )
    fields: list[FieldPart]


class NoticePart(Stored):
    """What was found and not acted upon."""

    kind: Annotated[str, *one_of(Kind)]
    name: str
    message: str
    places: list[str]


class GroupPart(Stored):
    """One group as it will be, and as it was."""

    path: str
    was: str = Field(description="Its path until now; empty of a new group.")
    before: Count = Field(description="How many are in it, those of groups below not counted.")
    after: Count = Field(description="How many will be in it.")


class OutcomePart(ChangePart):
    """One change, how it ended, and what takes it back."""

    status: Annotated[str, *one_of(Status)]
    detail: str
    inverse: ChangePart | None = Field(description="Null unless it was applied and can be taken back.")


class ImpactPart(Stored):
    """What one line of the manifests does to how many."""

    rule: str = Field(description="Where the line stands.")
    action: Annotated[str, *one_of(Action)]
    field: str = Field(description="The property, or empty for an account or group as a whole.")
    count: Count


class AttributionPart(Stored):
    """The plan held against other manifests, on the same reads: what the difference between them causes."""

    base: str = Field(description="The folder or git ref of those other manifests, as it was named.")
    commit: str = Field(description="The git commit of the base, or empty.")
    manifests: str = Field(description="The digest of the base's manifest files, or empty.")
    problem: str = Field(description="Why the base could not be planned; then the rest is empty.")
    altered: dict[str, list[str]] = Field(
        description="Ids of changes that the base would bring too, each with the fields in which it differs."
    )
    anyway: list[str] = Field(
        description="Ids of changes that the base would bring too, just the same; all others are caused."
    )
    gone: list[ChangePart] = Field(description="Changes that the base would bring, and this plan does not.")
    impact: list[ImpactPart]
    tripped: list[str] = Field(description="Guards that stand in the way under the base too.")


class DriftPart(Stored):
    """Who has moved since the server was last looked at."""

    since: Time | Literal[""] = Field(description="When that was; empty where nothing is remembered.")
    commit: str = Field(description="The git commit of the manifests of then, or empty.")
    gap: Annotated[str, *one_of(Gap)] | Literal[""] = Field(
        description="What is missing to tell every cause; empty where nothing is."
    )
    causes: dict[str, list[Literal["server", "source", "manifests"]]] = Field(
        description="Ids of changes, each with who has moved; of those that are absent nobody can say."
    )


class PlanHead(Stored):
    """A plan; of its changes only that they are a list, for they are checked one at a time."""

    format_version: FormatVersion = Field(description="Additions raise the minor number.")
    kind: Literal["plan"]
    tool: str = Field(description="The version of the program that wrote it.")
    created: Time
    expires: Time
    commit: str = Field(description="The git commit of the manifests, or empty.")
    manifests: str = Field(description="The digest of the manifest files.")
    reverts: Time | None = Field(
        default=None, description="When the apply began that this plan takes back; absent from other plans."
    )
    recorded: Time | None = Field(
        default=None, description="When the reads were recorded; absent where all was read for the plan."
    )
    target: TargetPart
    sources: list[SourcePart]
    summary: dict[str, Count] = Field(description="How many changes there are of each action.")
    guards: list[GuardPart]
    changes: list[Any]
    notices: list[NoticePart]
    groups: list[GroupPart] = Field(default=[], description="All groups there will be.")
    attribution: AttributionPart | None = Field(
        default=None, description="Absent where the plan was not held against a base."
    )
    drift: DriftPart | None = Field(
        default=None, description="Why the changes are there; absent where that was not asked."
    )
    unreachable: dict[str, str] = Field(
        default={},
        description="Ids of changes that cannot be applied through this target, each with why.",
    )
    digest: Digest = Field(description="SHA-256 of this document without this key: sorted, no white space.")


class PlanFile(PlanHead):
    """What would change on one MyQ server, why, and whether it may."""

    changes: list[ChangePart]


class ApprovalFile(Stored):
    """Effects that a person allowed on one server, and the guards they waived."""

    format_version: FormatVersion = Field(description="Additions raise the minor number.")
    kind: Literal["approval"]
    target: str = Field(min_length=1, description="The identity of the server it is for.")
    plan: Digest = Field(description="The digest of the plan that was looked at.")
    effects: dict[Hash, str] = Field(
        description="Each effect, with the change's id for reading.",
        json_schema_extra={"additionalProperties": False},
    )
    waived: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        description="Guards, each with the reason."
    )
    waivedUpTo: dict[str, dict[str, Count]] = Field(  # noqa: N815 - as in the file
        default={}, description="Of each waived guard the scopes in which it stood, with what it had counted."
    )
    approvedBy: str = Field(min_length=1)  # noqa: N815 - as in the file
    approvedAt: Time  # noqa: N815 - as in the file
    expires: Time
    digest: Digest = Field(description="SHA-256 of this document without this key: sorted, no white space.")


class SettingPart(Stored):
    """One setting of MyQ's form, in MyQ's words."""

    name: str
    value: str


class HandOverPart(Stored):
    """An import file that somebody has to run in MyQ, and the settings it must be run with."""

    file: str
    settingsFile: str = Field(description="The same settings in words.")  # noqa: N815 - as in the file
    synchronizationSource: str  # noqa: N815 - as in the file
    users: Count = Field(description="How many users are in the file.")
    settings: list[SettingPart]
    digest: Digest = Field(description="SHA-256 of the import file.")


class HeldBackPart(Stored):
    """A removal that was approved, is due, and is held back."""

    id: str
    why: str


class ResultHead(Stored):
    """A result; of its outcomes only that they are a list, for they are checked one at a time."""

    format_version: FormatVersion = Field(description="Additions raise the minor number.")
    kind: Literal["result"]
    tool: str = Field(description="The version of the program that wrote it.")
    started: Time
    finished: Time
    target: TargetPart
    approvedBy: list[str]  # noqa: N815 - as in the file
    summary: dict[str, Count] = Field(description="How many changes ended in each way.")
    outcomes: list[Any]
    unneeded: list[str] = Field(description="Ids of approved changes that nobody needs any more.")
    remaining: list[str] | None = Field(
        description="What a fresh look still found; null if it could not look."
    )
    waived: list[PassPart] = Field(
        default=[], description="Guards that would have stood in the way, and who let them pass."
    )
    handOvers: list[HandOverPart] = Field(  # noqa: N815 - as in the file
        default=[], description="Import files to run in MyQ: what is handed over is done only then."
    )
    heldBack: list[HeldBackPart] = Field(  # noqa: N815 - as in the file
        default=[], description="Approved removals that are due, and why they do not happen."
    )
    digest: Digest = Field(description="SHA-256 of this document without this key: sorted, no white space.")


class ResultFile(ResultHead):
    """How one apply ended, change by change."""

    outcomes: list[OutcomePart]
