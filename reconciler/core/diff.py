"""What has to change so that MyQ holds what the sources want, and what does not change, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, FieldChange, sort_key
from reconciler.core.desired import DesiredState, Ownership, Wanted
from reconciler.core.history import History
from reconciler.core.identity import settle_identities
from reconciler.core.lens import Lens, lens_of
from reconciler.core.missing import missing_accounts
from reconciler.core.model import Account, ActualState, Property
from reconciler.core.moves import moved_groups
from reconciler.core.notice import Kind, Notice
from reconciler.core.pairing import Pairing, pair
from reconciler.core.pins import changed_pins
from reconciler.core.policy import Policy
from reconciler.core.rules import SourceRules, Values
from reconciler.core.settle import field_changes, first_fields
from reconciler.core.trees import group_changes, with_group_needs


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes that are needed, in their one order, and all notices, in theirs.

    `former` has every group whose path changes, by its new path: the one that changes of users name.
    `absent` has, by source, what stands for the accounts that are missing, and `fingerprints` are of
    PINs that are not known yet, both for the history.
    """

    changes: tuple[Change, ...]
    notices: tuple[Notice, ...]
    former: Mapping[str, str]
    absent: frozenset[tuple[str, str]] = frozenset()
    fingerprints: Mapping[str, str] = field(default_factory=dict)


def diff(
    desired: DesiredState,
    actual: ActualState,
    policy: Policy,
    assumptions: Assumptions,
    history: History | None = None,
) -> Difference:
    """Return the changes that turn what MyQ has into what the sources want.

    Properties without a rule are never compared. An account is deactivated only when its source was
    read to the end, says that it may, and nobody's record, not even one in a conflict, means it.
    """
    moves, unmoved, actual, former = moved_groups(desired.nodes, actual)
    pairing = pair(desired, actual.accounts, assumptions)
    handing = changed_pins(desired, actual.accounts, pairing, history)
    deciding = _Deciding(actual, desired.pins, handing.changed)
    changes = list(deciding.changes(desired.users, pairing))
    missing = missing_accounts(desired, actual, pairing, policy, history)
    changes, clashes = settle_identities([*changes, *missing.changes], actual, assumptions)
    created = group_changes(desired, actual, changes, moves)
    changes = with_group_needs(changes, [*moves, *created])
    notices = [*desired.notices, *pairing.notices, *deciding.notices, *missing.notices, *clashes, *unmoved]
    notices += _unseen(desired, actual)
    changes = sorted([*moves, *created, *changes], key=sort_key)
    return Difference(tuple(changes), tuple(sorted(set(notices))), former, missing.absent, handing.seen)


class _Held(NamedTuple):
    """An account that a change is about: MyQ's id, and the source that it is taken to belong to."""

    id: str = ""
    source: str = ""


_NONE = _Held()


