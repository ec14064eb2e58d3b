"""What JSON says of an attribute, as a cell."""

from __future__ import annotations

from reconciler.core.model import Cell


def cell_of(value: object) -> Cell | None:
    """Return a text, or a list of texts less its empty ones, as a cell; None for anything else."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return None
    held = tuple(filter(None, value))
    return held if len(held) > 1 else "".join(held)
