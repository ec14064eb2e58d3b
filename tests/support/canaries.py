"""A plan in which every value of a person can be told apart, to see where it comes out."""

from __future__ import annotations

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.evidence import Proof, Standing
from reconciler.core.guards import Verdict
from reconciler.core.model import Fact
from reconciler.core.notice import OF_NOBODY, Kind, Notice
from reconciler.core.plan import Evidence, Plan
from support.plans import STAMP, TARGET

PERSONAL = (
    "userName",
    "fullName",
    "email",
    "phone",
    "personalNumber",
    "notes",
    "scanStorage",
    "objectId",
    "aliases",
    "cards",
    "pins",
    "aPropertyOfALaterVersion",
)
PUBLIC = ("department", "language", "defaultGroup", "authenticationServer", "synchronizationSource", "groups")


def canaries() -> Plan:
    """Return a plan in which every value of a person can be told apart."""
    fields = tuple(
        FieldChange(name, (f"old-{name}",), (f"new-{name}",))
        if name in {"aliases", "cards", "pins", "groups"}
        else FieldChange(name, f"old-{name}", f"new-{name}")
        for name in (*PERSONAL, *PUBLIC)
    )
    changed = [
        Change(action, "the-name", fields, "why: old-cards of the-name", "uid=the-name,dc=x")
        for action in Action
        if action not in {Action.GROUP_CREATE, Action.GROUP_MOVE}
    ]
    notices = tuple(
        Notice(kind, "the-name", "about the-name", ("uid=the-name",))
        for kind in Kind
        if kind not in OF_NOBODY
    )
    verdicts = (
        Verdict("identities-moved", "", 1, 0, "0", tripped=True, message="from the-name to old-userName"),
    )
    proofs = tuple(Proof("no-count", standing, "of the-name") for standing in Standing)
    evidence = (Evidence("people", "ldap", "People", 1, (Fact("sentinel", "the-name is there"),), proofs),)
    return Plan(TARGET, STAMP, evidence, verdicts, tuple(changed), notices)
