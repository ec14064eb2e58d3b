"""Accounts that no record means any more, and whether they may go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.core.change import Change
from reconciler.core.desired import DesiredState
from reconciler.core.evidence import lacking
from reconciler.core.history import History
from reconciler.core.model import SYSTEM_USER_MARK, Account, ActualState, Doubt
from reconciler.core.notice import Kind, Notice
from reconciler.core.pairing import Pairing
from reconciler.core.policy import Policy
from reconciler.core.rules import SourceRules
from reconciler.core.rungs import due, waiting

_NAMED = (
    Kind.WITHHELD,
    "no record pairs with it, and yet one bears its user name: look which of the two is meant",
)
"""Such a record, by name or by alias, may mean the account though its keys say otherwise."""


class Missing(NamedTuple):
    """What follows from accounts that no record means: the changes that are due, and why others are not.

    `absent` are those that this run counts as missing once more, for the history.
    """

    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    absent: frozenset[tuple[str, str]] = frozenset()


def missing_accounts(
    desired: DesiredState, actual: ActualState, pairing: Pairing, policy: Policy, history: History | None
) -> Missing:
    """Return the deactivations that are due, and a notice for each that is not carried out.

    Only living accounts whose synchronization source is one that was read are looked at
    (design.md section 7.2). Where grace is asked for, it takes a ledger to count in; without one
    nobody is removed. Nor is anybody where the ledger cannot be read, or where the source's read
    proves nothing. Who waits may lose the groups before the account is deactivated.
    """
    changes: list[Change] = []
    notices: list[Notice] = []
    absent: set[tuple[str, str]] = set()
    missing = list(_missing(desired, actual, pairing))
    borne = _names(desired) if missing else frozenset()
    for account, rules in missing:
        name, key = account.user.user_name, history.key_of(rules, account) if history else ""
        why = _NAMED if name in borne else _kept(rules)
        if why is None:
            absent.add((rules.name, key))
            unproven = _unproven(rules, desired, history)
            waits = unproven or waiting(rules, key, policy, history)
            why = (Kind.WITHHELD, f"no longer in {rules.name}; {waits}") if waits else None
            rung = None if unproven else due(account, rules, key, policy, history)
            changes += [rung] if rung else []
        if why:
            notices.append(Notice(why[0], name, why[1], (str(rules.place),)))
    return Missing(tuple(changes), tuple(notices), frozenset(absent if history else ()))


def _missing(
    desired: DesiredState, actual: ActualState, pairing: Pairing
) -> Iterator[tuple[Account, SourceRules]]:
    if not actual.knows_source:
        return
    sources = {rules.synchronization_source: rules for rules in desired.covered}
    sources |= {
        rules.synchronization_source: rules
        for rules in desired.covered
        if rules.options.deactivate_missing_users
    }
    meant = {at for at in pairing.account_of if at is not None} | pairing.spoken_for
    for at, account in enumerate(actual.accounts):
        if at in meant or not account.active:
            continue
        rules = sources.get(account.user.source)
        if rules is not None and not account.user.user_name.startswith(SYSTEM_USER_MARK):
            yield account, rules


def _names(desired: DesiredState) -> frozenset[str]:
    """Return all user names and aliases that records bear."""
    users = [wanted.user for wanted in (*desired.users, *desired.outranked)]
    return frozenset(user.user_name for user in users).union(*(user.aliases for user in users))


def _kept(rules: SourceRules) -> tuple[Kind, str] | None:
    if rules.options.deactivate_missing_users:
        return None
    return Kind.KEPT, f"no longer in {rules.name}, which may not deactivate missing users"


def _unproven(rules: SourceRules, desired: DesiredState, history: History | None) -> str:
    """Return why a source's read shows nobody to be missing; "" when it does."""
    doubts = lacking(desired.proofs.get(rules.name))
    if Doubt.DROPPED in doubts and history is not None:
        return history.compared[rules.name].dropped
    if Doubt.TWICE in doubts:
        return "user names came twice, so others may not have come at all (twice): mend the source"
    if doubts:
        return f"nothing proves that the read holds everybody ({', '.join(doubts)}): tell it in `expect`"
    return ""
