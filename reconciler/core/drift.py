"""Who has moved since all was well: the server, the sources, or the manifests.

Each look is held against the one before. What has not moved since then is there for the reason it was there
for then; what has, has one more. An account that is in sync has no past.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from operator import or_

from reconciler.core.attribution import Attribution, Cause
from reconciler.core.change import Action, Change, in_order
from reconciler.core.groups import ancestors
from reconciler.core.notice import Kind, Notice
from reconciler.core.sight import (
    NONE,
    THERE,
    Eye,
    LastLook,
    Looking,
    Scene,
    Sides,
    Sight,
    Subject,
    subjects,
    unpacked,
)


class Gap(StrEnum):
    """What is missing, so that not every cause can be told."""

    NO_LEDGER = "no-ledger"
    """Nothing is remembered, by choice."""
    UNREADABLE = "ledger-unreadable"
    """What is remembered cannot be read."""
    FIRST = "first-look"
    """Nobody has looked at this server before."""
    NO_COMMIT = "commit-missing"
    """The manifests have changed, and git has not got those of the last look."""
    NOT_COMMITTED = "not-committed"
    """The manifests have changed, and git never had those of the last look."""
    NOT_PLANNED = "not-planned"
    """The manifests have changed, and no plan can be made by those of the last look."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Why the changes of a plan are there: `sides`, by their ids; of those that are not in it nobody knows.

    `since` is when the server was last looked at, "" when nothing is remembered of it, and `commit` of which
    manifests. With a `gap`, less can be told.
    """

    since: str = ""
    commit: str = ""
    sides: Mapping[str, Sides] = field(default_factory=dict)
    gap: Gap | None = None

    def of(self, change: Change) -> Sides:
        """Return who has moved, UNKNOWN where nobody can say."""
        return self.sides.get(change.id, Sides.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Before:
    """What there is to hold a look against: the last one, and what its manifests would want today.

    `told` is what the manifests cause since then. Without a `scene` they are the same, unless they are
    `lost`: then they are others, and nobody has those. Without a `last` look nothing is remembered.
    """

    last: LastLook | None
    scene: Scene | None = None
    told: Attribution | None = None
    lost: bool = False


def drifted(
    changes: Sequence[Change], notices: Iterable[Notice], scene: Scene, eye: Eye, before: Before
) -> tuple[Mapping[str, Sides], Mapping[bytes, bytes]]:
    """Return who has moved, by the ids of the changes, and all that was seen, for the next look."""
    seen, telling = _Seen(eye, scene, before.last), _Telling(eye, changes, before)
    apart = seen.parted(changes, notices)
    telling.recall_then({subject.name for subject in apart})
    people: dict[str, Sides] = {}
    for subject in apart:
        now = seen.looking.see(subject)
        sides = people[subject.name] = telling.person(subject, now)
        seen.note(subject, now._replace(sides=sides).packed())
    told = {change.id: people.get(change.name, Sides.UNKNOWN) for change in changes if not change.is_group}
    left: dict[str, Sides] = {}
    for change, asking in _groups(changes):
        place = _place(change)
        freed = [left[at] for at in (*ancestors(place), place) if at in left]
        sides = told[change.id] = telling.group(change, [told[id_] for id_ in asking], freed)
        if change.action is Action.GROUP_MOVE:
            left[change.name] = sides
        seen.groups[eye.group(place)] = Sight(THERE, NONE, sides=sides).packed()
    return {id_: sides for id_, sides in told.items() if not sides & Sides.UNKNOWN}, seen.sights()


def in_sync(
    changes: Sequence[Change],
    notices: Iterable[Notice],
    scene: Scene,
    eye: Eye,
    now: LastLook,
    last: LastLook | None,
) -> LastLook:
    """Return the last look with those who are in sync as they are now; the rest stay as they were.

    It becomes the one of `now` where nobody is out of sync, or there was none. Who is neither wanted nor
    there is forgotten.
    """
    seen = _Seen(eye, scene, last)
    apart = seen.parted(changes, notices)
    for subject in apart:
        kept = seen.known(subject)
        if last is None:
            kept = seen.looking.see(subject)._replace(sides=Sides.UNKNOWN).packed()
        if kept:
            seen.note(subject, kept)
    places = [eye.group(_place(change)) for change in changes if change.is_group]
    seen.groups |= {key: last.sights[key] for key in places if last and key in last.sights}
    known = now if last is None or not (apart or changes) else last
    return replace(known, sights=seen.sights())


class _Seen:
    """What is seen in one look. Whom MyQ has by another name than the sources is found by either."""

    def __init__(self, eye: Eye, scene: Scene, last: LastLook | None) -> None:
        there = Sight(THERE, THERE).packed()
        self.looking = Looking(eye, scene.actual)
        self.groups = {eye.group(path): there for path in scene.actual.groups}
        self._eye, self._scene, self._last = eye, scene, last
        self._people: dict[bytes, bytes] = {}
        self._renamed: dict[bytes, bytes] = {}

    def parted(self, changes: Iterable[Change], notices: Iterable[Notice]) -> list[Subject]:
        """Note who is in sync, and who is in a conflict as known before; return all others."""
        changed = {change.name for change in changes if not change.is_group}
        quarrelling = {notice.name for notice in notices if notice.kind is Kind.CONFLICT} - changed
        apart: list[Subject] = []
        for subject in subjects(self._scene):
            wanted, account, name = subject.wanted, subject.account, subject.name
            if subject.held or name in quarrelling:
                unknown = self.looking.see(subject)._replace(sides=Sides.UNKNOWN)
                self.note(subject, self.known(subject) or unknown.packed())
            elif wanted and account and account.active and name not in changed:
                self.note(subject, self.looking.see(subject).packed())
            else:
                apart.append(subject)
        return apart

    def known(self, subject: Subject) -> bytes | None:
        """Return what the last look kept of somebody."""
        return self._last.sights.get(self._eye.account(subject.name)) if self._last else None

    def note(self, subject: Subject, sight: bytes) -> None:
        """Keep what is seen of somebody, by the name that is wanted as well.

        Where that one was taken for an account of others, nobody can say later what ended it.
        """
        self._people[self._eye.account(subject.name)] = sight
        if subject.wanted and subject.wanted.user.user_name != subject.name:
            ours = subject.is_ours or not self._scene.actual.knows_source
            seen = sight if ours else unpacked(sight)._replace(sides=Sides.UNKNOWN).packed()
            self._renamed[self._eye.account(subject.wanted.user.user_name)] = seen

    def sights(self) -> dict[bytes, bytes]:
        """Return all that is to be kept."""
        return {**self.groups, **self._renamed, **self._people}


class _Telling:
    """What is told of those who are out of sync."""

    def __init__(self, eye: Eye, changes: Iterable[Change], before: Before) -> None:
        self._eye = eye
        self._before = before
        self._changes: dict[str, list[Change]] = {}
        self._then: dict[str, Sight] = {}
        for change in changes:
            if not change.is_group:
                self._changes.setdefault(change.name, []).append(change)

    def recall_then(self, names: Collection[str]) -> None:
        """See these people as the manifests of the last look would have them today."""
        if self._before.scene and names:
            looking = Looking(self._eye, self._before.scene.actual)
            found = (subject for subject in subjects(self._before.scene) if subject.name in names)
            self._then = {subject.name: looking.see(subject) for subject in found}

    def person(self, subject: Subject, now: Sight) -> Sides:
        """Return who has moved, where a person is out of sync."""
        changes = self._changes.get(subject.name, ())
        handed = Sides.SOURCE if any(change.handed for change in changes) else Sides.NOBODY
        if handed and not any(change.fields for change in changes):
            return handed
        if self._before.last is None:
            return Sides.UNKNOWN
        causes = self._causes(changes)
        known = self._known(subject, now.wish, self._before.last)
        if known is None:
            moved = Sides.UNKNOWN if self._before.lost and subject.account else _newly(subject)
        else:
            moved = known.sides | self._moved(subject, known, now)
            if moved and not known.sides and known.wish == now.wish:
                causes = set()  # all was well by this very wish: it is whoever has moved since
        if causes == {Cause.MANIFESTS}:
            return Sides.MANIFESTS
        if causes - {Cause.ANYWAY}:
            moved |= Sides.MANIFESTS
        return (moved | handed) or Sides.UNKNOWN

    def group(self, change: Change, asking: Iterable[Sides], freed: Iterable[Sides]) -> Sides:
        """Return who has moved, where a group is missing, or elsewhere.

        `asking` is of those who need it, `freed` of moves that take away whoever is in its place now.
        """
        if self._before.last is None:
            return Sides.UNKNOWN
        known = self._before.last.sight(self._eye.group(_place(change)))
        if known is not None:
            return known.sides if known.state == NONE else reduce(or_, freed, Sides.NOBODY) or Sides.SERVER
        if change.action is Action.GROUP_MOVE or self._causes([change]) - {Cause.ANYWAY}:
            return Sides.MANIFESTS  # only a manifest asks for a move
        return reduce(or_, asking, Sides.NOBODY) or Sides.SOURCE

    def _known(self, subject: Subject, wish: bytes, last: LastLook) -> Sight | None:
        """Return what was seen of somebody; who was renamed, here or there, had one of the two names."""
        names = (subject.name, subject.wanted.user.user_name if subject.wanted else subject.name)
        found = [known for name in dict.fromkeys(names) if (known := last.sight(self._eye.account(name)))]
        return next((known for known in found if known.wish == wish), found[0] if found else None)

    def _causes(self, changes: Iterable[Change]) -> set[Cause]:
        told = self._before.told
        return set() if told is None else {told.cause(change) for change in changes}

    def _moved(self, subject: Subject, known: Sight, now: Sight) -> Sides:
        """Return who has moved since the last look."""
        moved, then = Sides.NOBODY, self._then.get(subject.name)
        if known.wish != now.wish:
            was = now.wish if self._before.scene is None else (then.wish if then else NONE)
            if was != known.wish:
                moved |= Sides.SOURCE
            if was != now.wish and subject.name not in self._changes:
                moved |= Sides.MANIFESTS
        seen = [one for one in (now, then) if one and _comparable(known, one)]
        if seen and all(one.state != known.state for one in seen):
            moved |= Sides.SERVER
        return moved


def _groups(changes: Iterable[Change]) -> Iterator[tuple[Change, Sequence[str]]]:
    """Yield the moves as they happen, then each creation behind those that need it, with their ids."""
    asking: dict[str, list[str]] = {}
    for change in changes:
        for need in change.needs:
            asking.setdefault(need, []).append(change.id)
    groups = in_order(change for change in changes if change.is_group)
    yield from ((change, ()) for change in groups if change.action is Action.GROUP_MOVE)
    for change in reversed(groups):
        if change.action is Action.GROUP_CREATE:
            yield change, asking.get(change.id, ())


def _place(change: Change) -> str:
    """Return the path at which a group shall be."""
    return str(change.fields[0].after) if change.action is Action.GROUP_MOVE else change.name


def _newly(subject: Subject) -> Sides:
    """Return who has moved where nobody of this name was wanted, or there, at the last look."""
    if subject.wanted is None:
        return Sides.SERVER
    both = subject.account is not None and subject.is_ours and subject.account.active
    return Sides.SOURCE | Sides.SERVER if both else Sides.SOURCE


def _comparable(known: Sight, one: Sight) -> bool:
    """Return whether two sights show the same of an account; there being none is always comparable."""
    return known.lens == one.lens or NONE in {known.state, one.state}
