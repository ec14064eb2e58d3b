"""Which forge a job runs on, by the variables that each sets for its jobs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from reconciler.errors import ForgeError
from reconciler.forge.azure import Azure
from reconciler.forge.github import GitHub
from reconciler.forge.gitlab import GitLab
from reconciler.forge.port import Forge

FORGES: Final[Mapping[str, Callable[[], Forge]]] = MappingProxyType(
    {"github": GitHub, "gitlab": GitLab, "azure": Azure}
)

_SIGNS: Final = (("GITHUB_ACTIONS", "github"), ("GITLAB_CI", "gitlab"), ("TF_BUILD", "azure"))


@contextmanager
def this_forge(name: str = "") -> Iterator[Forge]:
    """Give the forge of that name, or the one whose job this is.

    Raises ForgeError where there is none, and for an answer of another shape than its API documents.
    """
    known = name or next((forge for sign, forge in _SIGNS if os.environ.get(sign)), "")
    if known not in FORGES:
        raise ForgeError(
            "this is no job of GitHub Actions, GitLab CI or Azure Pipelines",
            hint="run this step there, or name one with --forge",
        )
    try:
        yield FORGES[known]()
    except (KeyError, TypeError, AttributeError) as error:
        raise ForgeError(
            f"an answer of {known} has another shape than its API documents: {error!r}",
            hint="its API may have changed; nothing was concluded from the answer",
        ) from error
