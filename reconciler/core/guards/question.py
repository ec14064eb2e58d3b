"""What every guard is asked, and what it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.core.census import members
from reconciler.core.change import Change, lost
from reconciler.core.history import History
from reconciler.core.lookalikes import Likeness, lookalikes
from reconciler.core.model import SYSTEM_USER_MARK, Account, ActualState, Property
from reconciler.core.policy import Limit, Policy
from reconciler.core.rules import SourceRules
from reconciler.core.undone import Undone, undone
from reconciler.core.waiver import Waived

SHARE_FROM = 20
"""From so many accounts up a share means something (design.md section 7.3)."""

_SHOWN = 5
_GROUPS = Property.GROUPS.value


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one guard found: for the whole target, one source, or one group (`scope`).

    One that tripped stands in the way; one that would, and is waived by the policy, has not tripped.
    """

    guard: str
    scope: str
    count: int
    population: int
    limit: str
    tripped: bool
    message: str
    waived: Waived | None = None

    @property
    def percent(self) -> float | None:
        """The count as percent of those it is about; None where it is about no number of them."""
        return percent(self.count, self.population)

    @property
    def amount(self) -> str:
        """The count, what it is of, and its share, for people: ``9 of 150 (6 %)``."""
        return counted_of(self.count, self.population) if self.population else f"{self.count:,}"


@dataclass(frozen=True)
class Question:
    """All that a guard may look at; `former` has the groups that move, by the paths that changes name.

    `history` is what is remembered of the target; None without a ledger. No waiver holds in a run
    that does not know what time it is (`now`). What several ask for is found once.
    """

    changes: Sequence[Change]
    actual: ActualState
    sources: Sequence[SourceRules]
    policy: Policy
    former: Mapping[str, str] = field(default_factory=dict)
    history: History | None = None
    now: str = ""

    @cached_property
    def populations(self) -> tuple[tuple[str, int], ...]:
        """How many living accounts are ours, on the whole target ("") and from each of its sources."""
        users = [account.user for account in self.actual.accounts if account.active]
        living = Counter([user.source for user in users if user.user_name[:1] != SYSTEM_USER_MARK])
        if not self.actual.knows_source:
            return (("", living.total()),)
        ours = {rules.synchronization_source for rules in self.sources}
        owning = [rules for rules in self.sources if living[rules.synchronization_source]]
        each = [(rules.name, living[rules.synchronization_source]) for rules in owning]
        return (("", sum(living[source] for source in ours)), *(each if len(each) > 1 else []))

    @cached_property
    def touched(self) -> list[Account]:
        """The accounts that changes are about, and those that are deleted."""
        names = {change.name for change in self.changes}
        return [one for one in self.actual.accounts if one.user.user_name in names or not one.active]

    @cached_property
    def members(self) -> Counter[str]:
        """How many living accounts are in each group."""
        return members(self.actual)

    @cached_property
    def leavers(self) -> tuple[tuple[Change, tuple[str, ...]], ...]:
        """The changes by which accounts leave groups, each with those groups."""
        fields = ((change, change.field(_GROUPS)) for change in self.changes)
        left = ((change, lost(field)) for change, field in fields if field is not None)
        return tuple((change, paths) for change, paths in left if paths)

    @cached_property
    def likenesses(self) -> list[Likeness]:
        """The names that changes bring and that look like others."""
        return lookalikes(self.changes, self.actual)

    @cached_property
    def again(self) -> list[Undone]:
        """The changes that were carried out before."""
        return undone(self.changes, self.history)


def exceeds(limit: Limit, count: int, population: int) -> bool:
    """Return whether a count is over a limit: over the count and over the share, where both are said."""
    over = [] if limit.count is None else [count > limit.count]
    if limit.percent is not None and population >= SHARE_FROM:
        over.append(count * 100 > limit.percent * population)
    return bool(over) and all(over)


def percent(count: int, population: int) -> float | None:
    """Return a count as percent of a population, to one digit; None where there is nobody."""
    return round(count * 100 / population, 1) if population else None


def counted_of(count: int, population: int, what: str = "") -> str:
    """Return a count, what it is of, and its share: ``9 of 150 accounts (6 %)``."""
    share = percent(count, population) if count else None
    words = (f"{count:,} of {population:,}", what, "" if share is None else f"({share:g} %)")
    return " ".join(filter(None, words))


def describe(limit: Limit) -> str:
    """Return a limit in words: ``5 and 5 %``."""
    parts = [] if limit.count is None else [str(limit.count)]
    if limit.percent is not None:
        parts.append(f"{limit.percent:g} %")
    return " and ".join(parts) or "no limit"


def none_may(guard: str, found: Iterable[str], what: str) -> Verdict:
    """Return the answer of a guard that lets nothing of its kind pass; what was found is named."""
    named = sorted(found)
    message = f"{listed(named)} {what}" if named else "none"
    return Verdict(guard, "", len(named), 0, "0", bool(named), message)


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
