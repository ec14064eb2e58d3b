"""What the GroupTree manifests say, compiled."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import Place


@dataclass(frozen=True, slots=True)
class GroupNode:
    """A group that shall exist, by its full path from the root; parents come before their children.

    `previously` is the full path it may still have (``""``: none), so that a rename keeps the group and
    its rights. The groups of a tree's ``under`` are no nodes of their own: a path implies its parents.
    """

    path: str
    previously: str
    place: Place
