"""Questions that every plan is asked before anything may be written.

Each guard is a function of its question alone; all are asked, and the answers that are fine are kept too,
so that a reviewer sees how near to a limit a plan is. A guard that trips never hides the plan.
A family of guards is a module; what it answers by name stands in `NAMES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.core.guards.accounting import default_groups, maximum_users
from reconciler.core.guards.amounts import amounts, group_members
from reconciler.core.guards.flapping import flapping
from reconciler.core.guards.identities import identities_moved
from reconciler.core.guards.likeness import alike, lookalike_names
from reconciler.core.guards.protected import privileged_users, protected_groups, protected_users
from reconciler.core.guards.question import SHARE_FROM, Question, Verdict, describe, exceeds
from reconciler.core.guards.waivers import untimely, with_waivers
from reconciler.core.guards.window import removals_window

__all__ = [
    "GUARDS",
    "NAMES",
    "SHARE_FROM",
    "Question",
    "Verdict",
    "alike",
    "describe",
    "evaluate",
    "exceeds",
    "untimely",
]

GUARDS: tuple[Callable[[Question], Iterator[Verdict]], ...] = (
    amounts,
    group_members,
    default_groups,
    maximum_users,
    removals_window,
    protected_users,
    privileged_users,
    protected_groups,
    identities_moved,
    lookalike_names,
    flapping,
)

NAMES = (
    "removals",
    "updates",
    "creates",
    "reactivations",
    "rekeys",
    "group-members",
    "default-groups",
    "maximum-users",
    "removals-window",
    "protected-users",
    "privileged-users",
    "protected-groups",
    "identities-moved",
    "lookalikes",
    "flapping",
)
"""What can be waived by name."""


def evaluate(question: Question) -> tuple[Verdict, ...]:
    """Ask every guard; return all verdicts, those that trip first."""
    asked = (verdict for guard in GUARDS for verdict in guard(question))
    verdicts = with_waivers(asked, question.policy.waivers, question.now)
    return tuple(sorted(verdicts, key=lambda verdict: (not verdict.tripped, NAMES.index(verdict.guard))))
