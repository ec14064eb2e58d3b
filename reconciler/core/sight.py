"""What is remembered of a look at everybody: of each, who they are, what was wished, and what was there.

All three are short keyed hashes, so that a ledger tells nothing of people; and short they may be, for they
are compared with one other value and not searched for. A million accounts take 28 MB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from hashlib import blake2b
from operator import add
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.desired import DesiredState, Ownership, Wanted
from reconciler.core.lens import Lens, lens_of
from reconciler.core.model import Account, ActualState
from reconciler.core.moves import moved_groups
from reconciler.core.pairing import pair

_BYTES = 8
_TAG = 3
_KEY = _BYTES
_SIGHT = 2 * _BYTES + _TAG + 1

NONE = bytes(_BYTES)
"""Stands for no wish, and for no account."""

THERE = b"\1" * _BYTES
"""Stands for an account or group of which no more than that it is there is compared."""


class Sides(IntFlag):
    """Who has moved since a wish and what was there agreed; nobody, as long as they do."""

    NOBODY = 0
    SERVER = 1
    SOURCE = 2
    MANIFESTS = 4
    UNKNOWN = 8
    """They did not agree when they were first looked at."""

    def words(self) -> tuple[str, ...]:
        """Return them as a plan's file names them."""
        return tuple(word for word, side in WORDS.items() if side in self)


WORDS = {"server": Sides.SERVER, "source": Sides.SOURCE, "manifests": Sides.MANIFESTS}


class Sight(NamedTuple):
    """What was seen of one account or group. `lens` tells what of it was compared."""

    wish: bytes
    state: bytes
    lens: bytes = bytes(_TAG)
    sides: Sides = Sides.NOBODY

    def packed(self) -> bytes:
        """Return it as it is kept."""
        return b"".join((self.wish, self.state, self.lens, bytes((self.sides,))))


def unpacked(kept: bytes) -> Sight:
    """Return what is kept of one account or group."""
    return Sight(
        kept[:_BYTES], kept[_BYTES : 2 * _BYTES], kept[2 * _BYTES : _SIGHT - 1], Sides(kept[_SIGHT - 1])
    )


@dataclass(frozen=True, slots=True)
class LastLook:
    """What a look saw, by which manifests: their digest, and the git commit or "". `at` is when."""

    manifests: str
    commit: str
    at: str
    sights: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)

    def sight(self, key: bytes) -> Sight | None:
        """Return what was seen of somebody, by `Eye.account` or `Eye.group`."""
        kept = self.sights.get(key)
        return None if kept is None else unpacked(kept)

    def packed(self) -> bytes:
        """Return all sights in one piece."""
        return b"".join(sorted(map(add, self.sights.keys(), self.sights.values())))


def sights_of(piece: bytes) -> dict[bytes, bytes]:
    """Return the sights that were packed into one piece."""
    size = _KEY + _SIGHT
    return {piece[at : at + _KEY]: piece[at + _KEY : at + size] for at in range(0, len(piece), size)}


class Scene(NamedTuple):
    """What the sources want by one set of manifests, and the server that it is held against."""

    desired: DesiredState
    actual: ActualState
    assumptions: Assumptions


class Subject(NamedTuple):
    """One person: the wish, the account, or both. `name` is the account's, of a new one as it will be.

    Who is `held` stands in a conflict, or gave way to another record: nothing is compared.
    """

    name: str
    wanted: Wanted | None
    account: Account | None
    held: bool

    @property
    def is_ours(self) -> bool:
        """Whether there is an account that belongs to the source that wants it."""
        wanted, account = self.wanted, self.account
        if wanted and account:
            return account.user.source == wanted.owned.rules.synchronization_source
        return False


def subjects(scene: Scene) -> Iterator[Subject]:
    """Yield whom the sources want, and the living accounts of theirs that they do not want."""
    desired, actual = scene.desired, scene.actual
    accounts = moved_groups(desired.nodes, actual).actual.accounts
    pairing = pair(desired, accounts, scene.assumptions)
    for position, (wanted, at) in enumerate(zip(desired.users, pairing.account_of, strict=True)):
        account = None if at is None else accounts[at]
        name = account.user.user_name if account else wanted.user.user_name
        yield Subject(name, wanted, account, position in pairing.held)
    if actual.knows_source:
        ours = {rules.synchronization_source for rules in desired.covered}
        meant = {at for at in pairing.account_of if at is not None}
        for at, account in enumerate(accounts):
            if account.active and account.user.source in ours and at not in meant:
                yield Subject(account.user.user_name, None, account, at in pairing.spoken_for)


class _View(NamedTuple):
    """A lens, and the hashes that begin with what it is."""

    lens: Lens
    tag: bytes
    wish: blake2b
    state: blake2b


class Eye:
    """What turns accounts and wishes into hashes that only this ledger can compare."""

    def __init__(self, salt: bytes, target: str) -> None:
        self._salted = blake2b(target.encode(), digest_size=_BYTES, key=salt)
        self._names = self._begun("account")
        self._groups = self._begun("group")

    def account(self, name: str) -> bytes:
        """Return what stands for an account."""
        return _ended(self._names, _spelled(name))

    def group(self, path: str) -> bytes:
        """Return what stands for a group."""
        return _ended(self._groups, _spelled(path))

    def view(self, owned: Ownership, actual: ActualState) -> _View:
        """Return how the users of a source are looked at."""
        lens, rules = lens_of(owned, actual), owned.rules
        options, adopt = rules.options, rules.adopt
        told = [(one.property.value, one.mode.value) for one in lens.compared]
        seen = (rules.name, actual.knows_source, [name for name, _ in told])
        pairs = ([key.value for key in options.pair_by], options.convert_user_name_to_lowercase)
        may = (options.add_new_users, options.ignore_synchronization_source)
        adopts = (sorted(adopt.sources), sorted(adopt.users))
        state = self._begun("state", *seen)
        wish = self._begun("wish", *seen, told, pairs, may, adopts)
        return _View(lens, state.digest()[:_TAG], wish, state)

    def _begun(self, *said: object) -> blake2b:
        begun = self._salted.copy()
        begun.update(_spelled(said))
        return begun


class Looking:
    """One pass over one scene through an eye."""

    def __init__(self, eye: Eye, actual: ActualState) -> None:
        self.eye = eye
        self._actual = actual
        self._views: dict[Ownership, _View] = {}

    def see(self, subject: Subject) -> Sight:
        """Return what is to be seen of somebody."""
        wanted, account = subject.wanted, subject.account
        if wanted is None:
            return Sight(NONE, THERE)
        view = self._view(wanted.owned)
        wished = view.lens.key(wanted.user)
        spelled = _spelled(wished)
        wish = _ended(view.wish, spelled)
        if account is None:
            return Sight(wish, NONE)
        there = view.lens.key(account.user)
        if not account.active:
            spelled = _spelled((there, "deleted"))
        elif there != wished:
            spelled = _spelled(there)
        return Sight(wish, _ended(view.state, spelled), view.tag)

    def _view(self, owned: Ownership) -> _View:
        view = self._views.get(owned)
        if view is None:
            view = self._views[owned] = self.eye.view(owned, self._actual)
        return view


def _spelled(said: object) -> bytes:
    """Return what stands for a value; unlike repr(), ascii() is the same whatever Unicode a Python knows."""
    return ascii(said).encode("ascii")


def _ended(begun: blake2b, spelled: bytes) -> bytes:
    ended = begun.copy()
    ended.update(spelled)
    return ended.digest()
