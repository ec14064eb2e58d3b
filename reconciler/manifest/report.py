"""Problems as people and machines read them: text, JSON, SARIF, JUnit, GitHub annotations.

A message may hold what somebody wrote into a manifest, so nothing in it can be more than text to the
reader of a format: not a terminal's escape, not markup, not a workflow command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from reconciler.errors import Problem
from reconciler.manifest.words import visible
from reconciler.report import findings
from reconciler.report.findings import Case, Finding, Level, Suite

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
    return findings.as_json(
        {
            "problems": [
                {**each.place._asdict(), "message": visible(each.message), "hint": visible(each.hint)}
                for each in problems
            ]
        }
    )


def sarif(problems: Sequence[Problem]) -> str:
    """Return a SARIF 2.1.0 log, as code scanning of forges takes it."""
    return findings.sarif(map(_finding, problems), {_RULE: "A manifest says something it cannot."})


def junit(problems: Sequence[Problem]) -> str:
    """Return a JUnit report: one failed case a problem, or one that passed."""
    return findings.junit([Suite("manifests", [*map(_case, problems)] or [Case("valid")])])


def github(problems: Sequence[Problem]) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    return findings.github(map(_finding, problems))


RENDERERS: Mapping[str, Renderer] = MappingProxyType(
    {"text": text, "json": as_json, "sarif": sarif, "junit": junit, "github": github}
)
"""What ``--format`` of ``validate`` may be."""


def _finding(problem: Problem) -> Finding:
    place = problem.place._replace(file=visible(problem.place.file))
    said = f"{visible(problem.message)}\nhint: {visible(problem.hint)}"
    return Finding(_RULE, Level.ERROR, said, place)


def _case(problem: Problem) -> Case:
    place, message, hint = (visible(part) for part in (str(problem.place), problem.message, problem.hint))
    return Case(place, message or "(nothing)", f"{place}: {message}\nhint: {hint}")
