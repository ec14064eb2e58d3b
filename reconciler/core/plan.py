"""The plan: data that can be printed, stored, hashed and approved, and no more than that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.core.attribution import Attribution
from reconciler.core.census import GroupCount
from reconciler.core.change import Change
from reconciler.core.drift import Drift
from reconciler.core.evidence import Proof
from reconciler.core.guards import Verdict
from reconciler.core.model import Fact
from reconciler.core.notice import Notice


@dataclass(frozen=True, slots=True)
class TargetIdentity:
    """Which server this is about. `identity` is what effects and approvals are bound to.

    `writable` is False where the manifest names no way to write: such a plan is to be looked at.
    """

    name: str
    identity: str
    release: str
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why one source's read is believed, and what of it is lacking."""

    source: str
    kind: str
    synchronization_source: str
    records: int
    facts: tuple[Fact, ...] = ()
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and from what a plan was made; times are UTC in ISO 8601, to the second.

    `manifests` is the digest of the manifest files, `commit` the git commit or "". `recorded` is when the
    reads were taken, for a plan from a snapshot; "" where all was read for it. `reverts` is when the apply
    began that the plan takes back; "" for a plan of what the sources want.
    """

    created: str
    expires: str
    tool: str
    manifests: str
    commit: str = ""
    recorded: str = ""
    reverts: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change on one server, why, and whether it may; changes are in their one order.

    `groups` are all groups there will be; a plan of an earlier version tells of none.
    `unreachable` has the ids of changes that cannot be applied through this target, each with why.
    `attribution` says what of it a change of the manifests causes, where the plan was held against a base.
    `drift` says who has moved, where that was asked.
    """

    target: TargetIdentity
    stamp: Stamp
    evidence: tuple[Evidence, ...]
    verdicts: tuple[Verdict, ...]
    changes: tuple[Change, ...]
    notices: tuple[Notice, ...]
    groups: tuple[GroupCount, ...] = ()
    unreachable: Mapping[str, str] = field(default_factory=dict)
    attribution: Attribution | None = None
    drift: Drift | None = None

    @property
    def tripped(self) -> tuple[Verdict, ...]:
        """The guards that stand in the way."""
        return tuple(verdict for verdict in self.verdicts if verdict.tripped)


def summary(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many changes there are of each action that occurs, by the action's name."""
    return dict(sorted(Counter(change.action.value for change in changes).items()))
