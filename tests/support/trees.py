"""Group trees: by hand, and any that a manifest may hold."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import assume
from hypothesis import strategies as st

from reconciler.core.change import Action, Change
from reconciler.core.groups import ancestors, with_ancestors
from reconciler.core.mapping import MappedSource
from reconciler.core.model import Account, ActualState, User
from reconciler.core.tree import GroupNode
from reconciler.errors import ManifestError, TargetRejected
from reconciler.manifest.load import Project
from support.manifests import document, project
from support.world import GROUPS, PLACE, World, mapped, servers, sources

IN_TREE = dict(zip(GROUPS, ("A", "A|B", "B", "C|A|B"), strict=True))
"""The groups of the people that are drawn, named as those of the trees are."""


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


class StrictWorld(World):
    """A server that makes no parents by itself and never puts two groups into one place."""

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        if change.is_group:
            self._check(change.name, str(change.fields[0].after), moves=change.action is Action.GROUP_MOVE)
        super().write(change, current, pins)

    def _check(self, name: str, path: str, *, moves: bool) -> None:
        absent = [] if set(ancestors(path)) <= self.groups else ["parent"]
        absent += ["group"] if moves and name not in self.groups else []
        if absent or path in self.groups:
            raise TargetRejected(f"{name} to {path}: {absent}", hint="mend the order")


def in_tree(user: User) -> User:
    return user._replace(groups=tuple(sorted(IN_TREE[path] for path in user.groups)))


@st.composite
def people(draw: st.DrawFn) -> list[MappedSource]:
    """Draw sources whose people are in groups of the trees."""
    return [mapped(one.rules, [in_tree(user) for user in one.users]) for one in draw(sources())]


@st.composite
def places(draw: st.DrawFn) -> ActualState:
    """Draw a server whose people are in groups of the trees."""
    drawn = draw(servers())
    accounts = tuple(account._replace(user=in_tree(account.user)) for account in drawn.accounts)
    groups = {
        *draw(st.sets(group_paths, max_size=4)),
        *(path for one in accounts for path in one.user.groups),
    }
    return drawn._replace(accounts=accounts, groups=frozenset(with_ancestors(groups)))


@st.composite
def trees(draw: st.DrawFn) -> tuple[GroupNode, ...]:
    """Draw a tree that can be carried out from wherever its groups are."""
    made, _ = draw(projects())
    assume(not exchange_places(made.groups))
    return made.groups
