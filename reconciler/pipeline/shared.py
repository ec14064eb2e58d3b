"""Sources that several targets take: read once for all of them, and kept no longer than they need it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.core.mapping import MappedSource
from reconciler.errors import SourceError
from reconciler.manifest.load import Project


class SharedReads:
    """Reads of one run over several targets, which come in the order of the projects.

    A source is kept, mapped, from the first target that takes it to the last. That is never more than one
    target that took all of them would hold. A read that failed has failed for all: nobody is asked again.
    """

    def __init__(self, projects: Sequence[Project]) -> None:
        self._turns = {project.target.name: turn for turn, project in enumerate(projects)}
        takers: dict[str, list[int]] = {}
        for turn, project in enumerate(projects):
            for rules, _ in project.sources:
                takers.setdefault(rules.name, []).append(turn)
        self._last = {name: turns[-1] for name, turns in takers.items() if len(turns) > 1}
        self._kept: dict[str, MappedSource | SourceError] = {}

    def source(self, target: str, name: str, read: Callable[[], MappedSource]) -> MappedSource:
        """Return a source for a target, read now if no target before had it; raise as its read did."""
        turn = self._turns[target]
        for over in [kept for kept in self._kept if self._last[kept] < turn]:
            del self._kept[over]
        if name not in self._last:
            return read()
        kept = self._kept.pop(name, None) or _ended(read)
        if turn < self._last[name]:
            self._kept[name] = kept
        if isinstance(kept, SourceError):
            raise kept
        return kept


def _ended(read: Callable[[], MappedSource]) -> MappedSource | SourceError:
    try:
        return read()
    except SourceError as error:
        # The frames that it went through hold what was read so far.
        error.__context__ = None
        return error.with_traceback(None)
