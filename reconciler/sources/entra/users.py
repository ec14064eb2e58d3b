"""From users as Graph shows them to columns: which properties to ask for, whom to keep, what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from reconciler.core.model import Cell
from reconciler.errors import SourceDataError
from reconciler.sources.entra import EntraUsers
from reconciler.sources.entra.graph import Page, Record

Column: TypeAlias = Callable[[Page], Sequence[Cell]]

UPN: Final = "userPrincipalName"
_JOINED: Final = "onPremisesSamAccountName@onPremisesDomainName"
_SPELLED: Final = {"employeeID": "employeeId", "objectId": "id", "objectID": "id"}
"""What MyQ's form calls a property, where Graph spells it otherwise (myq.md section 3.3)."""


class Columns:
    """The columns of the attributes that the manifest needs, and the properties they take.

    An attribute is a property of Graph's user; ``a/b`` is a property within one; ``upnPrefix`` and
    ``onPremisesSamAccountName@onPremisesDomainName`` are MyQ's. `own` has the cells of the reader's own
    attributes by object id.
    """

    def __init__(self, attributes: Sequence[str], own: Mapping[str, Mapping[str, Cell]]) -> None:
        self._columns = [_looked_up(own[name]) if name in own else _column(name) for name in attributes]
        self.properties = frozenset(
            name for attribute in attributes if attribute not in own for name in _properties(attribute)
        )

    def of(self, page: Page) -> list[Sequence[Cell]]:
        """Return the columns of one page."""
        return [column(page) for column in self._columns]

    def check(self) -> None:
        """Refuse an attribute that nobody has, not even empty: its name is wrong."""
        for column in self._columns:
            if isinstance(column, _Plain | _Nested):
                column.check()


def _column(attribute: str) -> Column:
    if attribute.startswith("@"):
        raise SourceDataError(
            f"there is no attribute {attribute}",
            hint="names with @ in front are the reader's own, one for each import of memberships",
            where=attribute,
        )
    if attribute == "upnPrefix":
        return _upn_prefixes
    if attribute == _JOINED:
        return _joined_names
    if "/" in attribute:
        return _Nested(attribute)
    return _Plain(_SPELLED.get(attribute, attribute))


def _looked_up(cells: Mapping[str, Cell]) -> Column:
    return lambda page: [cells.get(record["id"], "") for record in page]


def _properties(attribute: str) -> tuple[str, ...]:
    if attribute == "upnPrefix":
        return (UPN,)
    if attribute == _JOINED:
        return tuple(_JOINED.split("@"))
    return (_SPELLED.get(attribute, attribute.partition("/")[0]),)


class _Plain:
    """A column of a property; remembers whether anybody has it, be it empty.

    Graph takes a name in any case and answers in its own, so a name in the wrong case would read as
    empty for everybody. Only extensions (their names have an underscore) may be absent from all.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._met = "_" in name
        self._missed = False

    def __call__(self, page: Page) -> Sequence[Cell]:
        name = self._name
        if not self._met:
            self._met = any(name in record for record in page)
            self._missed = self._missed or bool(page)
        return _cells([record.get(name) for record in page], name)

    def check(self) -> None:
        if self._missed and not self._met:
            raise _nobody_has(self._name, self._name)


def _upn_prefixes(page: Page) -> Sequence[Cell]:
    return [(record.get(UPN) or "").partition("@")[0] for record in page]


def _joined_names(page: Page) -> Sequence[Cell]:
    account, domain = _JOINED.split("@")
    pairs = [(record.get(account), record.get(domain)) for record in page]
    return [f"{name}@{at}" if name and at else "" for name, at in pairs]


class _Nested:
    """A column of a property within a property; remembers whether anybody has it, be it empty."""

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute
        self._outer, *self._inner = attribute.split("/")
        self._met = [False] * len(self._inner)
        self._missed = [False] * len(self._inner)

    def __call__(self, page: Page) -> Sequence[Cell]:
        values = [record.get(self._outer) for record in page]
        for level, name in enumerate(self._inner):
            if not self._met[level]:
                held = [value for value in values if value is not None]
                self._missed[level] = self._missed[level] or bool(held)
                self._met[level] = any(isinstance(value, dict) and name in value for value in held)
            values = [value.get(name) if value.__class__ is dict else None for value in values]
        return _cells(values, self._attribute)

    def check(self) -> None:
        for name, missed, met in zip(self._inner, self._missed, self._met, strict=True):
            if missed and not met:
                raise _nobody_has(self._attribute, name)


def _nobody_has(attribute: str, name: str) -> SourceDataError:
    return SourceDataError(
        f"no user has {name}, not even an empty one",
        hint="spell it as Graph does, in upper and lower case, such as employeeId or "
        "onPremisesExtensionAttributes/extensionAttribute1",
        where=attribute,
    )


def _cells(values: Sequence[Any], name: str) -> Sequence[Cell]:
    return [
        value if value.__class__ is str else "" if value is None or value == [] else _cell(value, name)
        for value in values
    ]


def _cell(value: Any, name: str) -> Cell:  # noqa: ANN401  whatever JSON can hold
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        values = tuple(filter(None, (_one(item, name) for item in value)))
        return values if len(values) > 1 else "".join(values)
    raise _no_value(name)


def _one(item: Any, name: str) -> str:  # noqa: ANN401  whatever JSON can hold
    cell = "" if isinstance(item, list) else _cell(item, name)
    if isinstance(cell, str) and not isinstance(item, list):
        return cell
    raise _no_value(name)


def _no_value(name: str) -> SourceDataError:
    return SourceDataError(
        f"{name} holds no value but properties of its own",
        hint=f"name one of them: {name}/...",
        where=name,
    )


class Choice:
    """Whom of the users to import; counts whom it leaves out, by reason."""

    def __init__(self, users: EntraUsers) -> None:
        self._users = users
        self._tells_mailboxes = users.disabled != users.shared_mailboxes
        self.left_out: Counter[str] = Counter()

    @property
    def properties(self) -> frozenset[str]:
        """Return the properties that the choice looks at."""
        users = self._users
        account = () if users.disabled and users.shared_mailboxes else ("accountEnabled",)
        mailbox = ("assignedLicenses", "mail") if self._tells_mailboxes else ()
        guest = () if users.guests else ("userType",)
        return frozenset((*account, *mailbox, *guest))

    def of(self, page: Page) -> Page:
        """Return the users to import."""
        for record in page:
            if record.get("accountEnabled") is False or record.get("userType") == "Guest":
                return [record for record in page if self._keeps(record)]
        return page

    def _keeps(self, record: Record) -> bool:
        users = self._users
        reason = ""
        if not users.guests and record.get("userType") == "Guest":
            reason = "guests"
        elif record.get("accountEnabled") is False:
            if self._tells_mailboxes and record.get("mail") and not record.get("assignedLicenses"):
                reason = "" if users.shared_mailboxes else "shared mailboxes"
            else:
                reason = "" if users.disabled else "disabled"
        if reason:
            self.left_out[reason] += 1
        return not reason