class _Deciding:
    """One pass over all wanted users; what is not changed is noted on the way."""

    def __init__(self, actual: ActualState, pins: Mapping[str, Values], handing: Mapping[int, str]) -> None:
        self.notices: list[Notice] = []
        self._pins = pins
        self._handing = handing
        self._actual = actual
        self._lenses: dict[Ownership, Lens] = {}

    def changes(self, users: Sequence[Wanted], pairing: Pairing) -> Iterator[Change]:
        """Yield the changes of users that are wanted: create, reactivate, rekey, update."""
        accounts, lenses = self._actual.accounts, self._lenses
        held, handing = pairing.held, self._handing
        for position, (wanted, at) in enumerate(zip(users, pairing.account_of, strict=True)):
            if at is None:
                if position not in held:
                    yield from self._create(wanted)
                continue
            account = accounts[at]
            key = (lenses.get(wanted.owned) or self._lens(wanted.owned)).key
            if account.active and key(wanted.user) == key(account.user) and position not in handing:
                continue
            if position not in held:
                yield from self._existing(wanted, account, handing.get(position, ""))

    def _create(self, wanted: Wanted) -> Iterator[Change]:
        rules = wanted.owned.rules
        if not rules.options.add_new_users:
            self._note(Kind.NOT_ADDED, wanted, f"has no account, and {rules.name} may not add users")
            return
        name = wanted.user.user_name
        created = _change(Action.CREATE, wanted, name, first_fields(wanted), f"in {rules.name}, not in MyQ")
        pins = len(self._pins.get(name, ()))
        yield created._replace(pins=pins) if pins else created

    def _existing(self, wanted: Wanted, account: Account, handed: str) -> Iterator[Change]:
        rules = wanted.owned.rules
        have = account.user
        # Unknown, it is taken for ours here, and found out before it is written to: then it has to be.
        theirs = have.source if self._actual.knows_source else rules.synchronization_source
        taken = self._takeover(wanted, have.user_name, theirs)
        if taken is None:
            return
        fields = (*field_changes(wanted, have, self._lens(wanted.owned).compared), *taken)
        if not account.active:
            yield from self._reactivate(wanted, account, theirs, fields)
            return
        needs: tuple[str, ...] = ()
        if have.user_name != wanted.user.user_name:
            renamed = FieldChange(
                Property.USER_NAME.value, have.user_name, wanted.user.user_name, str(rules.place)
            )
            rekey = _change(
                Action.REKEY,
                wanted,
                have.user_name,
                (renamed,),
                f"renamed in {rules.name}",
                _Held(account.id, theirs),
            )
            # PINs are found by the name that the source has.
            needs = (rekey.id,) if handed else ()
            yield rekey
        if fields or handed:
            why = f"{rules.name} says otherwise" if fields else f"{rules.name} has other PINs than before"
            update = _change(Action.UPDATE, wanted, have.user_name, fields, why, _Held(account.id, theirs))
            if handed:
                pins = len(self._pins[wanted.user.user_name])
                update = update._replace(pins=pins, handed=handed, needs=needs)
            yield update

    def _reactivate(
        self, wanted: Wanted, account: Account, theirs: str, fields: tuple[FieldChange, ...]
    ) -> Iterator[Change]:
        rules, have = wanted.owned.rules, account.user
        if not rules.options.add_new_users:
            self._note(Kind.NOT_ADDED, wanted, f"is deleted in MyQ, and {rules.name} may not add users")
            return
        if have.user_name != wanted.user.user_name:
            name = Property.USER_NAME.value
            fields = (FieldChange(name, have.user_name, wanted.user.user_name, str(rules.place)), *fields)
        why = f"back in {rules.name}"
        yield _change(Action.REACTIVATE, wanted, have.user_name, fields, why, _Held(account.id, theirs))

    def _takeover(self, wanted: Wanted, name: str, theirs: str) -> tuple[FieldChange, ...] | None:
        """Return what makes the account ours: nothing when it is, None when it is to be left alone."""
        rules = wanted.owned.rules
        ours = rules.synchronization_source
        if theirs == ours:
            return ()
        if theirs in rules.adopt.sources or name in rules.adopt.users:
            return (FieldChange(Property.SYNCHRONIZATION_SOURCE.value, theirs, ours, str(rules.place)),)
        if rules.options.ignore_synchronization_source:
            return ()
        owner = f"synchronization source {theirs!r}" if theirs else "no synchronization source"
        self._note(Kind.FOREIGN, wanted, f"belongs to {owner}; {rules.name} takes it over only by `adopt`")
        return None

    def _lens(self, owned: Ownership) -> Lens:
        lens = self._lenses.get(owned)
        if lens is None:
            lens = self._lenses[owned] = lens_of(owned, self._actual)
        return lens

    def _note(self, kind: Kind, wanted: Wanted, message: str) -> None:
        self.notices.append(Notice(kind, wanted.user.user_name, message, (wanted.origin,)))


def _change(
    action: Action,
    wanted: Wanted,
    name: str,
    fields: tuple[FieldChange, ...],
    reason: str,
    held: _Held = _NONE,
) -> Change:
    rules = wanted.owned.rules
    return Change(
        action=action,
        name=name,
        fields=fields,
        reason=f"{reason} ({wanted.owned.place})",
        record=wanted.origin,
        source=rules.name,
        account_id=held.id,
        account_source=held.source,
    )


def _unseen(desired: DesiredState, actual: ActualState) -> Iterator[Notice]:
    """Yield the properties that are mapped and cannot be compared on this server."""
    for rules in desired.covered:
        mapped = {rule.property for rule in rules.rules if rule.property is not Property.PINS}
        for prop in mapped - actual.readable:
            yield _unseen_notice(
                rules, prop, "maps it, and this target does not show it: set for new accounts, never compared"
            )
        if rules.options.deactivate_missing_users and not actual.knows_source:
            yield _unseen_notice(
                rules,
                Property.SYNCHRONIZATION_SOURCE,
                "may deactivate missing users, and this target does not show whose accounts are: nobody goes",
            )


def _unseen_notice(rules: SourceRules, prop: Property, what: str) -> Notice:
    return Notice(Kind.UNSEEN, prop.value, f"{rules.name} {what}", (str(rules.place),))
