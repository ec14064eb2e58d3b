"""A server's JSON and our values, in both directions, and nothing else (myq.md section 6.3).

A `Wire` is made once of a binding's shapes and used for every object: it holds what is looked up where,
so that an object costs no more than its own keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from reconciler.core.change import Value
from reconciler.core.groups import ALL_USERS
from reconciler.core.model import INDEX, MANY, Account, Property, User
from reconciler.errors import TargetError
from reconciler.sources.answer import Json
from reconciler.sources.myq_binding import Binding, Deleted, FieldShape, Reference
from reconciler.sources.myq_json import at, getter, put
from reconciler.sources.myq_pages import MISREAD

PathOf = Callable[[object, Reference], str]
"""Returns the path of a group that is named by an id or a name; ``""`` for the group of all users."""

NameOf = Callable[[str, Reference], object]
"""Returns what names the group at a path."""

_GROUPS = frozenset({Property.GROUPS, Property.DEFAULT_GROUP})
_RIGHTS = ("delegates", "permissions")
"""What MyQ's answer calls the rights of a user (myq.md section 6.3); what can stand in them is not said."""
_GROUPS_AT = INDEX[Property.GROUPS]


class _Reads(NamedTuple):
    """How one property is read: its place in `User`, its key, what gets it, and what makes a value of it."""

    at: int
    key: str
    get: Callable[[dict[str, Any]], Any]
    shape: FieldShape
    many: bool
    by_path: bool


