"""The words in which plans and results are told; nothing of them comes from outside."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.core.attribution import Cause
from reconciler.core.change import Action
from reconciler.core.drift import Gap
from reconciler.core.evidence import Standing
from reconciler.core.notice import Kind
from reconciler.core.outcome import Status
from reconciler.core.sight import Sides


class ActionWords(NamedTuple):
    """How an action is told: its mark, what is done to what, and what that means in MyQ."""

    mark: str
    verb: str
    noun: str
    meaning: str = ""


ACTIONS = {
    Action.GROUP_CREATE: ActionWords("+", "create", "group"),
    Action.GROUP_MOVE: ActionWords(">", "move", "group", "members and groups below go with it"),
    Action.REKEY: ActionWords(">", "rename", "account", "the account stays, its user name changes"),
    Action.CREATE: ActionWords("+", "create", "account"),
    Action.REACTIVATE: ActionWords(
        "+", "reactivate", "account", "MyQ has it as deleted, and it is undeleted"
    ),
    Action.UPDATE: ActionWords("~", "update", "account"),
    Action.DEACTIVATE: ActionWords(
        "-",
        "deactivate",
        "account",
        "MyQ marks it deleted and takes it out of all its groups; it can be undeleted",
    ),
}

KINDS = {
    Kind.CONFLICT: (
        "conflict, none of those involved is touched",
        "conflicts, none of those involved is touched",
    ),
    Kind.OUTRANKED: (
        "record gives way to the same person in a source of higher precedence",
        "records give way to the same people in a source of higher precedence",
    ),
    Kind.FOREIGN: (
        "account belongs to another synchronization source and is not touched",
        "accounts belong to another synchronization source and are not touched",
    ),
    Kind.NOT_ADDED: (
        "record has no account, and its source may not add users",
        "records have no account, and their source may not add users",
    ),
    Kind.KEPT: (
        "account is no longer in its source, which may not deactivate it",
        "accounts are no longer in their source, which may not deactivate them",
    ),
    Kind.WITHHELD: (
        "removal is held back, as it lacks proof or grace is not over",
        "removals are held back, as they lack proof or grace is not over",
    ),
    Kind.LEDGER: (
        "promise cannot be kept without a ledger",
        "promises cannot be kept without a ledger",
    ),
    Kind.NOT_REVERTED: (
        "thing is not taken back, and stays as it is",
        "things are not taken back, and stay as they are",
    ),
    Kind.UNDONE: (
        "kind of change is needed again, after it was carried out",
        "kinds of changes are needed again, after they were carried out",
    ),
    Kind.LOOKALIKE: (
        "new name looks like another one",
        "new names look like others",
    ),
    Kind.WAIVER: (
        "waiver of the policy is worth nothing any more",
        "waivers of the policy are worth nothing any more",
    ),
    Kind.UNSEEN: (
        "mapped property is not shown by this server, so it cannot be compared",
        "mapped properties are not shown by this server, so they cannot be compared",
    ),
}

STANDINGS = {
    Standing.DOUBTFUL: "in doubt, so nobody is removed on the word of this source",
    Standing.ACCEPTED: "a doubt that the manifest accepts",
}
"""What is said of a doubt about a read; proofs that stand, or have nothing to look at, need no words."""

CAUSES = {
    Cause.MANIFESTS: "caused by this change of the manifests",
    Cause.ALTERED: "altered by this change of the manifests",
    Cause.ANYWAY: "would come anyway",
}

SIDES = {Sides.SERVER: "the server", Sides.SOURCE: "the sources", Sides.MANIFESTS: "the manifests"}

GAPS = {
    Gap.NO_LEDGER: "there is no ledger, so nothing is remembered to hold this look against: give it one",
    Gap.UNREADABLE: "what is remembered of earlier looks cannot be read",
    Gap.FIRST: "nobody has looked at this server before. From now on there is something to compare with",
    Gap.NO_COMMIT: "the manifests have changed since then, and git has not got their commit of then, so what "
    "they cause counts as the sources': fetch the whole history (in GitHub Actions, `fetch-depth: 0`)",
    Gap.NOT_COMMITTED: "the manifests have changed since then, and git does not know them as they were, so "
    "what they cause counts as the sources': look with manifests that are committed",
    Gap.NOT_PLANNED: "the manifests have changed since then, and no plan can be made by those of then, so "
    "what they cause counts as the sources': `reconciler plan --base` says why",
}
"""What is said of what cannot be told, and what would help."""

STATUSES = {
    Status.APPLIED: ("change was applied", "changes were applied"),
    Status.HANDED_OVER: (
        "change stands in an import file, and is done once it was imported in MyQ",
        "changes stand in an import file, and are done once it was imported in MyQ",
    ),
    Status.FAILED: ("change failed", "changes failed"),
    Status.STALE: (
        "change was left: the account was no longer as planned",
        "changes were left: the accounts were no longer as planned",
    ),
    Status.BLOCKED: (
        "change was left: it needs one that was not carried out",
        "changes were left: they need others that were not carried out",
    ),
    Status.NOT_BEGUN: (
        "change was not begun: the run ended before it",
        "changes were not begun: the run ended before them",
    ),
    Status.UNAPPROVED: (
        "change is needed, and nobody approved it",
        "changes are needed, and nobody approved them",
    ),
    Status.UNNEEDED: (
        "change was approved and is no longer needed",
        "changes were approved and are no longer needed",
    ),
    Status.UNREACHABLE: (
        "change is needed, and cannot be applied through this target",
        "changes are needed, and cannot be applied through this target",
    ),
}


def counted(number: int, noun: str) -> str:
    """Return ``1 group``, ``1,204 groups``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def phrase(number: int, forms: tuple[str, str]) -> str:
    """Return a number and what it counts, in the singular or the plural form."""
    return f"{number:,} {forms[0] if number == 1 else forms[1]}"


def listed(parts: list[str]) -> str:
    """Return ``one, two and three``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
