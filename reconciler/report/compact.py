"""Changes as the page's script reads them: as little text as possible, for there may be a hundred thousand.

What many changes share is said once and meant by its number. The script, `page.js`, knows the places:

    [action, name, name in its id or 0, source, reason, record, account, PINs, needs, fields]
    and, where one says something: [..., why it cannot be applied, cause, fields that these manifests alter]

    a field: [name, rule, before, after]              texts
             [name, rule, [kept], [gained], [lost]]   values: texts, or numbers into `values`
             [name, rule, had, has]                   masked: 0 or 1
             [name, rule, had, has, gained, lost]     masked, of several values
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.core.attribution import Cause
from reconciler.core.change import Action, Change, FieldChange, gained, lost
from reconciler.core.plan import Plan
from reconciler.core.reach import THROUGH
from reconciler.core.render.masks import PUBLIC, Mask
from reconciler.core.render.words import ACTIONS, CAUSES
from reconciler.report.markup import shown

_CAUSES = {cause: rank for rank, cause in enumerate(Cause)}
_RANKS = {action: rank for rank, action in enumerate(Action)}


class _Texts:
    """Distinct texts, each kept once, in the order in which they came."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._at.setdefault(text, len(self._at))

    def all(self) -> list[str]:
        return [shown(text) for text in self._at]


class Compact:
    """One pass over the changes that are shown."""

    def __init__(self, mask: Mask, plan: Plan) -> None:
        self._mask = mask
        self._unreachable = plan.unreachable
        told = plan.attribution
        self._attribution = None if told is None or told.problem else told
        self._fields, self._rules, self._values = _Texts(), _Texts(), _Texts()
        self._sources, self._reasons = _Texts(), _Texts()

    def document(self, changes: Sequence[Change]) -> dict[str, Any]:
        """Return what the page's script is given."""
        # Ids take time to spell, and of most plans no change needs another.
        needed = any(change.needs for change in changes)
        ids = {change.id: at for at, change in enumerate(changes)} if needed else {}
        rows = [self._row(change, ids) for change in changes]
        return {
            "actions": [
                {"word": action.value, **ACTIONS[action]._asdict(), "group": action.value.startswith("group")}
                for action in Action
            ],
            "fields": self._fields.all(),
            "rules": self._rules.all(),
            "values": self._values.all(),
            "sources": self._sources.all(),
            "reasons": self._reasons.all(),
            "causes": [CAUSES[cause] for cause in Cause] if self._attribution else [],
            "changes": rows,
        }

    def _row(self, change: Change, ids: dict[str, int]) -> list[Any]:
        mask = self._mask
        name = shown(change.name if change.is_group else mask.name(change.name).text)
        typed = mask.id(change.id).text.partition("/")[2]
        why = mask.told(change.reason, change) if mask.hides_people else change.reason
        return [
            _RANKS[change.action],
            name,
            0 if typed == name else typed,
            self._sources.number(change.source),
            self._reasons.number(why),
            "" if mask.hides_people else shown(change.record),
            "" if mask.hides_people else shown(change.account_id),
            change.pins,
            [ids.get(need, mask.id(need).text) for need in change.needs],
            [self._field(field) for field in change.fields],
            *self._standing(change),
        ]

    def _standing(self, change: Change) -> tuple[Any, ...]:
        why = self._unreachable.get(change.id, "") if self._unreachable else ""
        if self._attribution:
            altered = self._attribution.altered.get(change.id, ())
            cause = _CAUSES[self._attribution.cause(change)]
            return self._why(why, change), cause, [shown(name) for name in altered]
        return (self._why(why, change),) if why else ()

    def _why(self, why: str, change: Change) -> str:
        """Return why a change cannot be applied, as far as the reader may see it."""
        return (shown(self._mask.told(why, change)) or THROUGH) if why else ""

    def _field(self, field: FieldChange) -> list[Any]:
        name = field.field
        where: list[Any] = [self._fields.number(name), self._rules.number(field.rule)]
        alone = isinstance(field.before, str) and isinstance(field.after, str)
        if self._mask.hides(name):
            counts = [] if alone else [len(gained(field)), len(lost(field))]
            return [*where, int(bool(field.before)), int(bool(field.after)), *counts]
        if isinstance(field.before, str) and isinstance(field.after, str):
            return [*where, self._text(name, field.before), self._text(name, field.after)]
        both = set(field.after) if isinstance(field.after, tuple) else {field.after}
        kept = [] if isinstance(field.before, str) else [value for value in field.before if value in both]
        return [
            *where,
            *([self._value(name, one) for one in some] for some in (kept, gained(field), lost(field))),
        ]

    def _text(self, field: str, value: str) -> str:
        return shown(self._mask.value(field, value).text) if value else ""

    def _value(self, field: str, value: str) -> str | int:
        """Return a value; of what people share, such as groups, its number."""
        return self._values.number(value) if field in PUBLIC else self._text(field, value)
