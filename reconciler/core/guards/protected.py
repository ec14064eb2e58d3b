"""Who is never touched, and which identities never change hands unseen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.core.change import Action, Change
from reconciler.core.guards.amounts import left_groups
from reconciler.core.guards.question import Question, Verdict, none_may
from reconciler.core.identity import moved_identities
from reconciler.core.model import SYSTEM_USER_MARK


def protected_users(question: Question) -> Iterator[Verdict]:
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
    yield none_may("protected-users", touched, "would be removed or renamed")


def protected_groups(question: Question) -> Iterator[Verdict]:
    """Named groups lose nobody and stay where they are; they may be named as they will be, too."""
    named, former = question.policy.protected_groups, question.former
    moving = named.intersection(former.values())
    touched = [
        change.id
        for change in question.changes
        if named.intersection(path for left in left_groups(change) for path in (left, former.get(left, left)))
        or (change.action is Action.GROUP_MOVE and _carries(change, {change.name} & named | moving, former))
    ]
    yield none_may("protected-groups", touched, "would take somebody out of one, or move it")


def _carries(move: Change, groups: Iterable[str], former: Mapping[str, str]) -> bool:
    """Return whether one of the groups moves by this: it is the one that is moved, or below it."""
    at = former.get(move.name, move.name)
    return any(f"{group}|".startswith((f"{move.name}|", f"{at}|")) for group in groups)


def identities_moved(question: Question) -> Iterator[Verdict]:
    """Cards, aliases and numbers that go from one person to another open the other's jobs."""
    moved = [f"{field} from {old} to {new}" for field, old, new in moved_identities(question.changes)]
    yield none_may("identities-moved", moved, "would go to somebody else")
