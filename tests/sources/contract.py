"""What every reader of a source does, whatever it reads; the contract of `reconciler.sources.base`.

class TestCsvReader(ReaderContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> KnownSource:
        return CsvPeople(tmp_path)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Protocol

import pytest

from reconciler.core.model import Batch, Cell, Read, Reading
from reconciler.errors import SourceDataError, SourceError
from reconciler.sources.base import Reader

FEW = 7
LARGEST_BATCH = 10_000


class KnownSource(Protocol):
    """A source of one kind, whose people the test knows."""

    attributes: tuple[str, ...]
    """Two at least, in an order of no meaning."""
    many: int
    """So many people that one batch does not hold them."""

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        """Return what the first so many people have of `attributes`, in the order of the source."""
        ...

    def reader(self, count: int) -> Reader:
        """Return a reader over the first so many people."""
        ...

    def broken(self, count: int, after: int) -> Reader:
        """Return a reader over as many people, whose source breaks off after some of them."""
        ...

    def held(self) -> int:
        """Return how many files or connections to this source are open now."""
        ...


class ReaderContract:
    """Derive from it, and give it the fixture `source`."""

    @pytest.fixture
    def source(self) -> KnownSource:
        raise NotImplementedError

    def test_every_person_comes_once_and_in_order(self, source: KnownSource) -> None:
        batches, _ = _run(source.reader(source.many).read(source.attributes))
        assert len(batches) > 1
        assert list(_records(batches)) == list(source.people(source.many))

    def test_batches_hold_columns_of_one_length(self, source: KnownSource) -> None:
        batches, _ = _run(source.reader(source.many).read(source.attributes))
        for batch in batches:
            assert 0 < len(batch.origins) <= LARGEST_BATCH
            assert len(batch.columns) == len(source.attributes)
            assert {len(column) for column in batch.columns} == {len(batch.origins)}

    def test_cells_hold_values_and_no_emptiness(self, source: KnownSource) -> None:
        batches, _ = _run(source.reader(FEW).read(source.attributes))
        for cell in (cell for record in _records(batches) for cell in record):
            assert isinstance(cell, str) or (len(cell) > 1 and all(cell))

    def test_columns_stand_in_the_order_asked_for(self, source: KnownSource) -> None:
        people = source.people(FEW)
        for order in permutations(range(len(source.attributes))):
            batches, _ = _run(source.reader(FEW).read(tuple(source.attributes[at] for at in order)))
            assert list(_records(batches)) == [tuple(person[at] for at in order) for person in people]

    def test_one_attribute_alone_has_the_same_values(self, source: KnownSource) -> None:
        for at, attribute in enumerate(source.attributes):
            batches, reading = _run(source.reader(FEW).read((attribute,)))
            assert list(_records(batches)) == [(person[at],) for person in source.people(FEW)]
            assert reading.records == FEW
            assert reading.counted is None or reading.counted >= FEW
            assert reading.doubts == ()

    def test_people_are_counted_when_nothing_is_asked_of_them(self, source: KnownSource) -> None:
        batches, reading = _run(source.reader(FEW).read(()))
        assert sum(len(batch.origins) for batch in batches) == reading.records == FEW

    def test_an_attribute_that_the_source_cannot_have_is_named(self, source: KnownSource) -> None:
        read = source.reader(FEW).read((*source.attributes, "@no-such-thing"))
        with pytest.raises(SourceDataError, match="@no-such-thing"):
            _run(read)
        assert source.held() == 0

    def test_the_reading_says_why_these_are_all(self, source: KnownSource) -> None:
        batches, reading = _run(source.reader(source.many).read(source.attributes))
        assert reading.records == sum(len(batch.origins) for batch in batches)
        assert all(fact.name and fact.value for fact in reading.facts)
        assert reading.facts

    def test_origins_tell_people_apart(self, source: KnownSource) -> None:
        batches, _ = _run(source.reader(source.many).read(source.attributes))
        origins = [origin for batch in batches for origin in batch.origins]
        assert all(origins)
        assert len(set(origins)) == len(origins)

    def test_nothing_is_read_before_it_is_asked_for(self, source: KnownSource) -> None:
        read = source.broken(FEW, after=0).read(source.attributes)
        assert source.held() == 0
        read.close()

    @pytest.mark.parametrize("after", [0, 1, FEW - 1])
    def test_a_source_that_breaks_off_gives_no_reading(self, source: KnownSource, after: int) -> None:
        with pytest.raises(SourceError) as caught:
            _run(source.broken(FEW, after).read(source.attributes))
        assert caught.value.where
        assert caught.value.hint
        assert source.held() == 0

    def test_a_source_that_breaks_off_late_gives_no_reading(self, source: KnownSource) -> None:
        read = source.broken(source.many, source.many - 1).read(source.attributes)
        assert next(read).origins
        with pytest.raises(SourceError):
            _run(read)
        assert source.held() == 0

    @pytest.mark.parametrize("boundary", [499, 500, 501, 1000])
    def test_a_source_that_breaks_off_at_a_page_gives_no_reading(
        self, source: KnownSource, boundary: int
    ) -> None:
        with pytest.raises(SourceError):
            _run(source.broken(source.many, min(boundary, source.many - 1)).read(source.attributes))

    def test_closing_early_frees_what_is_held(self, source: KnownSource) -> None:
        read = source.reader(source.many).read(source.attributes)
        next(read)
        assert source.held() > 0
        read.close()
        assert source.held() == 0

    def test_reading_to_the_end_frees_what_is_held(self, source: KnownSource) -> None:
        _run(source.reader(FEW).read(source.attributes))
        assert source.held() == 0

    def test_two_reads_give_the_same(self, source: KnownSource) -> None:
        reader = source.reader(source.many)
        first, second = (_run(reader.read(source.attributes)) for _ in range(2))
        assert list(_records(first[0])) == list(_records(second[0]))
        assert _origins(first[0]) == _origins(second[0])
        assert first[1] == second[1]


def _run(read: Read) -> tuple[list[Batch], Reading]:
    """Return all batches, and what was returned at the end."""
    readings: list[Reading] = []

    def to_the_end() -> Iterator[Batch]:
        readings.append((yield from read))

    batches = list(to_the_end())
    assert isinstance(readings[0], Reading)
    return batches, readings[0]


def _records(batches: Sequence[Batch]) -> Iterator[tuple[Cell, ...]]:
    for batch in batches:
        yield from zip(*batch.columns, strict=True)


def _origins(batches: Sequence[Batch]) -> list[str]:
    return [origin for batch in batches for origin in batch.origins]
