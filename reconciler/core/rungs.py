"""The ladder of the missing: listed at once, out of their groups after a while, deactivated in the end.

Each rung has a wait of its own, in complete reads and in days, and both must be over.
"""

from __future__ import annotations

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.history import History
from reconciler.core.model import Account, Property
from reconciler.core.policy import Policy, Wait
from reconciler.core.rules import Mode, SourceRules
from reconciler.core.times import days_since, tenths


def waiting(rules: SourceRules, key: str, policy: Policy, history: History | None) -> str:
    """Return why a missing account is not deactivated yet; "" when it goes."""
    grace = Wait(policy.grace_reads, policy.grace_days)
    if history is None:
        if not grace.reads and not grace.days:
            return ""
        waits = f"{_counted(grace.reads, 'complete read')} and {_counted(grace.days, 'day')}"
        return f"the policy waits for {waits}, and there is no ledger to count in"
    if history.unreadable:
        return f"nobody is removed while the ledger cannot be read: {history.unreadable}"
    if _is_over(grace, rules, key, history):
        return ""
    absence = history.absence(rules.name, key)
    days = tenths(days_since(absence.since, history.now))
    return (
        f"missing since {absence.since}, {absence.reads} of {_counted(grace.reads, 'read')} and "
        f"{days} of {_counted(grace.days, 'day')}"
    )


def due(
    account: Account, rules: SourceRules, key: str, policy: Policy, history: History | None
) -> Change | None:
    """Return what is to be done with a missing account by now, None when it only waits."""
    if not waiting(rules, key, policy, history):
        return _deactivation(account, rules)
    if policy.strip is None or history is None or history.unreadable:
        return None
    return _stripping(account, rules) if _is_over(policy.strip, rules, key, history) else None


def _is_over(wait: Wait, rules: SourceRules, key: str, history: History) -> bool:
    absence = history.absence(rules.name, key)
    return absence.reads >= wait.reads and days_since(absence.since, history.now) >= wait.days


def _counted(count: float, what: str) -> str:
    return f"{count:g} {what}{'' if count == 1 else 's'}"


def _stripping(account: Account, rules: SourceRules) -> Change | None:
    """Take the groups away that the source will give back; None where there are none, or it would not.

    The default group stays: what is still printed is accounted to it. A source that only adds to groups
    could not give back those that it never knew.
    """
    user = account.user
    kept = tuple(group for group in user.groups if group == user.default_group)
    if kept == user.groups or not rules.ways or rules.groups_mode in {Mode.ADD, Mode.IGNORE}:
        return None
    left = FieldChange(Property.GROUPS.value, user.groups, kept, str(rules.place))
    return _change(Action.UPDATE, account, rules, (left,), "grace.stripGroups in the Policy")


def _deactivation(account: Account, rules: SourceRules) -> Change:
    """Deactivate, and say which groups the account leaves: MyQ's soft delete takes all of them."""
    groups = account.user.groups
    left = (FieldChange(Property.GROUPS.value, groups, (), str(rules.place)),) if groups else ()
    return _change(Action.DEACTIVATE, account, rules, left, f"options.deactivateMissingUsers, {rules.place}")


def _change(
    action: Action, account: Account, rules: SourceRules, fields: tuple[FieldChange, ...], why: str
) -> Change:
    return Change(
        action=action,
        name=account.user.user_name,
        fields=fields,
        reason=f"no longer in {rules.name} ({why})",
        source=rules.name,
        account_id=account.id,
        account_source=account.user.source,
    )
