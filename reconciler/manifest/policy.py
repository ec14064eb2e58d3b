"""The Policy, from its manifest to a value."""

from __future__ import annotations

from reconciler.core.normal import clean
from reconciler.core.policy import Limit, Policy, Wait
from reconciler.manifest.check import Manifest
from reconciler.manifest.models import GuardSpec, PolicySpec
from reconciler.manifest.waivers import compile_waiver


def compile_policy(manifest: Manifest, spec: PolicySpec) -> Policy:
    """Return the compiled policy; what a guard leaves unwritten keeps its default."""
    usual = Policy()
    guards, strip = spec.guards, spec.grace.strip_groups
    return Policy(
        removals=_limit(guards.removals, usual.removals),
        updates=_limit(guards.updates, usual.updates),
        creates=_limit(guards.creates, usual.creates),
        reactivations=_limit(guards.reactivations, usual.reactivations),
        rekeys=_limit(guards.rekeys, usual.rekeys),
        group_members=_limit(guards.group_members, usual.group_members),
        default_groups=_limit(guards.default_groups, usual.default_groups),
        privileged_users=_limit(guards.privileged_users, usual.privileged_users),
        maximum_users=guards.maximum_users,
        protected_users=frozenset(map(clean, spec.protected.users)),
        protected_groups=frozenset(map(clean, spec.protected.groups)),
        removals_window=_limit(guards.window.removals, usual.removals_window),
        window_days=guards.window.days,
        grace_reads=spec.grace.reads,
        grace_days=spec.grace.days,
        strip=Wait(strip.reads, strip.days) if strip else None,
        approve=frozenset(spec.approve),
        plan_hours=spec.plan_hours,
        waivers=tuple(
            compile_waiver(one, manifest.places.value(("spec", "waivers", at)))
            for at, one in enumerate(spec.waivers)
        ),
        pin_key=spec.pin_key or "",
    )


def _limit(spec: GuardSpec, usual: Limit) -> Limit:
    return Limit(
        count=usual.count if spec.count is None else spec.count,
        percent=usual.percent if spec.percent is None else spec.percent,
    )
