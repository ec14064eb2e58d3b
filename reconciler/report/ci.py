"""A plan as CI shows it: guards and problems as failures, what each manifest line does beside that line.

Whoever sees a pull request sees these too, so people are masked as in comments. Changes are told of by
the line that asks for them: a hundred thousand changes give no more annotations than there are lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from reconciler.core.change import Action, Change
from reconciler.core.notice import Kind
from reconciler.core.outcome import Status
from reconciler.core.plan import Plan, summary
from reconciler.core.render.cause import caused
from reconciler.core.render.guard_parts import guard_row
from reconciler.core.render.impact_part import by_line
from reconciler.core.render.masks import Mask
from reconciler.core.render.view import View
from reconciler.core.render.words import ACTIONS, KINDS, STATUSES, counted, phrase
from reconciler.errors import Place
from reconciler.report import findings
from reconciler.report.findings import Case, Finding, Level, Suite
from reconciler.report.markup import plain, shown

_PLACE = re.compile(r"^(?P<file>.+?):(?P<line>\d{1,9})(:(?P<column>\d{1,9}))?$")
_MASKED = Mask({})
"""Nobody is named here, so nobody needs a pseudonym."""

_NOWHERE = Place("sources.d")
_ANNOTATED = 10
"""GitHub shows ten notices of a step."""

_LISTED = 1_000

RULES = {
    "guard": "A guard stands in the way of the plan.",
    "unreachable": "A change cannot be applied through the target.",
    "conflict": "Two claim the same identity, and neither is touched.",
    "withheld": "A removal is due and held back.",
    "change": "What a manifest line would change.",
}


def plan_github(plan: Plan, digest: str, view: View) -> str:
    """Return annotations: what stands in the way, and the lines that do most."""
    del digest
    told = list(_findings(plan, view))
    grave = [one for one in told if one.level is not Level.NOTICE]
    notices = (one for one in told if one.level is Level.NOTICE)
    return findings.github([*grave, *islice(notices, _ANNOTATED)])


def plan_sarif(plan: Plan, digest: str, view: View) -> str:
    """Return a SARIF log of what stands in the way and what each line does."""
    del digest
    return findings.sarif(islice(_findings(plan, view), _LISTED), RULES)


def plan_junit(plan: Plan, digest: str, view: View) -> str:
    """Return a JUnit report: a test for each guard and each read, and one for each kind of change."""
    del digest
    changes = [change for change in plan.changes if view.shows(change)]
    return findings.junit(
        [
            Suite("guards", [*_guard_cases(plan)]),
            Suite(
                "reads",
                [Case(f"{shown(one.source)}: {counted(one.records, 'record')}") for one in plan.evidence],
            ),
            Suite("changes", [*_change_cases(plan, changes)]),
        ]
    )


def _findings(plan: Plan, view: View) -> Iterator[Finding]:
    changes = [change for change in plan.changes if view.shows(change)]
    busiest = _busiest(changes)
    for verdict in plan.tripped:
        said = plain(guard_row(verdict, _MASKED).head)
        place = busiest.get(verdict.scope) or busiest.get("") or _NOWHERE
        yield Finding("guard", Level.ERROR, f"a guard stands in the way: {said}", place, shown(verdict.guard))
    left = _unreachable(plan, changes)
    if left:
        yield _about("unreachable", phrase(left, STATUSES[Status.UNREACHABLE]), busiest)
    kinds = Counter(notice.kind for notice in plan.notices if view.tells(notice))
    for kind in (Kind.CONFLICT, Kind.WITHHELD):
        if kinds[kind]:
            yield _about(kind.value, phrase(kinds[kind], KINDS[kind]), busiest)
    for place, said in _lines(caused(plan, changes)):
        yield Finding("change", Level.NOTICE, said, place, "plan")


def _unreachable(plan: Plan, changes: Sequence[Change]) -> int:
    return sum(change.id in plan.unreachable for change in changes) if plan.unreachable else 0


def _about(rule: str, said: str, busiest: dict[str, Place]) -> Finding:
    return Finding(rule, Level.WARNING, said, busiest.get("", _NOWHERE), rule)


def _lines(changes: Sequence[Change]) -> Iterator[tuple[Place, str]]:
    """Yield what each line does, one sentence a line."""
    for rule, said in by_line(changes).items():
        yield _place(rule), f"this line would {'; '.join(map(plain, said))}"


def _busiest(changes: Sequence[Change]) -> dict[str, Place]:
    """Return the line that asks for most, by source, and of all changes under the empty name."""
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        rules = {field.rule for field in change.fields if field.rule}
        for scope in {change.source, ""}:
            counts.setdefault(scope, Counter()).update(rules)
    return {
        scope: _place(min(some, key=lambda rule: (-some[rule], rule)))
        for scope, some in counts.items()
        if some
    }


def _place(rule: str) -> Place:
    found = _PLACE.match(rule)
    if not found:
        return _NOWHERE._replace(file=shown(rule))
    return Place(shown(found["file"]), int(found["line"]), int(found["column"] or 0))


def _guard_cases(plan: Plan) -> Iterator[Case]:
    for verdict in plan.verdicts:
        scope = f" ({shown(verdict.scope)})" if verdict.scope else ""
        said = plain(guard_row(verdict, _MASKED).head)
        yield Case(f"{shown(verdict.guard)}{scope}", said if verdict.tripped else "", said)


def _change_cases(plan: Plan, changes: Sequence[Change]) -> Iterator[Case]:
    counts = summary(changes)
    for action in Action:
        if counts.get(action):
            words = ACTIONS[action]
            these = [change for change in changes if change.action is action]
            told = "\n".join(f"{place}: {said}" for place, said in islice(_lines(these), _LISTED))
            yield Case(f"{words.verb} {counted(counts[action], words.noun)}", told=told)
    left = _unreachable(plan, changes)
    if left:
        said = phrase(left, STATUSES[Status.UNREACHABLE])
        yield Case("can be applied", said, said)
