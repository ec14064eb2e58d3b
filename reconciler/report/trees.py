"""The groups before and after, as two trees side by side that open and close without a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.core.census import GroupCount
from reconciler.report.markup import Html, joined, lines, shown, tag

LARGEST = 3_000
"""Of more groups than this only those are in the page that change, and those above them."""

_OPEN = 60
"""A tree of more groups than this begins with its branches closed."""


class Leaf(NamedTuple):
    """What is told of one group in one of the trees: how many are in it, and what becomes of it."""

    members: int
    note: str = ""
    kind: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything becomes of it."""
        return bool(self.kind)


@dataclass(slots=True)
class Node:
    """One group, with the groups below it; a path above a group need not be a group itself."""

    leaf: Leaf | None = None
    below: dict[str, Node] = field(default_factory=dict)
    changed: bool = False


def both_trees(groups: Sequence[GroupCount]) -> Html:
    """Return the section's content: a switch, and the trees before and after."""
    before, after = dict(_before(groups)), dict(_after(groups))
    changing = sum(leaf.changed for leaf in after.values())
    left = 0
    if len(groups) > LARGEST:
        left = sum(not leaf.changed for leaf in after.values())
        before, after = (
            {path: leaf for path, leaf in some.items() if leaf.changed} for some in (before, after)
        )
    cut = f" {left:,} groups that stay as they are have no room in this page." if left else ""
    told = f"{changing:,} of {len(groups):,} groups change, or have people come or go.{cut}"
    return lines(
        tag("p", told, class_="lead"),
        tag(
            "p",
            tag(
                "label",
                tag("input", type="checkbox", id="only-changing", checked=bool(changing)),
                " Only those that change",
            ),
            class_="switches needs-script",
        ),
        tag(
            "div",
            _side("Before", before),
            _side("After", after),
            class_="trees only-changing" if changing else "trees",
            id="trees",
        ),
    )


def _before(groups: Iterable[GroupCount]) -> Iterable[tuple[str, Leaf]]:
    for one in groups:
        if not one.was:
            continue
        if one.was != one.path:
            yield one.was, Leaf(one.before, f"moves to {shown(one.path)}", "moved")
        else:
            yield one.was, Leaf(one.before, "", "counts" if one.before != one.after else "")


def _after(groups: Iterable[GroupCount]) -> Iterable[tuple[str, Leaf]]:
    for one in groups:
        came = (
            f"{one.after - one.before:+,}".replace("-", "\N{MINUS SIGN}") if one.after != one.before else ""
        )
        if not one.was:
            yield one.path, Leaf(one.after, "new", "created")
        elif one.was != one.path:
            yield one.path, Leaf(one.after, "; ".join(filter(None, (f"was {shown(one.was)}", came))), "moved")
        else:
            yield one.path, Leaf(one.after, came, "counts" if came else "")


def _side(title: str, leaves: Mapping[str, Leaf]) -> Html:
    root = _grown(leaves)
    body = (
        _branches(root, opened=len(leaves) <= _OPEN) if root.below else tag("p", "No group.", class_="quiet")
    )
    return tag("section", tag("h3", title), body, class_="tree", aria_label=f"Groups {title.lower()}")


def _grown(leaves: Mapping[str, Leaf]) -> Node:
    root = Node()
    for path, leaf in sorted(leaves.items()):
        node = root
        for level in path.split("|"):
            node.changed |= leaf.changed
            node = node.below.setdefault(level, Node())
        node.leaf = leaf
        node.changed |= leaf.changed
    return root


def _branches(node: Node, *, opened: bool) -> Html:
    return tag(
        "ul", joined([_item(name, below, opened=opened) for name, below in sorted(node.below.items())])
    )


def _item(name: str, node: Node, *, opened: bool) -> Html:
    leaf = node.leaf or Leaf(0)
    count = tag("span", f"{leaf.members:,}", tag("span", " members", class_="hidden"), class_="count")
    note = tag("span", leaf.note, class_=f"note {leaf.kind}") if leaf.note else ""
    label = joined([tag("span", shown(name), class_="group"), " ", count if node.leaf else "", " ", note])
    state = f"{leaf.kind or 'still'}{'' if node.changed else ' same'}"
    if not node.below:
        return tag("li", tag("div", label, class_="leaf"), class_=state)
    branch = tag("details", tag("summary", label), _branches(node, opened=opened), open=opened)
    return tag("li", branch, class_=state)
