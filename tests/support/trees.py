"""Group trees: by hand, and any that a manifest may hold."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import assume
from hypothesis import strategies as st

from reconciler.core.groups import ancestors, with_ancestors
from reconciler.core.tree import GroupNode
from reconciler.errors import ManifestError
from reconciler.manifest.load import Project
from support.manifests import document, project
from support.world import PLACE


def node(path: str, previously: str = "") -> GroupNode:
    return GroupNode(path, previously, PLACE)


names = st.sampled_from("ABC")
group_paths = st.lists(names, min_size=1, max_size=3).map("|".join)


@st.composite
def projects(draw: st.DrawFn) -> tuple[Project, set[str]]:
    """Draw trees that a manifest may hold, and groups of a server."""
    formers = draw(st.dictionaries(group_paths, st.just("") | group_paths, max_size=4))
    groups = draw(st.sets(group_paths, max_size=5))
    trees = []
    for at, (path, former) in enumerate(sorted(formers.items())):
        above, _, name = path.rpartition("|")
        previously = f", previously: {former}" if former else ""
        under = f"under: {above}\n" if above else ""
        trees.append(document("GroupTree", f"{under}groups:\n  - {{name: {name}{previously}}}", f"t{at}"))
    try:
        return project(*trees), with_ancestors(groups)
    except ManifestError:
        assume(False)  # noqa: FBT003  hypothesis has it so
        raise


def exchange_places(nodes: Sequence[GroupNode]) -> bool:
    """Return whether groups lie in a circle, each to leave the place of the next or one above it."""
    waits = {
        one.path: {other.path for other in nodes if other.previously in (*ancestors(one.path), one.path)}
        for one in nodes
    }
    reached = {path: set(firsts) for path, firsts in waits.items()}
    for _ in nodes:
        for path, firsts in reached.items():
            reached[path] = firsts.union(*(waits[first] for first in firsts))
    return any(path in firsts for path, firsts in reached.items())
