"""Who is never touched: MyQ's own accounts, those a policy names, those with rights over others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.core.change import Action, Change
from reconciler.core.guards.names import Names
from reconciler.core.guards.question import Question, Verdict, describe, exceeds, listed, none_may
from reconciler.core.model import SYSTEM_USER_MARK

_AWAY = frozenset({Action.DEACTIVATE, Action.REKEY})


def protected_users(question: Question) -> Iterator[Verdict]:
    """MyQ's own accounts are never touched, and named ones are never removed or renamed."""
    named = Names(question.policy.protected_users)
    touched = [
        change.id
        for change in question.changes
        if not change.is_group
        and (change.name.startswith(SYSTEM_USER_MARK) or (change.action in _AWAY and change.name in named))
    ]
    yield none_may("protected-users", touched, "would be removed or renamed")


def privileged_users(question: Question) -> Iterator[Verdict]:
    """Who has rights in MyQ, or delegates there, is removed or renamed with open eyes, if at all."""
    limit, actual = question.policy.privileged_users, question.actual
    holders = {(one.user.user_name, one.id) for one in actual.accounts if one.rights and one.active}
    touched = sorted(
        change.id
        for change in question.changes
        if change.action in _AWAY and (change.name, change.account_id) in holders
    )
    if touched:
        message = f"{listed(touched)} would be removed or renamed, with rights or delegates in MyQ"
    else:
        message = "none" if actual.knows_rights else "none is known: this server does not show them"
    tripped = exceeds(limit, len(touched), len(holders))
    yield Verdict("privileged-users", "", len(touched), len(holders), describe(limit), tripped, message)


def protected_groups(question: Question) -> Iterator[Verdict]:
    """Named groups lose nobody and stay where they are; they may be named as they will be, too."""
    named, former = Names(question.policy.protected_groups), question.former
    moving = named.of(former.values())
    left = [
        change.id
        for change, paths in question.leavers
        if any(path in named or former.get(path, path) in named for path in paths)
    ]
    moved = [
        change.id
        for change in question.changes
        if change.action is Action.GROUP_MOVE and _carries(change, named.of({change.name}) | moving, former)
    ]
    yield none_may("protected-groups", left + moved, "would take somebody out of one, or move it")


def _carries(move: Change, groups: Iterable[str], former: Mapping[str, str]) -> bool:
    """Return whether one of the groups moves by this: it is the one that is moved, or below it."""
    at = former.get(move.name, move.name)
    return any(f"{group}|".startswith((f"{move.name}|", f"{at}|")) for group in groups)
