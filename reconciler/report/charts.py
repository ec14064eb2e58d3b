"""How many changes there are of each kind and from each source: bars, and the table that says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.core.change import Action, Change
from reconciler.core.render.words import ACTIONS
from reconciler.report.markup import Html, joined, lines, shown, tag

_WIDTH = 1000
_MOST = 15
"""How many sources have a bar of their own."""

_OTHERS = "all others"


def charts(changes: Sequence[Change]) -> Html:
    """Return both charts; nothing of a plan without changes."""
    by_action = Counter(change.action for change in changes)
    by_source: dict[str, Counter[Action]] = {}
    for change in changes:
        by_source.setdefault(change.source, Counter())[change.action] += 1
    if not changes:
        return Html()
    return tag("div", _kinds(by_action), _sources(_bundled(by_source)), class_="charts")


def _kinds(counts: Mapping[Action, int]) -> Html:
    total = sum(counts.values())
    rows = [
        _row(_label(action), counts[action], total, {action: counts[action]}, max(counts.values()))
        for action in Action
        if counts.get(action)
    ]
    said = ", ".join(f"{words(action)} {counts[action]:,}" for action in Action if counts.get(action))
    return _figure(
        "kinds", "Changes by kind", "Kind", f"{total:,} changes: {said}.", _bar(counts, total), rows
    )


def _sources(counts: Mapping[str, Mapping[Action, int]]) -> Html:
    totals = {source: sum(one.values()) for source, one in counts.items()}
    total, most = sum(totals.values()), max(totals.values())
    ordered = sorted(totals, key=lambda source: (source == _OTHERS, -totals[source], source))
    rows = [
        _row(shown(source) if source else "group tree", totals[source], total, counts[source], most)
        for source in ordered
    ]
    said = ", ".join(f"{shown(source) or 'group tree'} {totals[source]:,}" for source in ordered)
    return _figure("sources", "Changes by source", "Source", f"{total:,} changes: {said}.", "", rows)


def _bundled(counts: Mapping[str, Counter[Action]]) -> dict[str, Counter[Action]]:
    """Return the largest sources, and all others as one."""
    ordered = sorted(counts, key=lambda source: (-counts[source].total(), source))
    kept = {source: counts[source] for source in ordered[:_MOST]}
    if ordered[_MOST:]:
        kept[_OTHERS] = sum((counts[source] for source in ordered[_MOST:]), Counter())
    return kept


def words(action: Action) -> str:
    """Return an action as a label: ``create group``."""
    return f"{ACTIONS[action].verb} {ACTIONS[action].noun}"


def _label(action: Action) -> Html:
    mark = tag("span", ACTIONS[action].mark, class_="mark", aria_hidden="true")
    return joined([tag("span", mark, class_=f"swatch {action}"), words(action).capitalize()])


def _figure(key: str, title: str, first: str, said: str, bar: str, rows: Sequence[Html]) -> Html:
    head = tag(
        "tr",
        tag("th", first, scope="col"),
        tag("th", "Changes", scope="col", class_="number"),
        tag("th", tag("span", "Share", class_="hidden"), scope="col"),
    )
    whole = (
        tag(
            "svg",
            tag("title", title, id=f"{key}-title"),
            tag("desc", said, id=f"{key}-said"),
            bar,
            viewBox=f"0 0 {_WIDTH} 20",
            preserveAspectRatio="none",
            role="img",
            aria_labelledby=f"{key}-title {key}-said",
            class_="whole",
        )
        if bar
        else ""
    )
    table = tag("table", tag("caption", said, class_="hidden"), tag("thead", head), tag("tbody", *rows))
    return tag("figure", lines(tag("figcaption", title), whole, table), class_="card chart")


def _row(label: str, count: int, total: int, parts: Mapping[Action, int], most: int) -> Html:
    share = f"{100 * count / total:.0f} %" if 100 * count >= total else "below 1 %"
    bar = tag(
        "svg",
        _bar(parts, most),
        viewBox=f"0 0 {_WIDTH} 20",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )
    return tag(
        "tr",
        tag("th", label, scope="row"),
        tag("td", f"{count:,}", class_="number"),
        tag("td", bar, tag("span", share, class_="share"), class_="bar"),
    )


def _bar(counts: Mapping[Action, int], most: int) -> Html:
    """Return rectangles side by side; where *most* stand, the bar is full."""
    rectangles: list[Html] = []
    at = 0.0
    for action in Action:
        width = _WIDTH * counts.get(action, 0) / most
        if width:
            rectangles.append(
                tag(
                    "rect",
                    x=f"{at:.2f}",
                    y=0,
                    width=f"{max(width, 1):.2f}",
                    height=20,
                    class_=f"fill {action}",
                )
            )
            at += width
    return joined(rectangles)
