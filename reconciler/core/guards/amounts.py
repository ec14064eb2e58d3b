"""How much a plan removes, changes, creates, brings back, renames: people, and members of groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.core.change import Action
from reconciler.core.guards.question import Question, Verdict, counted_of, describe, exceeds


def amounts(question: Question) -> Iterator[Verdict]:
    """How many are removed, changed, created, brought back, renamed: for the target and each source."""
    policy = question.policy
    limits = (
        ("removals", Action.DEACTIVATE, policy.removals),
        ("updates", Action.UPDATE, policy.updates),
        ("creates", Action.CREATE, policy.creates),
        ("reactivations", Action.REACTIVATE, policy.reactivations),
        ("rekeys", Action.REKEY, policy.rekeys),
    )
    each = Counter((change.action, change.source) for change in question.changes)
    whole = Counter(change.action for change in question.changes)
    for guard, action, limit in limits:
        for scope, population in question.populations:
            count = each[action, scope] if scope else whole[action]
            tripped = exceeds(limit, count, population)
            message = f"{counted_of(count, population, 'accounts')}, and the limit is {describe(limit)}"
            yield Verdict(guard, scope, count, population, describe(limit), tripped, message)


def group_members(question: Question) -> Iterator[Verdict]:
    """How many members each group loses: a filter gone wrong empties groups before it removes people."""
    losses = Counter(path for _, paths in question.leavers for path in paths)
    if not losses:
        return
    limit = question.policy.group_members
    for path in sorted(losses):
        count, size = losses[path], question.members[question.former.get(path, path)]
        message = f"{path} loses {counted_of(count, size, 'members')}, and the limit is {describe(limit)}"
        yield Verdict(
            "group-members", path, count, size, describe(limit), exceeds(limit, count, size), message
        )
