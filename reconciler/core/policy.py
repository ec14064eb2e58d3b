"""What the Policy manifest says, compiled: limits, protection, grace, and what needs no approval."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.waiver import Waiver


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of one kind of change a plan may hold: a count, a share in percent, or both.

    With both, the guard trips only when both are exceeded: five people are many of twenty and nothing
    of twenty thousand.
    """

    count: int | None = None
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """How many complete reads and how many days somebody must be missing; both must be over."""

    reads: int
    days: float


@dataclass(frozen=True, slots=True)
class Policy:
    """The defaults are those of a project without a Policy manifest (design.md section 7)."""

    removals: Limit = Limit(count=5, percent=5)
    updates: Limit = Limit(percent=30)
    creates: Limit = Limit(percent=25)
    reactivations: Limit = Limit(percent=25)
    rekeys: Limit = Limit(percent=5)
    group_members: Limit = Limit(count=5, percent=25)
    default_groups: Limit = Limit(count=5, percent=5)
    privileged_users: Limit = Limit(count=0)
    maximum_users: int | None = None
    removals_window: Limit = Limit(count=10, percent=10)
    window_days: float = 7
    protected_users: frozenset[str] = frozenset()
    protected_groups: frozenset[str] = frozenset()
    """Names, and patterns with ``*`` and ``?``."""
    grace_reads: int = 2
    grace_days: float = 1
    strip: Wait | None = None
    """When the missing lose their groups, before they go; None: with the deactivation."""
    approve: frozenset[str] = frozenset()
    """Actions approved beforehand, as plans spell them: ``create``, ``group-move``, ..."""
    plan_hours: int = 24
    waivers: tuple[Waiver, ...] = ()
    pin_key: str = ""
    """Where the secret is that PINs are fingerprinted with; "" and no PIN reaches an account that exists."""
