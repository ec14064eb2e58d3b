"""A plan as one HTML page that needs no network: everything is in it, and nothing else may run or load."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files

from reconciler.core.change import Action, Change, sort_key
from reconciler.core.outcome import Status
from reconciler.core.plan import Plan, summary
from reconciler.core.render import mask_of
from reconciler.core.render.cause import cause_parts
from reconciler.core.render.impact import decisions, impacts
from reconciler.core.render.masks import Mask
from reconciler.core.render.plan_story import plan_story
from reconciler.core.render.view import View
from reconciler.core.render.words import ACTIONS, STATUSES, counted, phrase
from reconciler.garbage import uncollected
from reconciler.report import sections
from reconciler.report.charts import charts, words
from reconciler.report.compact import Compact
from reconciler.report.listing import listing
from reconciler.report.markup import Html, lines, shown, tag, told
from reconciler.report.trees import both_trees

PRINTED = 200
"""How many changes of one action are printed, where the view sets no limit."""

_NAMES = {
    "guards": "Guards",
    "numbers": "In numbers",
    "lines": "Manifest lines",
    "changes": "Changes",
    "groups": "Groups",
    "left": "Left alone",
    "reads": "What was read",
    "next": "Next",
}


def page(plan: Plan, digest: str, view: View) -> str:
    """Return the page of a plan: the same plan gives the same page."""
    with uncollected():
        return _page(plan, digest, view)


def _page(plan: Plan, digest: str, view: View) -> str:
    style, script = _asset("page.css"), _asset("page.js")
    mask = mask_of(plan, view)
    changes = [change for change in sorted(plan.changes, key=sort_key) if view.shows(change)]
    content = lines(_header(), _main(plan, digest, view, mask, changes))
    head = lines(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content=f"reconciler {plan.stamp.tool}"),
        tag("title", _title(plan)),
        tag("style", Html(style)),
    )
    body = tag(
        "body",
        lines(
            content,
            tag(
                "script",
                _data(Compact(mask, plan).document(changes), view),
                type="application/json",
                id="data",
            ),
            tag("script", Html(script)),
        ),
    )
    return f"<!DOCTYPE html>\n{tag('html', lines(tag('head', head), body), lang='en')}\n"


@cache
def _asset(name: str) -> str:
    return files("reconciler.report").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return a policy under which this style and this script work, and nothing else does."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _data(document: dict[str, object], view: View) -> Html:
    """Return the changes as JSON in which no tag can begin or end."""
    told_of = {"printed": view.limit or PRINTED, **document}
    text = json.dumps(told_of, ensure_ascii=False, separators=(",", ":"))
    return Html(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _title(plan: Plan) -> str:
    standing = f", {counted(len(plan.tripped), 'guard')} in the way" if plan.tripped else ""
    return f"{shown(plan.target.name)}: {counted(len(plan.changes), 'change')} planned{standing}"


def _header() -> Html:
    theme = tag("button", "Colours: as the system", type="button", id="theme", class_="small needs-script")
    links = [tag("a", name, href=f"#{key}") for key, name in _NAMES.items()]
    return lines(
        tag("a", "Skip to the changes", href="#changes", class_="skip"),
        tag(
            "header",
            tag("p", "reconciler", tag("span", " plan"), class_="brand"),
            tag("nav", *links, aria_label="Parts of this page"),
            theme,
            class_="top",
        ),
    )


def _main(plan: Plan, digest: str, view: View, mask: Mask, changes: Sequence[Change]) -> Html:
    story = plan_story(plan, digest, view, mask)
    decided, found = decisions(changes), impacts(changes)
    base = plan.attribution
    causes = tuple(cause_parts(base, view, mask)) if base and not base.problem else ()
    parts = {
        "guards": sections.guards(plan.verdicts, mask),
        "numbers": charts(changes),
        "lines": sections.manifest_lines(decided, found, causes),
        "changes": listing(changes),
        "groups": both_trees(plan.groups)
        if plan.groups
        else tag(
            "p",
            "This plan tells of no group: the server has none, or an earlier version made it.",
            class_="quiet",
        ),
        "left": sections.notices(plan, view, mask),
        "reads": sections.reads(plan.evidence, mask),
        "next": sections.next_steps(story.next_steps)
        if story.next_steps
        else tag("p", "There is nothing to approve.", class_="quiet"),
    }
    hero = tag(
        "section",
        lines(
            tag("p", _light(plan), class_="light"),
            tag("h1", shown(plan.target.name)),
            tag("p", told(story.verdict), class_="verdict"),
            _tiles(changes),
            *(tag("p", said, class_="warning") for said in _warnings(plan, changes)),
            lines(*(tag("p", told(remark), class_="remark") for remark in story.remarks)),
        ),
        class_="hero",
        aria_label="Verdict",
    )
    return tag(
        "main", lines(hero, *(_section(key, content) for key, content in parts.items() if content)), id="main"
    )


def _section(key: str, content: Html) -> Html:
    heading = tag("h2", _NAMES[key], id=f"{key}-title")
    return tag("section", lines(heading, content), id=key, aria_labelledby=f"{key}-title", tabindex=-1)


def _light(plan: Plan) -> Html:
    if plan.tripped:
        guards = len({verdict.guard for verdict in plan.tripped})
        return tag("span", f"{counted(guards, 'guard')} in the way", class_="pill bad")
    if not plan.changes:
        return tag("span", "nothing to do", class_="pill good")
    if not plan.target.writable:
        return tag("span", "to be looked at only", class_="pill")
    return tag("span", "waits for approval", class_="pill good")


def _warnings(plan: Plan, changes: Sequence[Change]) -> Iterator[str]:
    left = sum(change.id in plan.unreachable for change in changes) if plan.unreachable else 0
    if left:
        yield f"{phrase(left, STATUSES[Status.UNREACHABLE])}."


def _tiles(changes: Sequence[Change]) -> Html:
    counts = summary(changes)
    tiles = [
        tag(
            "li",
            tag(
                "button",
                tag("span", f"{counts[action]:,}", class_="amount"),
                " ",
                tag(
                    "span",
                    tag("span", ACTIONS[action].mark, class_="mark", aria_hidden="true"),
                    " ",
                    f"{words(action)}{'' if counts[action] == 1 else 's'}",
                ),
                type="button",
                class_=f"tile {action}",
                data_action=action.value,
            ),
        )
        for action in Action
        if action.value in counts
    ]
    return tag("ul", *tiles, class_="tiles", aria_label="Changes by kind") if tiles else Html()
