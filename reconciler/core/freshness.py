"""Whether a plan is still what a fresh plan says."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.core.attribution import Cause
from reconciler.core.change import effect
from reconciler.core.plan import Plan


class Unattributed(Exception):
    """One of the plans does not say what its manifests cause."""


class Freshness(NamedTuple):
    """What an old plan has and a new one has not, and the reverse; of how many changes in the new one."""

    gone: tuple[str, ...]
    come: tuple[str, ...]
    needed: int


def compared(old: Plan, new: Plan, *, caused: bool) -> Freshness:
    """Hold a plan against a fresh one, by effects; with `caused` only what the manifests cause.

    Raises Unattributed where that is asked for, and a plan was held against no base, or one that could not
    be planned: then nothing would be compared, and everything would pass.
    """
    before, after = _effects(old, caused=caused), _effects(new, caused=caused)
    return Freshness(
        tuple(sorted(before[one] for one in before.keys() - after.keys())),
        tuple(sorted(after[one] for one in after.keys() - before.keys())),
        len(after),
    )


def _effects(plan: Plan, *, caused: bool) -> dict[str, str]:
    """Return the ids of a plan's changes by their effects, and of those that its manifests keep away."""
    target = plan.target.identity
    if not caused:
        return {effect(target, change): change.id for change in plan.changes}
    held = plan.attribution
    if held is None:
        raise Unattributed("a plan was held against no base")
    if held.problem:
        raise Unattributed(f"the base could not be planned: {held.problem}")
    ours = {
        effect(target, change): change.id for change in plan.changes if held.cause(change) is not Cause.ANYWAY
    }
    return ours | {f"not {effect(target, change)}": f"not {change.id}" for change in held.gone}
