"""What CI shows beside the lines of a pull request: JUnit, SARIF and GitHub's annotations.

A finding's texts are already harmless to look at; here they become harmless to the reader of a format:
no markup, no workflow command.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from reconciler.errors import Place


class Level(StrEnum):
    """How grave a finding is, in GitHub's words."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Finding(NamedTuple):
    """One thing to be shown at one place; `rule` is the kind of thing it is."""

    rule: str
    level: Level
    message: str
    place: Place
    title: str = ""


class Case(NamedTuple):
    """One test of a JUnit report; it failed when it has a failure, and `told` is what there is to read."""

    name: str
    failure: str = ""
    told: str = ""


class Suite(NamedTuple):
    """Some tests of a JUnit report."""

    name: str
    cases: Sequence[Case]


_SARIF_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTICE: "note"}


def github(findings: Iterable[Finding]) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    return "".join(map(_annotation, findings))


def sarif(findings: Iterable[Finding], rules: Mapping[str, str]) -> str:
    """Return a SARIF 2.1.0 log, as code scanning of forges takes it; *rules* says what each kind means."""
    order = {rule: at for at, rule in enumerate(rules)}
    driver = {
        "name": "reconciler",
        "rules": [{"id": rule, "shortDescription": {"text": text}} for rule, text in rules.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, order[finding.rule]) for finding in findings],
    }
    return as_json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        }
    )


def junit(suites: Iterable[Suite]) -> str:
    """Return a JUnit report."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{"".join(map(_suite, suites))}</testsuites>\n'
    )


def as_json(content: Mapping[str, Any]) -> str:
    """Return JSON in ASCII alone: no terminal and no code page has an opinion about it."""
    return json.dumps(content, indent=2, ensure_ascii=True) + "\n"


def _result(finding: Finding, at: int) -> dict[str, Any]:
    place = finding.place
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(place.file, safe="/")}}
    if place.line:
        location["region"] = {"startLine": place.line, "startColumn": max(place.column, 1)}
    return {
        "ruleId": finding.rule,
        "ruleIndex": at,
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
    }


def _suite(suite: Suite) -> str:
    failures = sum(bool(case.failure) for case in suite.cases)
    return (
        f"  <testsuite name={quoteattr(suite.name)} "
        f'tests="{len(suite.cases)}" failures="{failures}" errors="0">\n'
        f"{''.join(_case(suite.name, case) for case in suite.cases)}"
        "  </testsuite>\n"
    )


def _case(suite: str, case: Case) -> str:
    head = f"    <testcase classname={quoteattr(suite)} name={quoteattr(case.name)}"
    if case.failure:
        inside = f"<failure message={quoteattr(case.failure)}>{escape(case.told)}</failure>"
    elif case.told:
        inside = f"<system-out>{escape(case.told)}</system-out>"
    else:
        return f"{head}/>\n"
    return f"{head}>\n      {inside}\n    </testcase>\n"


def _annotation(finding: Finding) -> str:
    place = finding.place
    settings = {"file": place.file}
    if place.line:
        settings |= {"line": str(place.line), "col": str(max(place.column, 1))}
    if finding.title:
        settings["title"] = finding.title
    written = ",".join(f"{key}={_setting(value)}" for key, value in settings.items())
    return f"::{finding.level} {written}::{_command(finding.message)}\n"


def _command(said: str) -> str:
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _setting(said: str) -> str:
    return _command(said).replace(":", "%3A").replace(",", "%2C")
