"""What of one source's users is held against their accounts."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from reconciler.core.desired import Compared, Ownership
from reconciler.core.model import INDEX, ActualState, Property, User


class Lens(NamedTuple):
    """What is compared of one source's users; `key` gives it of a user at once, so most need no more."""

    compared: tuple[Compared, ...]
    key: Callable[[User], object]


def lens_of(owned: Ownership, actual: ActualState) -> Lens:
    """Return what of a source's users is looked at here: its rules, less what the server hides."""
    kept = {Property.DEFAULT_GROUP} if owned.rules.options.do_not_change_default_group else set()
    compared = tuple(
        one for one in owned.compared if one.property in actual.readable and one.property not in kept
    )
    fixed = [INDEX[Property.USER_NAME]]
    if actual.knows_source:
        fixed.append(INDEX[Property.SYNCHRONIZATION_SOURCE])
    return Lens(compared, itemgetter(*fixed, *(one.at for one in compared)))
