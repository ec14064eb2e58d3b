"""Accounts that no record means any more, and whether they may go."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.desired import DesiredState
from reconciler.core.model import SYSTEM_USER_MARK, Account, ActualState, Property
from reconciler.core.notice import Kind, Notice
from reconciler.core.pairing import Pairing
from reconciler.core.policy import Policy
from reconciler.core.rules import SourceRules

_NAMED = (
    Kind.WITHHELD,
    "no record pairs with it, and yet one bears its user name: look which of the two is meant",
)
"""Such a record, by name or by alias, may mean the account though its keys say otherwise."""


def missing_accounts(
    desired: DesiredState, actual: ActualState, pairing: Pairing, policy: Policy
) -> tuple[list[Change], list[Notice]]:
    """Return the deactivations that are due, and a notice for each that is not carried out.

    Only living accounts whose synchronization source is one that was read are looked at
    (design.md section 7.2). Where grace is asked for, it takes a ledger to count in; without one
    nobody is removed.
    """
    removals: list[Change] = []
    notices: list[Notice] = []
    missing = list(_missing(desired, actual, pairing))
    borne = _names(desired) if missing else frozenset()
    for account, rules in missing:
        why = _NAMED if account.user.user_name in borne else _kept(rules, policy)
        if why:
            notices.append(Notice(why[0], account.user.user_name, why[1], (str(rules.place),)))
        else:
            removals.append(_deactivation(account, rules))
    return removals, notices


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


def _kept(rules: SourceRules, policy: Policy) -> tuple[Kind, str] | None:
    """Return why a missing account stays, None when it goes."""
    if not rules.options.deactivate_missing_users:
        return Kind.KEPT, f"no longer in {rules.name}, which may not deactivate missing users"
    if policy.grace_reads or policy.grace_days:
        waits = f"{_counted(policy.grace_reads, 'complete read')} and {_counted(policy.grace_days, 'day')}"
        return Kind.WITHHELD, (
            f"no longer in {rules.name}; the policy waits for {waits}, and there is no ledger to count in"
        )
    return None


def _counted(count: float, what: str) -> str:
    return f"{count:g} {what}{'' if count == 1 else 's'}"


def _deactivation(account: Account, rules: SourceRules) -> Change:
    """Deactivate, and say which groups the account leaves: MyQ's soft delete takes all of them."""
    left = (
        (FieldChange(Property.GROUPS.value, account.user.groups, (), str(rules.place)),)
        if account.user.groups
        else ()
    )
    return Change(
        action=Action.DEACTIVATE,
        name=account.user.user_name,
        fields=left,
        reason=f"no longer in {rules.name} (options.deactivateMissingUsers, {rules.place})",
        source=rules.name,
        account_id=account.id,
        account_source=account.user.source,
    )
