"""What the fields of a change shall hold, and do hold, on an account as it is now."""

from __future__ import annotations

from reconciler.core.change import Change, FieldChange, Value, gained, lost
from reconciler.core.found import values_now
from reconciler.core.model import Account


def values_after(change: Change, current: Account | None) -> dict[str, Value]:
    """Return what the fields of a change shall hold on the account as it is now."""
    return {field.field: _after(field, current) for field in change.fields}


def _after(field: FieldChange, current: Account | None) -> Value:
    if isinstance(field.after, str) or current is None:
        return field.after
    held = set(values_now(current, field.field)) - set(lost(field)) | set(gained(field))
    return tuple(sorted(held))
