"""Problems as people and machines read them: text, JSON, SARIF, JUnit, GitHub annotations.

A message may hold what somebody wrote into a manifest, so nothing in it can be more than text to the
reader of a format: not a terminal's escape, not markup, not a workflow command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from reconciler.errors import Problem
from reconciler.manifest.words import visible

Renderer: TypeAlias = Callable[[Sequence[Problem]], str]

_RULE = "manifest"


def text(problems: Sequence[Problem]) -> str:
    """Return two lines a problem, as compilers print them; nothing where there is none."""
    return "".join(
        f"{visible(str(each.place))}: {visible(each.message)}\n  hint: {visible(each.hint)}\n"
        for each in problems
    )


def as_json(problems: Sequence[Problem]) -> str:
    """Return ``{"problems": [{file, line, column, message, hint}]}``; line and column 0 are unknown."""
    return _json(
        {
            "problems": [
                {**each.place._asdict(), "message": visible(each.message), "hint": visible(each.hint)}
                for each in problems
            ]
        }
    )


def sarif(problems: Sequence[Problem]) -> str:
    """Return a SARIF 2.1.0 log, as code scanning of forges takes it."""
    driver = {
        "name": "reconciler",
        "rules": [{"id": _RULE, "shortDescription": {"text": "A manifest says something it cannot."}}],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each) for each in problems],
    }
    return _json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        }
    )


def junit(problems: Sequence[Problem]) -> str:
    """Return a JUnit report: one failed case a problem, or one that passed."""
    cases = [_case(each) for each in problems] or ['    <testcase classname="manifests" name="valid"/>\n']
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<testsuites>\n"
        f'  <testsuite name="manifests" tests="{len(cases)}" failures="{len(problems)}" errors="0">\n'
        f"{''.join(cases)}"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


def github(problems: Sequence[Problem]) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    return "".join(_annotation(each) for each in problems)


RENDERERS: Mapping[str, Renderer] = MappingProxyType(
    {"text": text, "json": as_json, "sarif": sarif, "junit": junit, "github": github}
)
"""What ``--format`` of ``validate`` may be."""


def _json(content: Mapping[str, Any]) -> str:
    # ASCII alone: no terminal and no code page has an opinion about it.
    return json.dumps(content, indent=2, ensure_ascii=True) + "\n"


def _result(problem: Problem) -> dict[str, Any]:
    place = problem.place
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(visible(place.file), safe="/")}}
    if place.line:
        location["region"] = {"startLine": place.line, "startColumn": max(place.column, 1)}
    return {
        "ruleId": _RULE,
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": f"{visible(problem.message)}\nhint: {visible(problem.hint)}"},
        "locations": [{"physicalLocation": location}],
    }


def _case(problem: Problem) -> str:
    place, message, hint = (visible(part) for part in (str(problem.place), problem.message, problem.hint))
    return (
        f'    <testcase classname="manifests" name={quoteattr(place)}>\n'
        f"      <failure message={quoteattr(message)}>{escape(f'{place}: {message}')}\n"
        f"hint: {escape(hint)}</failure>\n"
        "    </testcase>\n"
    )


def _annotation(problem: Problem) -> str:
    place = problem.place
    settings = {"file": visible(place.file)}
    if place.line:
        settings |= {"line": str(place.line), "col": str(max(place.column, 1))}
    written = ",".join(f"{key}={_setting(value)}" for key, value in settings.items())
    said = f"{visible(problem.message)}\nhint: {visible(problem.hint)}"
    return f"::error {written}::{_command(said)}\n"


def _command(said: str) -> str:
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _setting(said: str) -> str:
    return _command(said).replace(":", "%3A").replace(",", "%2C")
