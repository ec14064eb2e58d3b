"""Python's search for garbage in cycles, and when it may rest."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the search off while hundreds of thousands of values are made, none of them in a cycle.

    It is the largest single saving there is here: among a million new values it looks long and finds
    nothing. What was made is frozen, so that no later search looks at it again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
