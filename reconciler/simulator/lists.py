"""What a user has several of: aliases, cards, PINs, groups; and the one group accounting goes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from reconciler.simulator.groups import find_group
from reconciler.simulator.identity import Selves, check_name, check_pin, claim
from reconciler.simulator.refusal import Conflict, Invalid
from reconciler.simulator.schema import HELD
from reconciler.simulator.switches import OwnAlias
from reconciler.simulator.work import MASK, Work

What: TypeAlias = dict[str, object]
"""Changed fields, each with what it was and what it is."""

_BUILT_IN = 1
"""The id of the group of all users: everybody is in it, and no row says so."""


def held(work: Work, user_id: int, kind: str) -> list[str]:
    """Return the user's aliases, cards or PINs, oldest first."""
    rows = work.db.execute(
        "SELECT value FROM held WHERE user = ? AND kind = ? ORDER BY rowid", (user_id, kind)
    )
    return [value for (value,) in rows]


def add_held(work: Work, kind: str, value: str, selves: Selves) -> bool:
    """Give the user one more alias, card or PIN; False when a switch says that it is skipped."""
    if kind == "aliases":
        check_name(work, value, selves, as_alias=True)
    if kind == "pins":
        check_pin(work, value)
    if kind != "aliases" and not claim(work, kind, value, selves):
        return False
    work.db.execute(
        "INSERT INTO held (user, kind, value, folded) VALUES (?, ?, ?, ?)",
        (selves[0], kind, value, value.casefold()),
    )
    return True


def drop_held(work: Work, user_id: int, kind: str, value: str) -> None:
    """Take one alias, card or PIN away."""
    work.db.execute("DELETE FROM held WHERE user = ? AND kind = ? AND value = ?", (user_id, kind, value))


def replace_lists(work: Work, selves: Selves, name: str, wanted: Mapping[str, Any]) -> What:
    """Replace each list that is named in *wanted*, whole; return what changed."""
    what: What = {}
    for kind in HELD:
        if kind in wanted:
            values = list(dict.fromkeys(wanted[kind]))
            what |= _replace_held(
                work, kind, selves, _other_names(work, name, values) if kind == "aliases" else values
            )
    if "groups" in wanted:
        what |= replace_groups(work, selves[0], wanted["groups"])
    if "defaultGroup" in wanted:
        what |= set_default(work, selves[0], wanted["defaultGroup"])
    return what


def _other_names(work: Work, name: str, aliases: list[str]) -> list[str]:
    """Return the aliases without one that is the user's own name, where that is skipped."""
    rule = work.switches.alias_equal_to_own_name
    loose = work.switches.aliases_ignore_case
    own = [alias for alias in aliases if alias == name or (loose and alias.casefold() == name.casefold())]
    if own and rule is OwnAlias.REFUSE:
        raise Conflict(f'The name/alias "{own[0]}" is already used by the user "{name}"')
    return aliases if rule is OwnAlias.KEEP else [alias for alias in aliases if alias not in own]


def _replace_held(work: Work, kind: str, selves: Selves, values: Sequence[str]) -> What:
    before = held(work, selves[0], kind)
    for value in before:
        if value not in values:
            drop_held(work, selves[0], kind, value)
    for value in values:
        if value not in before:
            add_held(work, kind, value, selves)
    after = held(work, selves[0], kind)
    if before == after:
        return {}
    if kind == "pins":
        return {kind: [[MASK] * len(before), [MASK] * len(after)]}
    return {kind: [before, after]}


def memberships(work: Work, user_id: int) -> dict[int, str]:
    """Return the groups the user is in, oldest membership first: path by id."""
    rows = work.db.execute(
        "SELECT grp, path FROM memberships JOIN groups ON groups.id = grp WHERE user = ?"
        " ORDER BY memberships.rowid",
        (user_id,),
    )
    return dict(rows.fetchall())


def join(work: Work, user_id: int, group_id: int) -> None:
    """Make the user a member."""
    work.db.execute("INSERT INTO memberships (user, grp) VALUES (?, ?)", (user_id, group_id))


def replace_groups(work: Work, user_id: int, paths: Sequence[str]) -> What:
    """Make the user a member of exactly these groups, which must all be there."""
    wanted = {_group(work, path): None for path in paths}
    wanted.pop(_BUILT_IN, None)
    before = memberships(work, user_id)
    for group_id in before:
        if group_id not in wanted:
            work.db.execute("DELETE FROM memberships WHERE user = ? AND grp = ?", (user_id, group_id))
    for group_id in wanted:
        if group_id not in before:
            join(work, user_id, group_id)
    after = memberships(work, user_id)
    if before == after:
        return {}
    what: What = {"groups": [list(before.values()), list(after.values())]}
    return what | _leave_default(work, user_id, before, after)


def _leave_default(work: Work, user_id: int, before: Mapping[int, str], after: Mapping[int, str]) -> What:
    """Clear the default group of a user who has left it, where it must be one of the user's groups."""
    default = _default(work, user_id)
    if (
        default is None
        or default not in before
        or default in after
        or not work.switches.default_group_must_be_a_membership
    ):
        return {}
    work.db.execute("UPDATE users SET defaultGroup = NULL WHERE id = ?", (user_id,))
    return {"defaultGroup": [before[default], ""]}


def set_default(work: Work, user_id: int, path: str) -> What:
    """Account the user to the group at *path*, or to none for ``""`` (at most one: myq.md section 5)."""
    wanted = _group(work, path) if path else None
    before = _default(work, user_id)
    if wanted == before:
        return {}
    if (
        wanted is not None
        and work.switches.default_group_must_be_a_membership
        and wanted not in memberships(work, user_id)
    ):
        raise Invalid(f'The default group "{path}" is none of the user\'s groups.')
    work.db.execute("UPDATE users SET defaultGroup = ? WHERE id = ?", (wanted, user_id))
    row = work.db.execute("SELECT path FROM groups WHERE id = ?", (before,)).fetchone()
    return {"defaultGroup": [row[0] if row else "", path]}


def _default(work: Work, user_id: int) -> int | None:
    found: int | None = work.db.execute("SELECT defaultGroup FROM users WHERE id = ?", (user_id,)).fetchone()[
        0
    ]
    return found


def _group(work: Work, path: str) -> int:
    found = find_group(work, path)
    if found is None:
        raise Invalid(f'There is no group "{path}".')
    return found
