"""Which change may begin when: what it needs has ended, and so has what was before it on its account.

There are no stages in which the quick wait for the slow. Where several may begin, those of the action
that comes first do (groups, renames, creations, ..., deactivations), in the order of the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from reconciler.core.change import Action, Change, in_order

_MOVES = (True, "")
"""Groups are moved one after the other: the path of one may be below that of another."""


class Schedule:
    """The changes of one run by their positions in it; not safe between threads."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._waits = [0] * len(changes)
        self._then: dict[int, list[int]] = {}
        self._left = len(changes)
        ids = [change.id for change in changes]
        self._at = {id_: at for at, id_ in enumerate(ids)}
        self._ranks = [change.action.rank for change in changes]
        self.needs: dict[int, tuple[int, ...]] = {}
        """Of each change that needs others of this run, which ones; every other need is met."""
        self._link(changes)
        self._free = [(self._ranks[at], at) for at, waits in enumerate(self._waits) if not waits]
        self._free.sort()

    def take(self) -> int | None:
        """Return the next change that may begin; None where all that are left wait for others."""
        return heappop(self._free)[1] if self._free else None

    def ended(self, at: int) -> int:
        """Let those go on that waited for a change; return how many of them may begin now."""
        self._left -= 1
        freed = 0
        for next_ in self._then.pop(at, ()):
            self._waits[next_] -= 1
            if not self._waits[next_]:
                heappush(self._free, (self._ranks[next_], next_))
                freed += 1
        return freed

    @property
    def over(self) -> bool:
        """Whether every change has ended."""
        return not self._left

    def _link(self, changes: Sequence[Change]) -> None:
        latest: dict[tuple[bool, str], int] = {}
        for change in in_order(changes):
            at = self._at[change.id]
            needed = tuple(self._at[id_] for id_ in change.needs if id_ in self._at)
            if needed:
                self.needs[at] = needed
            whose = _MOVES if change.action is Action.GROUP_MOVE else (change.is_group, change.name)
            before = latest.get(whose)
            for first in {*needed, *(() if before is None else (before,))}:
                self._then.setdefault(first, []).append(at)
                self._waits[at] += 1
            latest[whose] = at