class Wire:
    """Reads and writes the objects of one server; the groups are asked of whoever knows them."""

    def __init__(self, binding: Binding, path_of: PathOf, name_of: NameOf) -> None:
        self._shape = binding.user
        self._separator = binding.group.separator
        self._path_of = path_of
        self._name_of = name_of
        self._id = getter(binding.user.id)
        self._deleted = None if binding.user.deleted is None else _deletion(binding.user.deleted)
        self._blank: list[Value] = [() if prop in MANY else "" for prop in INDEX]
        name = binding.user.fields[Property.USER_NAME]
        self._name = getter(name.key)
        shown = {prop: shape for prop, shape in binding.user.fields.items() if shape.key}
        self._plain = tuple(
            (INDEX[prop], shape.key) for prop, shape in shown.items() if _is_plain(prop, shape)
        )
        self._reads = tuple(
            _Reads(INDEX[prop], shape.key, getter(shape.key), shape, prop in MANY, prop not in _GROUPS)
            for prop, shape in shown.items()
            if not _is_plain(prop, shape)
        )

    def account(self, answer: object, more: Mapping[Property, tuple[str, ...]] | None = None) -> Account:
        """Return the account that one user object describes; `more` are properties read elsewhere.

        Raises TargetError when a key has a value of another kind than is expected: a value that is
        misread would be written back wrong.
        """
        if not isinstance(answer, dict):
            raise misread("a user without id or username")
        id_ = self.id_of(answer)
        deleted = self._deleted is not None and self._deleted(answer)
        values = self._values(answer)
        for prop, held in (more or {}).items():
            values[INDEX[prop]] = tuple(sorted(set(held)))
        if ALL_USERS in values[_GROUPS_AT]:
            values[_GROUPS_AT] = tuple(path for path in values[_GROUPS_AT] if path != ALL_USERS)
        return Account(User._make(values), str(id_), not deleted, _rights(answer))

    def _values(self, answer: dict[str, Any]) -> list[Value]:
        """Return what an object says of each property, in their order."""
        values = list(self._blank)
        for position, key in self._plain:
            value = answer.get(key)
            if isinstance(value, str):
                values[position] = value
            elif value is not None:
                raise misread(f"{key} is no text")
        for reads in self._reads:
            value = reads.get(answer)
            if value is not None and not (reads.many and value == []):
                values[reads.at] = self._many(reads, value) if reads.many else self._one(reads, value)
        return values

    def id_of(self, answer: object) -> int | str:
        """Return the id of a user object, which has a user name as well."""
        id_ = self._id(answer) if isinstance(answer, dict) else None
        if id_ in (None, "") or not self.name(answer):
            raise misread("a user without id or username")
        if type(id_) not in {int, str}:
            raise misread(f"{self._shape.id} is no number and no text")
        checked: int | str = id_
        return checked

    def name(self, answer: object) -> object:
        """Return the user name of a user object."""
        return self._name(answer) if isinstance(answer, dict) else None

    def _one(self, reads: _Reads, value: Json) -> str:
        if reads.shape.item:
            value = at(value, reads.shape.item)
        if not reads.by_path and reads.shape.reference is not Reference.PATH:
            return self._path_of(value, reads.shape.reference) if value != "" else ""
        if not isinstance(value, str):
            raise misread(f"{reads.key} is no text")
        return value if reads.by_path else path_of(value, self._separator)

    def _many(self, reads: _Reads, value: Json) -> tuple[str, ...]:
        shape = reads.shape
        if shape.joined and isinstance(value, str):
            value = [part for part in (one.strip() for one in value.split(shape.joined)) if part]
        if not isinstance(value, list):
            raise misread(f"{reads.key} is no list of texts")
        if shape.item:
            value = [at(one, shape.item) for one in value]
        return tuple(sorted(set(self.values(reads.key, value, shape.reference, groups=not reads.by_path))))

    def values(self, key: str, told: list[Any], reference: Reference, *, groups: bool) -> list[str]:
        """Return values as we name them; of groups, their paths."""
        if groups and reference is not Reference.PATH:
            return [path for path in (self._path_of(one, reference) for one in told) if path]
        if not all(isinstance(one, str) for one in told):
            raise misread(f"{key} is no list of texts")
        return [path_of(one, self._separator) for one in told] if groups else told

    def body(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return a request's body for property values under our names."""
        body: dict[str, Any] = {}
        for name, value in values.items():
            prop = Property(name)
            shape = self._shape.fields[prop]
            said = self._said(prop, shape, value)
            if "." in shape.written:
                put(body, shape.written, said)
            else:
                body[shape.written] = said
        return body

    def _said(self, prop: Property, shape: FieldShape, value: Value) -> object:
        if isinstance(value, str):
            return self.group(value, shape.reference) if prop is Property.DEFAULT_GROUP else value
        told = [self.group(one, shape.reference) for one in value] if prop is Property.GROUPS else list(value)
        if shape.joined:
            return shape.joined.join(map(str, told))
        return [{shape.item: one} for one in told] if shape.item and shape.written == shape.key else told

    def group(self, path: str, reference: Reference) -> object:
        """Return what names a group in a body; none is null where ids name them."""
        if reference is Reference.PATH:
            return path if self._separator == "|" else path.replace("|", self._separator)
        return self._name_of(path, reference) if path else None


def _is_plain(prop: Property, shape: FieldShape) -> bool:
    """Return whether a property is just a text under a key of the object itself, as most are."""
    return prop not in MANY | _GROUPS and not shape.item and "." not in shape.key


def path_of(told: str, separator: str) -> str:
    """Return a group's path as we write it, of one that a server cuts into levels at a separator."""
    if separator == "|":
        return told
    if "|" in told:
        raise misread("the name of a group holds the sign |, which is ours between levels")
    return told.replace(separator, "|")


def shows_rights(answer: object) -> bool:
    """Return whether a user object says anything of rights or delegates, be it that there are none."""
    return isinstance(answer, dict) and any(key in answer for key in _RIGHTS)


def _rights(answer: dict[str, Any]) -> tuple[str, ...]:
    """Return which lists of rights and of delegates have something in them, whatever that is."""
    return tuple([key for key in _RIGHTS if answer.get(key)])


def _deletion(shape: Deleted) -> Callable[[Any], bool]:
    get = getter(shape.key)

    def deleted(answer: dict[str, Any]) -> bool:
        value = get(answer)
        text = _word(value)
        if text in shape.when:
            return True
        if text in shape.otherwise:
            return False
        raise misread(f"{shape.key} is neither of what it may be: {str(value)[:40]!r}")

    return deleted


def _word(value: object) -> str:
    """Return a JSON value as a binding writes it; 1 and 0 are how some servers say true and false."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def misread(what: str) -> TargetError:
    """Return the error for an answer that is of another shape than the binding says."""
    return TargetError(f"MyQ's answer cannot be understood: {what}", hint=MISREAD)
