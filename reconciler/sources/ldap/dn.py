"""Distinguished names as text (RFC 4514): taken apart, compared, put under each other.

White space around separators is accepted beyond the RFC, since people write ``ou=People, dc=x``.
What LDAPv2 had besides (quotes, semicolons, ``OID.1.2=``) is not.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, TypeAlias

from reconciler.core.normal import fold


class Part(NamedTuple):
    """One attribute of a level: its type as spelled, and its value without escapes."""

    type: str
    value: str


Level: TypeAlias = tuple[Part, ...]
"""One level of a DN; nearly always one part, more are joined by ``+``."""

_TYPE = re.compile(r" *([A-Za-z][A-Za-z0-9-]*|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+) *= *")
_HEX = re.compile(r"#((?:[0-9A-Fa-f]{2})+) *(?=[,+]|\Z)")
_VALUE = re.compile(r'(?:[^\\"+,;<>\x00]|\\[0-9A-Fa-f]{2}|\\[ "#+,;<=>\\])*')
_ESCAPE = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)")
_WORD = r"[!$-*\--:?-\[\]-~]+"
_LEVEL = rf"(?:cn|ou|dc|uid|o|l|st|c)={_WORD}(?: {_WORD})*"
_PLAIN = re.compile(rf"{_LEVEL}(?:,{_LEVEL})*", re.ASCII | re.IGNORECASE)
"""Most DNs: ASCII, one part a level, nothing escaped; lower case is all they need to be comparable."""

_SAME_TYPES = {
    "2.5.4.3": "cn",
    "commonname": "cn",
    "2.5.4.7": "l",
    "localityname": "l",
    "2.5.4.8": "st",
    "stateorprovincename": "st",
    "2.5.4.10": "o",
    "organizationname": "o",
    "2.5.4.11": "ou",
    "organizationalunitname": "ou",
    "2.5.4.6": "c",
    "countryname": "c",
    "2.5.4.9": "street",
    "streetaddress": "street",
    "0.9.2342.19200300.100.1.25": "dc",
    "domaincomponent": "dc",
    "0.9.2342.19200300.100.1.1": "uid",
    "userid": "uid",
}
"""Other names of the types that RFC 4514 section 3 lists."""

_BER_STRINGS = frozenset((b"\x04", b"\x0c", b"\x13", b"\x16"))
"""The tags of OCTET STRING, UTF8String, PrintableString and IA5String."""

_ESCAPED_FIRST = frozenset(" #")
_ESCAPED = frozenset('"+,;<>\\')


def parse_dn(text: str) -> tuple[Level, ...]:
    """Return the levels, the entry's own first; raise ValueError, fit for a person, for what is no DN."""
    if not text.strip():
        return ()
    levels: list[Level] = []
    parts: list[Part] = []
    at = 0
    while True:
        part, at = _part(text, at)
        parts.append(part)
        if text[at : at + 1] != "+":
            levels.append(tuple(parts))
            parts = []
        if at == len(text):
            return tuple(levels)
        at += 1


def _part(text: str, at: int) -> tuple[Part, int]:
    """Return the part at a position, and where the separator behind it stands (or the text ends)."""
    name = _TYPE.match(text, at)
    if name is None:
        raise ValueError(f"{text!r} is no DN: attribute=value is expected at {text[at:]!r}")
    at = name.end()
    binary = _HEX.match(text, at)
    if binary is not None:
        return Part(name[1], _from_ber(bytes.fromhex(binary[1]))), binary.end()
    if text[at : at + 1] == "#":
        raise ValueError(f"{text!r} is no DN: '#' begins pairs of hexadecimal digits")
    value = _VALUE.match(text, at)
    end = at if value is None else value.end()
    if end < len(text) and text[end] not in ",+":
        raise ValueError(f"{text!r} is no DN: {text[end]!r} of {name[1]} needs a backslash before it")
    return Part(name[1], _unescaped(_trimmed(text[at:end]))), end


def _trimmed(value: str) -> str:
    """Return the value without the spaces behind it that no backslash keeps."""
    bare = value.rstrip(" ")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if backslashes % 2 and len(bare) < len(value) else bare


def _unescaped(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda found: found[2] or _decoded(bytes.fromhex(found[1].replace("\\", ""))), value)


def _from_ber(raw: bytes) -> str:
    """Return the text of a BER string with a short length, or the hexadecimal form of anything else."""
    tag, length, content = raw[:1], raw[1:2], raw[2:]
    return _decoded(content) if tag in _BER_STRINGS and length == bytes([len(content)]) else f"#{raw.hex()}"


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"a DN holds {raw.hex(' ')}, which is not UTF-8") from None


def escape_value(value: str) -> str:
    """Return a value as it stands in a DN."""
    escaped = "".join(f"\\{char}" if char in _ESCAPED else char for char in value).replace("\0", "\\00")
    if escaped[:1] in _ESCAPED_FIRST and escaped:
        escaped = f"\\{escaped}"
    if escaped.endswith(" ") and escaped != "\\ ":
        escaped = f"{escaped[:-1]}\\ "
    return escaped


def comparable_dn(text: str) -> str:
    """Return one spelling for all spellings of a DN, for comparing only; raise ValueError like `parse_dn`.

    Case, white space, escapes, names of types and the order within a level do not count, as in the
    matching rule of nearly all naming attributes (caseIgnoreMatch, RFC 4517 section 4.2.11).
    """
    return text.lower() if _PLAIN.fullmatch(text) else comparable(parse_dn(text))


def comparable(levels: tuple[Level, ...]) -> str:
    """Return `comparable_dn` of levels."""
    return ",".join("+".join(sorted(map(_comparable_part, level))) for level in levels)


def short_type(name: str) -> str:
    """Return the one name of a type that has several: ``ou`` for ``OU`` and ``2.5.4.11``."""
    return _SAME_TYPES.get(name.lower(), name.lower())


def _comparable_part(part: Part) -> str:
    value = fold(" ".join(unicodedata.normalize("NFKC", part.value).split()))
    return f"{short_type(part.type)}={escape_value(value)}"


def is_within(dn: tuple[Level, ...], base: tuple[Level, ...]) -> bool:
    """Return whether a DN is the base or stands under it."""
    return len(dn) >= len(base) and comparable(dn[len(dn) - len(base) :]) == comparable(base)
