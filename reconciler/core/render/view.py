"""What of a plan is looked at, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.core.change import Change, FieldChange, gained, lost
from reconciler.core.model import Property
from reconciler.core.notice import OF_NOBODY, Notice

_GROUP_FIELDS = frozenset({Property.GROUPS.value, Property.DEFAULT_GROUP.value, "path"})


@dataclass(frozen=True, slots=True)
class View:
    """What is shown, and how; the default shows everything.

    Of each filter an empty set means no filter; a group means itself and the groups below it.
    `limit` is how many changes of one action, and notices of one kind, are shown. `key` makes the
    pseudonyms of people; without one they are numbered, which nobody can guess either. `file` is the
    plan's file, for the commands that are proposed; "" for a plan that was not stored. So is `target`, the
    name of one of several targets. `masked` hides people as in comments, also where the format shows them to
    an operator.
    """

    sources: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    limit: int | None = None
    color: bool = False
    key: bytes = b""
    file: str = ""
    masked: bool = False
    target: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether a filter is set."""
        return bool(self.sources or self.users or self.groups or self.actions)

    def shows(self, change: Change) -> bool:
        """Return whether all filters let a change through."""
        return (
            (not self.sources or change.source in self.sources)
            and (not self.actions or change.action.value in self.actions)
            and (not self.users or not self.users.isdisjoint(user_names(change)))
            and (not self.groups or any(self._of_interest(path) for path in _paths(change)))
        )

    def tells(self, notice: Notice) -> bool:
        """Return whether a notice is shown: only a choice of users narrows them."""
        return not self.users or notice.name in self.users

    def _of_interest(self, path: str) -> bool:
        return any(path == group or path.startswith(f"{group}|") for group in self.groups)


def user_names(change: Change) -> tuple[str, ...]:
    """Return the user names in a change: the account's, and of a rename both."""
    if change.is_group:
        return ()
    renamed = change.field(Property.USER_NAME.value)
    return (change.name, *_both(renamed)) if renamed else (change.name,)


def noticed_name(notice: Notice) -> str:
    """Return the user name that a notice is about, "" when it is about nobody."""
    return "" if notice.kind in OF_NOBODY else notice.name


def _paths(change: Change) -> Iterable[str]:
    """Return the groups that a change is about: joined, left, created, moved."""
    if change.is_group:
        yield change.name
    for field in change.fields:
        if field.field in _GROUP_FIELDS:
            yield from _both(field)


def _both(field: FieldChange) -> tuple[str, ...]:
    return *lost(field), *gained(field)
