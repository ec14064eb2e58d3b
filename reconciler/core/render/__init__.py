"""Plans and results as people and machines read them: pure functions of the values.

A format is one entry in each of the two tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from reconciler.core.change import typeable
from reconciler.core.outcome import Result
from reconciler.core.plan import Plan
from reconciler.core.render.documents import plan_body, result_body
from reconciler.core.render.layout import encoded, finished, lines, plainly
from reconciler.core.render.markdown import as_markdown
from reconciler.core.render.masks import Mask, pseudonyms
from reconciler.core.render.plan_story import plan_story
from reconciler.core.render.result_story import result_story
from reconciler.core.render.text import as_text
from reconciler.core.render.view import View, noticed_name, user_names

PlanRenderer: TypeAlias = Callable[[Plan, str, View], str]
ResultRenderer: TypeAlias = Callable[[Result, View], str]

EVERYTHING = View()


def render_plan(plan: Plan, digest: str, form: str, *, view: View = EVERYTHING) -> str:
    """Return a plan in one of the formats of `RENDERERS`; *digest* is what its file is named by."""
    return RENDERERS[form](plan, digest, view)


def render_result(result: Result, form: str, *, view: View = EVERYTHING) -> str:
    """Return a result in one of the formats of `RESULT_RENDERERS`."""
    return RESULT_RENDERERS[form](result, view)


def people(plan: Plan) -> set[str]:
    """Return the user names in a plan, as ids spell them: of its changes, and of those it leaves alone."""
    gone = plan.attribution.gone if plan.attribution else ()
    names = {name for change in (*plan.changes, *gone) for name in user_names(change)}
    return set(map(typeable, names.union(filter(None, map(noticed_name, plan.notices)))))


def mask_of(plan: Plan, view: View) -> Mask:
    """Return what the reader of a view may see of a plan: people, unless they are masked; secrets never."""
    return Mask(pseudonyms(people(plan), view.key)) if view.masked else Mask()


def _plan_text(plan: Plan, digest: str, view: View) -> str:
    return as_text(plan_story(plan, digest, view, mask_of(plan, view)), color=view.color)


def _plan_markdown(plan: Plan, digest: str, view: View) -> str:
    return as_markdown(plan_story(plan, digest, view, mask_of(plan, replace(view, masked=True))))


def _plan_json(plan: Plan, digest: str, view: View) -> str:
    """Return what the plan's file holds, byte for byte; narrowed, it says how many changes are hidden."""
    body = {**plan_body(plan), "digest": digest}
    if view.narrowed:
        shown = [change for change in plan.changes if view.shows(change)]
        part = replace(plan, changes=tuple(shown))
        body = {**body, "changes": plan_body(part)["changes"], "hidden": len(plan.changes) - len(shown)}
    return _joined(lines(encoded(body, plainly), plainly))


def _result_text(result: Result, view: View) -> str:
    return as_text(result_story(result, Mask()), color=view.color)


def _result_markdown(result: Result, view: View) -> str:
    names = {typeable(name) for outcome in result.outcomes for name in user_names(outcome.change)}
    names |= {id_.partition("/")[2] for id_ in (*result.unneeded, *(result.remaining or ()))}
    names |= {one.id.partition("/")[2] for one in result.held_back}
    return as_markdown(result_story(result, Mask(pseudonyms(names, view.key))))


def _result_json(result: Result, view: View) -> str:
    """Return what the result's file holds, byte for byte."""
    del view
    return _joined(finished(result_body(result), plainly)[0])


def _joined(pieces: Iterable[bytes]) -> str:
    return b"".join(pieces).decode("utf-8")


RENDERERS: Mapping[str, PlanRenderer] = {
    "text": _plan_text,
    "json": _plan_json,
    "markdown": _plan_markdown,
}

RESULT_RENDERERS: Mapping[str, ResultRenderer] = {
    "text": _result_text,
    "json": _result_json,
    "markdown": _result_markdown,
}
