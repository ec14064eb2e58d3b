"""MyQ's template language: which attributes make a value (myq.md sections 2.3 and 2.4).

mail                one attribute
alias1;alias2       the values of several attributes, for properties that hold many
%company%_%l%       text with attributes between percent signs; ``%%`` is a percent sign
%company%|%dept%    the same with levels of a group tree
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = re.compile(r"%([^%]*)%|([^%]+)")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template: either a list of attributes, or levels of text and attributes.

    `levels` is empty for a bare attribute list. Otherwise each level is a tuple of parts, and a part
    is ``(text, "")`` or ``("", attribute)``.
    """

    text: str
    attributes: tuple[str, ...]
    levels: tuple[tuple[tuple[str, str], ...], ...] = ()


def parse_template(text: str, *, several: bool = False, tree: bool = False) -> Template:
    """Return the parsed template, or raise ValueError with a message fit for a person.

    `several` permits ``a;b``; `tree` permits levels separated by ``|``.
    """
    if not text.strip():
        raise ValueError("the template is empty")
    if "%" not in text:
        return _attribute_list(text, several=several, tree=tree)
    levels = tuple(_level(part) for part in (text.split("|") if tree else [text]))
    if not all(levels):
        raise ValueError(f"{text!r} has an empty level between two '|'")
    names = dict.fromkeys(name for level in levels for _, name in level if name)
    if not names:
        raise ValueError(f"{text!r} names no attribute")
    return Template(text, tuple(names), levels)


def _attribute_list(text: str, *, several: bool, tree: bool) -> Template:
    names = [name.strip() for name in text.split(";")]
    if not all(names):
        raise ValueError(f"{text!r} has an empty attribute name beside a ';'")
    if len(names) > 1 and not several:
        # MyQ drops such an attribute in silence (myq.md section 2.3).
        raise ValueError(f"{text!r} names several attributes, and this property holds one value")
    if tree and "|" in text:
        raise ValueError(f"{text!r}: attributes of a tree stand between percent signs")
    return Template(text, tuple(dict.fromkeys(names)))


def _level(text: str) -> tuple[tuple[str, str], ...]:
    parts: list[tuple[str, str]] = []
    end = 0
    for match in _PART.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        attribute, literal = match.groups()
        if literal is not None:
            parts.append((literal, ""))
        elif attribute == "":
            parts.append(("%", ""))
        elif attribute.isspace():
            raise ValueError(f"{text!r} has an empty attribute name between two '%'")
        else:
            parts.append(("", attribute.strip()))
    if end != len(text):
        raise ValueError(f"{text!r} has a '%' without its partner")
    return tuple(parts)
