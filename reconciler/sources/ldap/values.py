"""From an entry's bytes to the cells of columns: text as text, and what is binary in its usual text form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from reconciler.core.model import Cell
from reconciler.errors import SourceDataError
from reconciler.sources.ldap.decode import Entry

AsText: TypeAlias = Callable[[bytes], str]

DN = "dn"
"""The attribute that every entry has by being one: its DN."""

_GUID_BYTES = 16
_SID_HEAD = 8


def guid_text(raw: bytes) -> str:
    """Return Active Directory's GUID as people write it; the first three of its parts are little-endian."""
    if len(raw) != _GUID_BYTES:
        raise ValueError(f"a GUID has 16 bytes, and this has {len(raw)}")
    return str(UUID(bytes_le=raw))


def sid_text(raw: bytes) -> str:
    """Return a security identifier as people write it: ``S-1-5-21-...``."""
    if len(raw) < _SID_HEAD or len(raw) != _SID_HEAD + 4 * raw[1]:
        raise ValueError(f"{raw.hex()} is no security identifier")
    authority = int.from_bytes(raw[2:_SID_HEAD], "big")
    parts = [int.from_bytes(raw[at : at + 4], "little") for at in range(_SID_HEAD, len(raw), 4)]
    return "-".join(map(str, ("S", raw[0], authority, *parts)))


def hex_text(raw: bytes) -> str:
    """Return bytes as hexadecimal digits."""
    return raw.hex()


_FORMS: Mapping[str, AsText] = MappingProxyType(
    {
        "objectguid": guid_text,
        "ms-ds-consistencyguid": guid_text,
        "msexchmailboxguid": guid_text,
        "objectsid": sid_text,
        "sidhistory": sid_text,
        "tokengroups": sid_text,
        "guid": hex_text,
    }
)
"""Binary attributes and their text forms; eDirectory's GUID has no form that all its tools share."""


def base_name(attribute: str) -> str:
    """Return an attribute's name without options, in lower case."""
    return attribute.partition(";")[0].lower()


def column(entries: Sequence[Entry], name: str) -> list[Cell]:
    """Return what each entry says of an attribute; several values are sorted and distinct.

    A directory keeps values in no order, and two replicas in two, so theirs is not ours.
    """
    if name.lower() == DN:
        return [dn for dn, _ in entries]
    as_text = _FORMS.get(base_name(name), bytes.decode)
    try:
        return [
            as_text(values[0])
            if (values := attributes.get(name)) and len(values) == 1
            else _several(as_text, values)
            for _, attributes in entries
        ]
    except ValueError:
        raise _undecodable(entries, name, as_text) from None


def _several(as_text: AsText, values: list[bytes] | None) -> Cell:
    if not values:
        return ""
    texts = sorted(filter(None, set(map(as_text, values))))
    return tuple(texts) if len(texts) > 1 else "".join(texts)


def _undecodable(entries: Sequence[Entry], name: str, as_text: AsText) -> SourceDataError:
    """Return the error for the first entry whose value has no text form."""
    dn, error = next(
        (dn, error)
        for dn, attributes in entries
        for value in attributes.get(name) or ()
        if (error := _failure(as_text, value))
    )
    if isinstance(error, UnicodeDecodeError):
        return SourceDataError(
            f"{name} is not text: it is binary, or not UTF-8",
            hint="map an attribute that holds text; objectGUID and objectSid have text forms",
            where=dn,
        )
    return SourceDataError(f"{name}: {error}", hint="look at the entry's value", where=dn)


def _failure(as_text: AsText, value: bytes) -> ValueError | None:
    try:
        as_text(value)
    except ValueError as error:
        return error
    return None
