"""The list of changes, as far as it is the same for every plan: `page.js` fills it."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.change import Change
from reconciler.core.render.words import counted
from reconciler.report.markup import Html, joined, lines, tag


def listing(changes: Sequence[Change]) -> Html:
    """Return the frame that the page's script fills: filters, the list, one change whole, and for paper."""
    if not changes:
        return tag("p", "No change.", class_="quiet")
    return lines(
        tag("p", "The list of changes needs JavaScript; the plan's file has them all.", class_="no-script"),
        _filters(),
        tag("p", counted(len(changes), "change"), id="count", role="status", aria_live="polite"),
        tag("div", _grid(), _detail(), class_="split needs-script"),
        tag("div", id="printed", class_="printed"),
    )


def _filters() -> Html:
    def labelled(said: str, control: Html, name: str) -> Html:
        return tag("div", tag("label", said, for_=name), control, class_="field")

    search = tag(
        "input",
        type="search",
        id="search",
        autocomplete="off",
        spellcheck="false",
        placeholder="name, value, reason, record",
    )
    group = tag("input", type="text", id="group", autocomplete="off", spellcheck="false", list="groups-known")
    return tag(
        "form",
        lines(
            labelled("Search", search, "search"),
            labelled("Kind", tag("select", id="action"), "action"),
            labelled("Source", tag("select", id="source"), "source"),
            tag(
                "div",
                tag("label", "Standing", for_="standing"),
                tag("select", id="standing"),
                class_="field",
                id="standings",
                hidden=True,
            ),
            labelled("Field", tag("select", id="field"), "field"),
            labelled("Manifest line", tag("select", id="rule"), "rule"),
            labelled("Group, and those below", group, "group"),
            tag("datalist", id="groups-known"),
            tag("button", "Show all", type="reset", class_="small", id="all"),
        ),
        class_="filters needs-script",
        id="filters",
        role="search",
        aria_label="Choose changes",
    )


def _grid() -> Html:
    titles = ("Kind", "Who or what", "What becomes of it", "Source")
    heads = [tag("span", title, role="columnheader", class_=f"c{at}") for at, title in enumerate(titles)]
    return tag(
        "div",
        tag("div", tag("div", *heads, role="row", aria_rowindex=1, class_="row head"), role="rowgroup"),
        tag("div", tag("div", id="rows", role="presentation"), role="rowgroup", id="window"),
        role="grid",
        id="grid",
        aria_label="Changes",
        aria_colcount=len(titles),
        aria_rowcount=1,
    )


def _detail() -> Html:
    return tag(
        "aside",
        tag("p", joined(["Choose a change to see it whole."]), class_="quiet"),
        id="detail",
        aria_label="The change that is chosen",
        tabindex=-1,
    )
