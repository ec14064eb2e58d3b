"""Expressions of GitHub Actions, as far as our workflows use them (GitHub's *Evaluate expressions*)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Contexts = Mapping[str, Any]

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w.-]*)|(==|!=|&&|\|\||[!()]))")
_TEMPLATE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = ("always", "success", "failure", "cancelled")


@dataclass
class Expression:
    """One expression; `status` tells what ``success()`` and its kin say."""

    contexts: Contexts
    status: Mapping[str, bool]

    def value(self, text: str) -> object:
        tokens = list(_tokens(text))
        value, rest = self._either(tokens)
        if rest:
            raise AssertionError(f"cannot understand {rest} in {text!r}")
        return value

    def filled(self, template: object) -> str:
        """Return a text with every ``${{ }}`` in it evaluated."""
        return _TEMPLATE.sub(lambda found: text_of(self.value(found[1])), str(template))

    def holds(self, condition: object) -> bool:
        """Return whether an ``if:`` lets its job or step run: without a status function, only on success."""
        text = str(condition).strip()
        inner = _TEMPLATE.fullmatch(text)
        text = inner[1] if inner else text
        asks = any(f"{name}(" in text for name in STATUS)
        return (asks or self.status["success"]) and bool(self.value(text))

    def _either(self, tokens: list[str]) -> tuple[Any, list[str]]:
        return self._chain(tokens, "||", self._both, lambda left, right: left or right)

    def _both(self, tokens: list[str]) -> tuple[Any, list[str]]:
        return self._chain(tokens, "&&", self._compared, lambda left, right: left and right)

    def _chain(
        self,
        tokens: list[str],
        sign: str,
        below: Callable[[list[str]], tuple[Any, list[str]]],
        joined: Callable[[Any, Any], Any],
    ) -> tuple[Any, list[str]]:
        value, rest = below(tokens)
        while rest[:1] == [sign]:
            other, rest = below(rest[1:])
            value = joined(value, other)
        return value, rest

    def _compared(self, tokens: list[str]) -> tuple[Any, list[str]]:
        left, rest = self._one(tokens)
        if rest[:1] and rest[0] in {"==", "!="}:
            sign = rest[0]
            right, rest = self._one(rest[1:])
            same = text_of(left).casefold() == text_of(right).casefold()
            return same is (sign == "=="), rest
        return left, rest

    def _one(self, tokens: list[str]) -> tuple[Any, list[str]]:
        first, rest = tokens[0], tokens[1:]
        if first == "!":
            value, rest = self._one(rest)
            return not value, rest
        if first == "(":
            value, rest = self._either(rest)
            return value, rest[1:]
        if first.startswith("'"):
            return first[1:-1].replace("''", "'"), rest
        if rest[:2] == ["(", ")"]:
            return self.status[first], rest[2:]
        return self._looked_up(first), rest

    def _looked_up(self, path: str) -> object:
        value: object = self.contexts
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


def text_of(value: object) -> str:
    """Return how GitHub writes a value: nothing for null, true and false in small letters."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tokens(text: str) -> Iterator[str]:
    at, text = 0, text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise AssertionError(f"cannot understand {text[at:]!r}")
        yield next(group for group in found.groups() if group)
        at = found.end()
