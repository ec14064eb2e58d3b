"""GroupTrees, from their manifests to groups in the order in which they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from reconciler.core.groups import GroupError, check_path
from reconciler.core.normal import clean
from reconciler.core.tree import GroupNode
from reconciler.errors import Place, Problem
from reconciler.manifest.check import Manifest
from reconciler.manifest.document import Path
from reconciler.manifest.models import GroupSpec, GroupTreeSpec
from reconciler.manifest.words import quoted

MAX_DEPTH = 20


class _Found(NamedTuple):
    """A group of a manifest, its path not yet looked at."""

    spec: GroupSpec
    path: str
    manifest: Manifest
    at: Path

    def place(self, key: str) -> Place:
        return self.manifest.places.value((*self.at, key))


def compile_trees(
    trees: Iterable[tuple[Manifest, GroupTreeSpec]], problems: list[Problem]
) -> tuple[GroupNode, ...]:
    """Return the groups of all trees: parents before children, who leaves a path before who takes it."""
    nodes: dict[str, GroupNode] = {}
    for manifest, tree in trees:
        under = _checked(tree.under or "", manifest.places.value(("spec", "under")), problems)
        if under is None:
            continue
        for found in _walk(tree.groups, under, manifest, ("spec", "groups")):
            node = _node(found, problems)
            if node is None:
                continue
            if node.path in nodes:
                hint = f"keep one of them; the first is at {nodes[node.path].place}"
                problems.append(Problem(node.place, f"the group {quoted(node.path)} is declared twice", hint))
            nodes.setdefault(node.path, node)
    problems += _claims(nodes.values())
    return _ordered(nodes)


def _walk(groups: Iterable[GroupSpec], under: str, manifest: Manifest, at: Path) -> Iterator[_Found]:
    for position, spec in enumerate(groups):
        here = (*at, position)
        path = f"{under}|{clean(spec.name)}" if under else clean(spec.name)
        yield _Found(spec, path, manifest, here)
        yield from _walk(spec.groups, path, manifest, (*here, "groups"))


def _node(found: _Found, problems: list[Problem]) -> GroupNode | None:
    name = found.spec.name
    place = found.place("name")
    if "|" in name or "," in name:
        hint = "nest groups with `groups:`; MyQ splits at these characters, so no name can hold them"
        problems.append(Problem(place, f"the group name {quoted(name)} holds '|' or ','", hint))
        return None
    if name != name.strip():
        problems.append(
            Problem(place, f"the group name {quoted(name)} has a space at its end", "remove the space")
        )
        return None
    path = _checked(found.path, place, problems)
    before = _checked(found.spec.previously or "", found.place("previously"), problems)
    if path is None or before is None:
        return None
    if before == path or path.startswith(f"{before}|" if before else "|"):
        what = "it is there now" if before == path else "a group cannot move below itself"
        hint = "write the path the group had before it was renamed or moved, or leave `previously` out"
        problems.append(Problem(found.place("previously"), f"previously {quoted(before)}: {what}", hint))
    return GroupNode(path, before, place)


def _checked(path: str, place: Place, problems: list[Problem]) -> str | None:
    """Return the path as MyQ has it; None, and a problem, for one that MyQ cannot have."""
    if not path:
        return ""
    if path.count("|") >= MAX_DEPTH:
        if path.count("|") == MAX_DEPTH:
            problems.append(Problem(place, f"the tree is deeper than {MAX_DEPTH} levels", "flatten it"))
        return None
    try:
        return check_path(path, MAX_DEPTH)
    except GroupError as error:
        problems.append(Problem(place, str(error), "choose another name"))
        return None


def _claims(nodes: Iterable[GroupNode]) -> Iterator[Problem]:
    """Give what nodes say of their former paths that cannot all be so."""
    former: dict[str, GroupNode] = {}
    for node in nodes:
        if not node.previously:
            continue
        first = former.setdefault(node.previously, node)
        if first is not node:
            message = (
                f"{quoted(node.path)} and {quoted(first.path)} were both {quoted(node.previously)} previously"
            )
            yield Problem(
                node.place, message, f"keep `previously` at one of them; the other is at {first.place}"
            )
    for node in _on_circles({node.path: node for node in former.values()}):
        message = f"{quoted(node.path)} and {quoted(node.previously)} take each other's place by `previously`"
        yield Problem(node.place, message, "do it in two steps: give one of them a new name first")


def _on_circles(by_path: Mapping[str, GroupNode]) -> Iterator[GroupNode]:
    """Give the nodes that lead back to themselves from path to former path."""
    done: set[str] = set()
    for start in by_path.values():
        walked: dict[str, GroupNode] = {}
        at: GroupNode | None = start
        while at is not None and at.path not in done and at.path not in walked:
            walked[at.path] = at
            at = by_path.get(at.previously)
        done |= walked.keys()
        if at is not None and at.path in walked:
            circle = list(walked.values())[list(walked).index(at.path) :]
            yield from circle if len(circle) > 1 else ()


def _ordered(nodes: Mapping[str, GroupNode]) -> tuple[GroupNode, ...]:
    """Put each group behind the one that leaves its path; otherwise as the manifests have them."""
    leaver = {node.previously: node for node in nodes.values() if node.previously}
    ordered: dict[str, GroupNode] = {}
    for node in nodes.values():
        chain: dict[str, GroupNode] = {}
        at: GroupNode | None = node
        while at is not None and at.path not in ordered and at.path not in chain:
            chain[at.path] = at
            at = leaver.get(at.path)
        for path in reversed(chain):
            ordered[path] = chain[path]
    return tuple(ordered.values())
