"""Whether a source's read is believed, and whether somebody may be removed on its word.

A read that holds less than the manifest says is refused whole. Of one that ended well it is asked what
shows that it holds everybody: the end alone does not, since a source that lost its view of half its
people ends as well. What is lacking withholds removals from that source, unless the manifest accepts
that lack by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from reconciler.core.history import ComparedRead
from reconciler.core.model import Doubt, Fact, Reading
from reconciler.core.rules import Expectation, SourceRules
from reconciler.errors import SourceDataError


class Standing(StrEnum):
    """How one proof stands."""

    PROVEN = "proven"
    ABSENT = "absent"
    """There is nothing to look at; that alone withholds nothing, as long as another proof stands."""
    DOUBTFUL = "doubtful"
    """Nobody is removed on the word of this source."""
    ACCEPTED = "accepted"
    """It would be doubtful, and the manifest accepts it by name."""


class Proof(NamedTuple):
    """One thing that shows, or does not show, that a read holds everybody; `detail` names nobody."""

    name: str
    standing: Standing
    detail: str


def believe(rules: SourceRules, names: Collection[str]) -> None:
    """Raise SourceDataError when a read holds less than the manifest says it must (design.md section 7.1)."""
    expect = rules.expect
    if len(names) < expect.minimum_records:
        raise SourceDataError(
            f"{len(names)} records were read, and at least {expect.minimum_records} are expected",
            hint="look at the source first; expect.minimumRecords is the number to change if it is right",
            where=rules.name,
        )
    absent = set(expect.sentinels).difference(names)
    if absent:
        raise SourceDataError(
            f"{', '.join(sorted(absent))} must be among the records and is not",
            hint="the source may show only a part of itself; expect.sentinels names who must be there",
            where=rules.name,
        )


def told_twice(names: Collection[str]) -> tuple[Fact, ...]:
    """Return the doubt about records that bear the same user name.

    A list that shifts while it is read shows some people again in the place of others; its count is right.
    """
    again = len(names) - len(set(names))
    if not again:
        return ()
    told = "1 record bears" if again == 1 else f"{again} records bear"
    return (Fact(Doubt.TWICE, f"{told} the user name of another one, and may stand in the place of others"),)


def weigh(expect: Expectation, reading: Reading, compared: ComparedRead | None = None) -> tuple[Proof, ...]:
    """Return what shows that a read that was believed holds everybody, and what speaks against it.

    It is `compared` with the last good read, where that is remembered. To have as many again proves
    nothing (a source that shows half of itself shows it every day); to have many fewer is a doubt.
    """
    end = Proof("end", Standing.PROVEN, "the source said that this was the end")
    sizes = tuple(_sizes(expect, reading))
    doubts = list(reading.doubts)
    if not any(proof.standing is Standing.PROVEN for proof in sizes):
        doubts.append(Fact(Doubt.NO_COUNT, "nothing but the end shows how many there must be"))
    if compared and compared.dropped:
        doubts.append(Fact(Doubt.DROPPED, compared.dropped))
    return (end, *sizes, *_last_read(compared), *(_doubted(doubt, expect) for doubt in doubts))


def lacking(proofs: Iterable[Proof] | None) -> tuple[str, ...]:
    """Return the names of what withholds removals; a source of whose read nothing is known lacks all."""
    if proofs is None:
        return ("end",)
    return tuple(dict.fromkeys(proof.name for proof in proofs if proof.standing is Standing.DOUBTFUL))


def _sizes(expect: Expectation, reading: Reading) -> Iterator[Proof]:
    """Yield what says how many there must be, beside the end itself."""
    if reading.counted is None:
        yield Proof("count", Standing.ABSENT, "the source does not count")
    else:
        yield Proof("count", Standing.PROVEN, f"the source counts {reading.counted}")
    if expect.minimum_records > 1:
        yield Proof("minimum", Standing.PROVEN, f"at least {expect.minimum_records} are expected")
    else:
        yield Proof("minimum", Standing.ABSENT, "expect.minimumRecords does not ask for more than one")
    if expect.sentinels:
        yield Proof("sentinels", Standing.PROVEN, f"{len(expect.sentinels)} of {len(expect.sentinels)} there")
    else:
        yield Proof("sentinels", Standing.ABSENT, "expect.sentinels names nobody")


def _last_read(compared: ComparedRead | None) -> Iterator[Proof]:
    if compared is None:
        return
    if compared.before is None:
        yield Proof("last-read", Standing.ABSENT, "the ledger knows of no read before this one")
    else:
        standing = Standing.ABSENT if compared.dropped else Standing.PROVEN
        yield Proof("last-read", standing, f"the last good read held {compared.before}")


def _doubted(doubt: Fact, expect: Expectation) -> Proof:
    standing = Standing.ACCEPTED if doubt.name in expect.accept else Standing.DOUBTFUL
    return Proof(str(doubt.name), standing, doubt.value)
