"""Which account is whose: every wanted user's account, found by the keys its source pairs by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, cast

from reconciler.core.assumptions import Assumptions
from reconciler.core.desired import DesiredState, Wanted
from reconciler.core.model import INDEX, Account, Property
from reconciler.core.normal import fold
from reconciler.core.notice import Kind, Notice


@dataclass(frozen=True, slots=True)
class Pairing:
    """The position of each wanted user's account (None: there is none), and who is in a conflict.

    `spoken_for` are accounts that a conflict or an outranked record is about: nobody is paired with
    them, and nobody may take them for missing.
    """

    account_of: Sequence[int | None]
    held: frozenset[int]
    spoken_for: frozenset[int]
    notices: tuple[Notice, ...]


def pair(desired: DesiredState, accounts: Sequence[Account], assumptions: Assumptions) -> Pairing:
    """Find the account of every wanted user.

    The keys are tried in the order of the source's ``pairBy``; a living account goes before a deleted
    one. A key that finds several accounts, or an account that two users find, is a conflict: all of
    them are held, since any choice would be luck, and so is who else found one of those accounts.
    """
    finder = _Finder(accounts, assumptions)
    account_of = finder.find_all(desired.users)
    held = set(desired.held)
    notices: list[Notice] = []
    doubtful: set[int] = set()
    for position, found in tuple(finder.ambiguous):
        held.add(position)
        doubtful.update(found)
        notices.append(_ambiguous(desired.users[position], [accounts[at] for at in found]))
    if doubtful:
        held.update(position for position, at in enumerate(account_of) if at in doubtful)
    spoken_for = {at for one in desired.outranked if (at := finder.find(-1, one)) is not None}
    spoken_for.update(at for _, found in finder.ambiguous for at in found)
    for at, positions in _shared(account_of):
        held.update(positions)
        notices.append(_same_account([desired.users[position] for position in positions], accounts[at]))
    return Pairing(account_of, frozenset(held), frozenset(spoken_for), tuple(notices))


class _Index:
    """Accounts by one key: the one that has a value, or the several that share it."""

    def __init__(self, values: Sequence[str], positions: Sequence[int]) -> None:
        self.one = dict(zip(reversed(values), reversed(positions), strict=True))
        self.several: dict[str, list[int]] = {}
        if len(self.one) < len(values):
            everybody: dict[str, list[int]] = {}
            for value, at in zip(values, positions, strict=True):
                everybody.setdefault(value, []).append(at)
            self.several = {value: found for value, found in everybody.items() if len(found) > 1}


class _Search(NamedTuple):
    """One place to look: the field of the user, whether its case counts, and the accounts by it."""

    at: int
    exact: bool
    accounts: _Index


class _Finder:
    """Accounts by each key that some source pairs by; an index is made when it is first asked for."""

    def __init__(self, accounts: Sequence[Account], assumptions: Assumptions) -> None:
        self.ambiguous: list[tuple[int, list[int]]] = []
        self._accounts = accounts
        self._assumptions = assumptions
        self._indexes: dict[tuple[Property, bool], _Index] = {}
        self._searches: dict[tuple[Property, ...], list[_Search]] = {}
        self._folded: _Index | None = None
        self._states = (True, False) if any(not account.active for account in accounts) else (True,)

    def find_all(self, users: Sequence[Wanted]) -> list[int | None]:
        """Return the account of each user.

        The first key is looked up for all users of a source at once; who is not found by it, or not
        by it alone, is looked for one by one.
        """
        account_of: list[int | None] = []
        for owned, group in groupby(users, key=attrgetter("owned")):
            wanted = list(group)
            at, exact, index = self._search(owned.rules.options.pair_by)[0]
            values = cast("list[str]", [one.user[at] for one in wanted])  # keys hold one value
            begin = len(account_of)
            found = list(map(index.one.get, values if exact else map(fold, values)))
            for at in [at for at, guess in enumerate(found) if guess is None or index.several]:
                found[at] = self.find(begin + at, wanted[at])
            account_of += found
        return account_of

    def find(self, position: int, wanted: Wanted) -> int | None:
        """Return the account that the first fitting key finds; several are noted and count as none."""
        options = wanted.owned.rules.options
        for at, exact, index in self._search(options.pair_by):
            value = str(wanted.user[at])
            found = self._chosen(position, index, value if exact else fold(value))
            if found is not None:
                return None if found < 0 else found
        if options.convert_user_name_to_lowercase and Property.USER_NAME in options.pair_by:
            return self._in_other_case(position, wanted)
        return None

    def _search(self, keys: tuple[Property, ...]) -> list[_Search]:
        """Return where to look for users paired by these keys, the living accounts first."""
        searches = self._searches.get(keys)
        if searches is None:
            searches = self._searches[keys] = [
                _Search(INDEX[key], self._exact(key), self._index(key, active=active))
                for active in self._states
                for key in keys
            ]
        return searches

    def _exact(self, key: Property) -> bool:
        return key is not Property.USER_NAME or self._assumptions.user_name_case_sensitive

    def _chosen(self, position: int, index: _Index, value: str) -> int | None:
        """Return the account with a value, -1 when several have it."""
        found = index.one.get(value)
        if found is not None and index.several and value in index.several:
            self.ambiguous.append((position, index.several[value]))
            return -1
        return found

    def _in_other_case(self, position: int, wanted: Wanted) -> int | None:
        """Find ``Ada`` for ``ada``: the option means one person, so the account is renamed, not doubled."""
        if self._folded is None:
            living = [at for at, account in enumerate(self._accounts) if account.active]
            users = [self._accounts[at].user for at in living]
            self._folded = _Index([f"{user.source}\0{fold(user.user_name)}" for user in users], living)
        source = wanted.owned.rules.synchronization_source
        found = self._chosen(position, self._folded, f"{source}\0{fold(wanted.user.user_name)}")
        return None if found is None or found < 0 else found

    def _index(self, key: Property, *, active: bool) -> _Index:
        index = self._indexes.get((key, active))
        if index is None:
            where = INDEX[key]
            column = cast("list[str]", [account.user[where] for account in self._accounts])
            several_states = len(self._states) > 1
            positions = [
                at
                for at, value in enumerate(column)
                if value and not (several_states and self._accounts[at].active is not active)
            ]
            values = column if len(positions) == len(column) else [column[at] for at in positions]
            if not self._exact(key):
                values = list(map(fold, values))
            index = self._indexes[key, active] = _Index(values, positions)
        return index


def _shared(account_of: Sequence[int | None]) -> list[tuple[int, list[int]]]:
    """Return the accounts that several wanted users found, with the positions of those users."""
    found = [at for at in account_of if at is not None]
    if len(set(found)) == len(found):
        return []
    positions: dict[int, list[int]] = {}
    for position, at in enumerate(account_of):
        if at is not None:
            positions.setdefault(at, []).append(position)
    return [(at, several) for at, several in positions.items() if len(several) > 1]


def _ambiguous(wanted: Wanted, accounts: list[Account]) -> Notice:
    names = ", ".join(sorted(account.user.user_name for account in accounts))
    return Notice(
        Kind.CONFLICT,
        wanted.user.user_name,
        f"the record could be any of {len(accounts)} accounts ({names}); none is touched",
        (wanted.origin,),
    )


def _same_account(users: list[Wanted], account: Account) -> Notice:
    names = ", ".join(sorted(one.user.user_name for one in users))
    return Notice(
        Kind.CONFLICT,
        account.user.user_name,
        f"{len(users)} records find this account ({names}); it is not touched",
        tuple(sorted(one.origin for one in users)),
    )
