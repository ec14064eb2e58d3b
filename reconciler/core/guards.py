"""Questions that every plan is asked before anything may be written.

Each guard is a function of the plan alone; all are asked, and the answers that are fine are kept too,
so that a reviewer sees how near to a limit a plan is. A guard that trips never hides the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.change import Action, Change, lost
from reconciler.core.identity import moved_identities
from reconciler.core.model import SYSTEM_USER_MARK, ActualState, Property
from reconciler.core.policy import Limit, Policy
from reconciler.core.rules import SourceRules

SHARE_FROM = 20
"""From so many accounts up a share means something (design.md section 7.3)."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one guard found: for the whole target, one source, or one group (`scope`)."""

    guard: str
    scope: str
    count: int
    population: int
    limit: str
    tripped: bool
    message: str


@dataclass(frozen=True, slots=True)
class Question:
    """All that a guard may look at; `former` has the groups that move, by the paths that changes name."""

    changes: Sequence[Change]
    actual: ActualState
    sources: Sequence[SourceRules]
    policy: Policy
    former: Mapping[str, str] = field(default_factory=dict)


def exceeds(limit: Limit, count: int, population: int) -> bool:
    """Return whether a count is over a limit: over the count and over the share, where both are said."""
    over = [] if limit.count is None else [count > limit.count]
    if limit.percent is not None and population >= SHARE_FROM:
        over.append(count * 100 > limit.percent * population)
    return bool(over) and all(over)


def describe(limit: Limit) -> str:
    """Return a limit in words: ``5 and 5 %``."""
    parts = [] if limit.count is None else [str(limit.count)]
    if limit.percent is not None:
        parts.append(f"{limit.percent:g} %")
    return " and ".join(parts) or "no limit"


def _amounts(question: Question) -> Iterator[Verdict]:
    """How many are removed, changed, created, brought back, renamed: for the target and each source."""
    policy = question.policy
    limits = (
        ("removals", Action.DEACTIVATE, policy.removals),
        ("updates", Action.UPDATE, policy.updates),
        ("creates", Action.CREATE, policy.creates),
        ("reactivations", Action.REACTIVATE, policy.reactivations),
        ("rekeys", Action.REKEY, policy.rekeys),
    )
    populations = _populations(question)
    for guard, action, limit in limits:
        counts = Counter(change.source for change in question.changes if change.action is action)
        counts[""] = sum(counts.values())
        for scope, population in populations:
            count = counts[scope]
            tripped = exceeds(limit, count, population)
            message = f"{count} of {population} accounts, and the limit is {describe(limit)}"
            yield Verdict(guard, scope, count, population, describe(limit), tripped, message)


def _populations(question: Question) -> list[tuple[str, int]]:
    """Return how many living accounts are ours, on the whole target ("") and from each of its sources."""
    living = Counter(
        account.user.source
        for account in question.actual.accounts
        if account.active and account.user.user_name[:1] != SYSTEM_USER_MARK
    )
    if not question.actual.knows_source:
        return [("", living.total())]
    ours = {rules.synchronization_source for rules in question.sources}
    owning = [rules for rules in question.sources if living[rules.synchronization_source]]
    each = [(rules.name, living[rules.synchronization_source]) for rules in owning]
    return [("", sum(living[source] for source in ours)), *(each if len(each) > 1 else [])]


def _group_members(question: Question) -> Iterator[Verdict]:
    """How many members each group loses: a filter gone wrong empties groups before it removes people."""
    losses = Counter(path for change in question.changes for path in _left(change))
    if not losses:
        return
    sizes = Counter(
        path for account in question.actual.accounts if account.active for path in account.user.groups
    )
    limit = question.policy.group_members
    for path in sorted(losses):
        count, size = losses[path], sizes[question.former.get(path, path)]
        message = f"{path} loses {count} of {size} members, and the limit is {describe(limit)}"
        yield Verdict(
            "group-members", path, count, size, describe(limit), exceeds(limit, count, size), message
        )


def _left(change: Change) -> tuple[str, ...]:
    field = change.field(Property.GROUPS.value)
    return lost(field) if field else ()


def _protected_users(question: Question) -> Iterator[Verdict]:
    """MyQ's own accounts are never touched, and named ones are never removed or renamed."""
    named = question.policy.protected_users
    touched = [
        change.id
        for change in question.changes
        if not change.is_group
        and (
            change.name.startswith(SYSTEM_USER_MARK)
            or (change.name in named and change.action in {Action.DEACTIVATE, Action.REKEY})
        )
    ]
    yield _none_may("protected-users", touched, "would be removed or renamed")


def _protected_groups(question: Question) -> Iterator[Verdict]:
    """Named groups lose nobody and stay where they are; they may be named as they will be, too."""
    named, former = question.policy.protected_groups, question.former
    moving = named.intersection(former.values())
    touched = [
        change.id
        for change in question.changes
        if named.intersection(path for left in _left(change) for path in (left, former.get(left, left)))
        or (change.action is Action.GROUP_MOVE and _carries(change, {change.name} & named | moving, former))
    ]
    yield _none_may("protected-groups", touched, "would take somebody out of one, or move it")


def _carries(move: Change, groups: Iterable[str], former: Mapping[str, str]) -> bool:
    """Return whether one of the groups moves by this: it is the one that is moved, or below it."""
    at = former.get(move.name, move.name)
    return any(f"{group}|".startswith((f"{move.name}|", f"{at}|")) for group in groups)


def _identities_moved(question: Question) -> Iterator[Verdict]:
    """Cards, aliases and numbers that go from one person to another open the other's jobs."""
    moved = [f"{field} from {old} to {new}" for field, old, new in moved_identities(question.changes)]
    yield _none_may("identities-moved", moved, "would go to somebody else")


def _none_may(guard: str, found: Iterable[str], what: str) -> Verdict:
    listed = sorted(found)
    shown = ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")
    message = f"{shown} {what}" if listed else "none"
    return Verdict(guard, "", len(listed), 0, "0", bool(listed), message)


GUARDS: tuple[Callable[[Question], Iterator[Verdict]], ...] = (
    _amounts,
    _group_members,
    _protected_users,
    _protected_groups,
    _identities_moved,
)

NAMES = (
    "removals",
    "updates",
    "creates",
    "reactivations",
    "rekeys",
    "group-members",
    "protected-users",
    "protected-groups",
    "identities-moved",
)
"""What can be waived by name."""


def evaluate(question: Question) -> tuple[Verdict, ...]:
    """Ask every guard; return all verdicts, those that trip first."""
    verdicts = (verdict for guard in GUARDS for verdict in guard(question))
    return tuple(sorted(verdicts, key=lambda verdict: (not verdict.tripped, NAMES.index(verdict.guard))))
