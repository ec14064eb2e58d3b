"""A source that several targets take is read once, and forgotten as soon as nobody needs it any more."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.mapping import MappedSource
from reconciler.core.model import Reading
from reconciler.errors import SourceUnavailable
from reconciler.manifest.load import Project
from reconciler.pipeline.shared import SharedReads
from support.manifests import built_all, document, source

NAMES = "abcd"


def projects(*taken: str) -> tuple[Project, ...]:
    """Return a project for each target, which takes the sources of these letters."""
    targets = [
        document("Target", f"read: csv\ncsv: {{export: {at}.csv}}\nsources: [{', '.join(letters)}]", f"t{at}")
        for at, letters in enumerate(taken)
    ]
    made, problems = built_all(*targets, *(source(name=name) for name in NAMES))
    assert problems == []
    return made


class Reads:
    """Counts how often each source was read; those of `broken` fail."""

    def __init__(self, targets: tuple[Project, ...], broken: str = "") -> None:
        self.shared = SharedReads(targets)
        self.count: Counter[str] = Counter()
        self._rules = {rules.name: rules for project in targets for rules, _ in project.sources}
        self._broken = broken

    def __call__(self, target: str, name: str) -> MappedSource:
        def read() -> MappedSource:
            self.count[name] += 1
            if name in self._broken:
                raise SourceUnavailable(f"{name} is away", hint="wait")
            return MappedSource(self._rules[name], [], [f"read {self.count[name]}"], Reading(0))

        return self.shared.source(target, name, read)


takings = st.lists(st.sets(st.sampled_from(NAMES)).map(sorted).map("".join), min_size=1, max_size=5)


@given(takings)
def test_each_source_is_read_once_and_never_before_somebody_takes_it(taken: list[str]) -> None:
    reads = Reads(projects(*taken))
    begun: set[str] = set()
    for at, letters in enumerate(taken):
        for name in letters:
            assert reads(f"t{at}", name).origins == ["read 1"]
        begun |= set(letters)
        assert reads.count == Counter(begun)


class Watched(MappedSource):
    """A mapped source of which can be told whether it is still there."""


def alive(reads: Reads, target: str, name: str) -> Callable[[], bool]:
    """Let a target read a source, and return what says whether the source is still kept."""
    rules = reads(target, "a").rules
    there = weakref.ref(reads.shared.source(target, name, lambda: Watched(rules, [], [], Reading(0))))

    def kept() -> bool:
        gc.collect()
        return there() is not None

    return kept


def test_what_nobody_needs_any_more_is_forgotten() -> None:
    reads = Reads(projects("ab", "a", "b", "c"))
    kept = alive(reads, "t0", "b")
    reads("t1", "a")
    assert kept()
    reads("t2", "b")
    assert not kept()


def test_what_the_last_did_not_come_to_read_is_forgotten_with_the_next_turn() -> None:
    reads = Reads(projects("ab", "b", "c"))
    kept = alive(reads, "t0", "b")
    assert kept()
    reads("t2", "c")
    assert not kept()


def test_a_read_that_failed_has_failed_for_all() -> None:
    reads = Reads(projects("ab", "b", "b"), broken="b")
    told = []
    for target in ("t0", "t1", "t2"):
        with pytest.raises(SourceUnavailable) as caught:
            reads(target, "b")
        told.append(str(caught.value))
    assert set(told) == {"b is away\n  hint: wait"}
    assert reads.count == Counter("b")


def test_what_one_target_takes_alone_is_not_kept() -> None:
    reads = Reads(projects("a", "b"))
    assert reads("t0", "a").origins == ["read 1"]
    assert reads("t0", "a").origins == ["read 2"]
