"""How much is removed over several days together: a slice a day is a whole in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.core.change import Action, effect
from reconciler.core.guards.question import Question, Verdict, counted_of, describe, exceeds
from reconciler.core.times import days_since


def removals_window(question: Question) -> Iterator[Verdict]:
    """How many go now and went in the last days, of those who were there before; per source and in all.

    What was applied is told by the history; without one there is nothing to add up. What was begun, or
    handed over, and is needed still, counts once. A plan that removes nobody is let pass, however many
    went before it.
    """
    history, policy = question.history, question.policy
    if history is None:
        return
    going = [change for change in question.changes if change.action is Action.DEACTIVATE]
    now = Counter(change.source for change in going)
    again = {effect(history.target, change) for change in going}
    before = Counter(
        spent.source
        for spent in history.spent
        if days_since(spent.at, history.now) < policy.window_days and spent.effect not in again
    )
    now[""], before[""] = now.total(), before.total()
    limit = policy.removals_window
    for scope, living in question.populations:
        count, population = now[scope] + before[scope], living + before[scope]
        if count:
            tripped = now[scope] > 0 and exceeds(limit, count, population)
            message = (
                f"{now[scope]:,} now and {before[scope]:,} in the last {policy.window_days:g} days, together "
                f"{counted_of(count, population, 'accounts')}, and the limit is {describe(limit)}"
            )
            yield Verdict("removals-window", scope, count, population, describe(limit), tripped, message)
