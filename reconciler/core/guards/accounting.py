"""What costs money: default groups, which accounting goes by, and how many users MyQ is licensed for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.core.change import Action, Change, lost
from reconciler.core.guards.question import Question, Verdict, counted_of, describe, exceeds
from reconciler.core.model import SYSTEM_USER_MARK, Property

_DEFAULT_GROUP = Property.DEFAULT_GROUP.value
_STAYS = frozenset({Action.UPDATE, Action.REACTIVATE})


def default_groups(question: Question) -> Iterator[Verdict]:
    """How many accounts would be accounted to another group, or to none (myq.md section 7.2)."""
    limit = question.policy.default_groups
    counts = Counter(change.source for change in _moving(question))
    counts[""] = counts.total()
    for scope, population in question.populations:
        count = counts[scope]
        tripped = exceeds(limit, count, population)
        message = f"{counted_of(count, population, 'accounts')}, and the limit is {describe(limit)}"
        yield Verdict("default-groups", scope, count, population, describe(limit), tripped, message)


def _moving(question: Question) -> Iterator[Change]:
    """Yield the changes by which an account gets another default group, or leaves the one it has."""
    for change in question.changes:
        if _loses_default(change):
            yield change
    leaving = {
        (change.name, change.account_id): (change, paths)
        for change, paths in question.leavers
        if change.action in _STAYS and not _loses_default(change)
    }
    for account in question.touched if leaving else ():
        left = leaving.get((account.user.user_name, account.id))
        default = account.user.default_group
        if left and default in {question.former.get(path, path) for path in left[1]}:
            yield left[0]


def _loses_default(change: Change) -> bool:
    field = change.field(_DEFAULT_GROUP) if change.action in _STAYS else None
    return field is not None and bool(lost(field))


def maximum_users(question: Question) -> Iterator[Verdict]:
    """How many living users there would be, where the policy says how many there may be."""
    most = question.policy.maximum_users
    if most is None:
        yield Verdict("maximum-users", "", 0, 0, "no limit", tripped=False, message="no maximum is written")
        return
    living = sum(
        one.active and one.user.user_name[:1] != SYSTEM_USER_MARK for one in question.actual.accounts
    )
    counts = Counter(change.action for change in question.changes)
    after = living + counts[Action.CREATE] + counts[Action.REACTIVATE] - counts[Action.DEACTIVATE]
    # Where there are too many already, what adds nobody may still be done.
    tripped = after > max(most, living)
    message = f"{after:,} living users after this, {living:,} now, and the limit is {most:,}"
    yield Verdict("maximum-users", "", after, 0, str(most), tripped, message)
