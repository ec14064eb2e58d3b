"""Who may be called what, and who holds which card, PIN and personal number (myq.md sections 5 and 9)."""

from __future__ import annotations

from typing import TypeAlias

from reconciler.simulator.pins import HIGHEST_TIER, fault_of, generated, shortest
from reconciler.simulator.refusal import Conflict, Invalid
from reconciler.simulator.switches import Collision
from reconciler.simulator.work import MASK, Work

Selves: TypeAlias = tuple[int, int]
"""The ids that do not count as somebody else: the user's own, and that of a deleted one it replaces."""

_HASHED = "hash:"
_CLASH = (
    "SELECT username FROM users"
    " WHERE users.folded = ?1 AND (?3 OR username = ?2) AND id NOT IN (?5, ?6) AND (?7 OR NOT deleted)"
    " UNION ALL"
    " SELECT username FROM held JOIN users ON users.id = held.user"
    " WHERE kind = 'aliases' AND held.folded = ?1 AND (?4 OR value = ?2)"
    " AND users.id NOT IN (?5, ?6) AND (?7 OR NOT deleted)"
    " LIMIT 1"
)
_HOLDER = (
    "SELECT users.id, username FROM held JOIN users ON users.id = held.user"
    " WHERE kind = ? AND held.folded = ? AND value = ? AND users.id NOT IN (?, ?)"
    " AND (? OR NOT deleted) LIMIT 1"
)
_NUMBERED = (
    "SELECT id, username FROM users WHERE code = ? AND id NOT IN (?, ?) AND (? OR NOT deleted) LIMIT 1"
)


def user_named(work: Work, name: str, *, deleted: bool) -> int | None:
    """Return the id of the user with that user name; of several deleted ones, the latest."""
    row = work.db.execute(
        "SELECT id FROM users WHERE folded = ? AND (username = ? OR NOT ?) AND deleted = ?"
        " ORDER BY id DESC LIMIT 1",
        (name.casefold(), name, work.switches.user_name_case_sensitive, deleted),
    ).fetchone()
    return None if row is None else int(row[0])


def user_numbered(work: Work, code: str) -> int | None:
    """Return the id of the user, not deleted, with that personal number."""
    row = work.db.execute(
        "SELECT id FROM users WHERE code = ? AND code <> '' AND NOT deleted ORDER BY id LIMIT 1", (code,)
    ).fetchone()
    return None if row is None else int(row[0])


def check_name(work: Work, name: str, selves: Selves, *, as_alias: bool = False) -> None:
    """Refuse a name that somebody else has as name or alias, in MyQ's words (myq.md section 2.6)."""
    loose = work.switches.aliases_ignore_case
    names_loose = loose if as_alias else not work.switches.user_name_case_sensitive
    row = work.db.execute(
        _CLASH,
        (name.casefold(), name, names_loose, loose, *selves, work.switches.deleted_user_blocks_names),
    ).fetchone()
    if row is not None:
        raise Conflict(f'The name/alias "{name}" is already used by the user "{row[0]}"')


def claim(work: Work, kind: str, value: str, selves: Selves) -> bool:
    """Tell whether the user may have the card or PIN; a switch decides what becomes of its holder."""
    row = work.db.execute(
        _HOLDER, (kind, value.casefold(), value, *selves, work.switches.deleted_user_blocks_names)
    ).fetchone()
    if row is None:
        return True
    holder, name = row
    card = kind == "cards"
    outcome = work.switches.card_collision if card else work.switches.pin_collision
    if outcome is Collision.REJECT:
        shown = f'card "{value}"' if card else "PIN"
        raise Conflict(f'The {shown} is already used by the user "{name}"')
    if outcome is Collision.MOVE:
        work.db.execute("DELETE FROM held WHERE user = ? AND kind = ? AND value = ?", (holder, kind, value))
        work.effect(holder, {kind: [value if card else MASK, None]})
    return outcome is Collision.MOVE


def claim_code(work: Work, code: str, selves: Selves) -> bool:
    """Tell whether the user may have the personal number (unique: myq.md section 4.2)."""
    row = work.db.execute(_NUMBERED, (code, *selves, work.switches.deleted_user_blocks_names)).fetchone()
    if row is None:
        return True
    holder, name = row
    outcome = work.switches.code_collision
    if outcome is Collision.REJECT:
        raise Conflict(f'The personal number "{code}" is already used by the user "{name}"')
    if outcome is Collision.MOVE:
        work.db.execute("UPDATE users SET code = '' WHERE id = ?", (holder,))
        work.effect(holder, {"code": [code, ""]})
    return outcome is Collision.MOVE


def pin_length(work: Work) -> int:
    """Return the length that PINs must have at least, with so many users as there are now."""
    (users,) = work.db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM users WHERE NOT deleted AND NOT system LIMIT ?)", (HIGHEST_TIER,)
    ).fetchone()
    return shortest(work.switches.pin_minimum_length, users)


def check_pin(work: Work, pin: str) -> None:
    """Refuse a PIN that the rules forbid; a hashed one cannot be judged."""
    if work.hashed_pins and pin.startswith(_HASHED):
        return
    wrong = fault_of(pin, pin_length(work), steps_refused=work.switches.constant_step_pins_refused)
    if wrong:
        raise Invalid(wrong)


def new_pin(work: Work) -> str:
    """Return a PIN that nobody has."""
    return next(pin for pin in generated(pin_length(work)) if not _is_held(work, pin))


def _is_held(work: Work, pin: str) -> bool:
    query = "SELECT 1 FROM held WHERE kind = 'pins' AND folded = ?"
    return work.db.execute(query, (pin,)).fetchone() is not None
