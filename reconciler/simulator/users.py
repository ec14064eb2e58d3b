"""What can be done to a user: create, change, delete, undelete (myq.md sections 5 and 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.simulator.identity import Selves, check_name, claim, claim_code, user_named
from reconciler.simulator.lists import What, drop_held, held, memberships, replace_lists
from reconciler.simulator.refusal import Conflict, Invalid, NotFound
from reconciler.simulator.schema import SCALARS
from reconciler.simulator.switches import Returning
from reconciler.simulator.work import Work

_NOBODY = -1
_ROW = (
    "SELECT username, fullname, email, scanStorage, code, syncSource, lang, phone, ldapDomain, notes,"
    " department, objectId, deleted, system FROM users WHERE id = ?"
)
_INSERT = (
    "INSERT INTO users (username, fullname, email, scanStorage, code, syncSource, lang, phone, ldapDomain,"
    " notes, department, objectId, folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE users SET username = ?, fullname = ?, email = ?, scanStorage = ?, code = ?, syncSource = ?,"
    " lang = ?, phone = ?, ldapDomain = ?, notes = ?, department = ?, objectId = ?, folded = ? WHERE id = ?"
)


class Row(NamedTuple):
    """A user as the table has it."""

    scalars: dict[str, str]
    deleted: bool
    system: bool

    @property
    def name(self) -> str:
        """The user name."""
        return self.scalars["username"]


def find(work: Work, user_id: int) -> Row:
    """Return the user with that id; refuse when there is none."""
    row = work.db.execute(_ROW, (user_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return Row(dict(zip(SCALARS, row, strict=False)), bool(row[-2]), bool(row[-1]))


def writable(work: Work, user_id: int) -> Row:
    """Return a user who may be changed: no system user, and as a rule not a deleted one."""
    row = _of_people(work, user_id)
    if row.deleted and not work.switches.deleted_users_can_be_changed:
        raise Conflict(f'The user "{row.name}" is deleted.')
    return row


def create(work: Work, wanted: Mapping[str, Any], returning: Returning) -> int:
    """Create a user and return the id; *returning* says what happens where a deleted one has the name."""
    name = wanted.get("username", "")
    twin = user_named(work, name, deleted=True)
    if twin is not None and returning is Returning.REFUSE:
        raise Conflict(f'The name/alias "{name}" is already used by the user "{name}"')
    if twin is not None and returning is Returning.UNDELETE:
        undelete(work, twin)
        update(work, twin, wanted)
        return twin
    blank = dict.fromkeys(SCALARS, "")
    replaced = _NOBODY if twin is None else twin
    scalars = _checked(work, blank, wanted, (_NOBODY, replaced))
    cursor = work.db.execute(_INSERT, (*scalars.values(), scalars["username"].casefold()))
    user_id = int(cursor.lastrowid or 0)
    lists = replace_lists(work, (user_id, replaced), scalars["username"], wanted)
    work.effect(user_id, {"created": [False, True]} | _differences(blank, scalars) | lists)
    return user_id


def update(work: Work, user_id: int, wanted: Mapping[str, Any]) -> What:
    """Change what is named in *wanted*, lists whole; return what is different now."""
    before = writable(work, user_id).scalars
    selves = (user_id, _NOBODY)
    after = _checked(work, before, wanted, selves)
    what = _differences(before, after)
    if what:
        work.db.execute(_UPDATE, (*after.values(), after["username"].casefold(), user_id))
    what |= replace_lists(work, selves, after["username"], wanted)
    work.effect(user_id, what)
    return what


def delete(work: Work, user_id: int) -> None:
    """Delete softly: out of all groups, flagged, the row kept (myq.md section 5)."""
    row = _of_people(work, user_id)
    if row.deleted:
        raise Conflict(f'The user "{row.name}" is deleted already.')
    groups = list(memberships(work, user_id).values())
    work.db.execute("DELETE FROM memberships WHERE user = ?", (user_id,))
    work.db.execute("UPDATE users SET deleted = 1, defaultGroup = NULL WHERE id = ?", (user_id,))
    work.effect(user_id, {"deleted": [False, True], "groups": [groups, []]})


def undelete(work: Work, user_id: int) -> None:
    """Take a deletion back; the memberships do not return (myq.md section 5)."""
    row = find(work, user_id)
    if not row.deleted:
        raise Conflict(f'The user "{row.name}" is not deleted.')
    _claim_again(work, (user_id, _NOBODY), row)
    work.db.execute("UPDATE users SET deleted = 0 WHERE id = ?", (user_id,))
    work.effect(user_id, {"deleted": [True, False]})


def _claim_again(work: Work, selves: Selves, row: Row) -> None:
    """Check that nobody has taken what the user held when deleted."""
    check_name(work, row.name, selves)
    for alias in held(work, selves[0], "aliases"):
        check_name(work, alias, selves, as_alias=True)
    for kind in ("cards", "pins"):
        for value in held(work, selves[0], kind):
            if not claim(work, kind, value, selves):
                drop_held(work, selves[0], kind, value)
    code = row.scalars["code"]
    if code and not claim_code(work, code, selves):
        work.db.execute("UPDATE users SET code = '' WHERE id = ?", (selves[0],))


def _of_people(work: Work, user_id: int) -> Row:
    row = find(work, user_id)
    if row.system:
        raise Conflict(f'The system user "{row.name}" can be neither changed nor deleted.')
    return row


def _checked(
    work: Work, before: Mapping[str, str], wanted: Mapping[str, Any], selves: Selves
) -> dict[str, str]:
    """Return the scalars as they will be, where all that is wanted may be."""
    after = {name: wanted.get(name, value) for name, value in before.items()}
    for mandatory in ("username", "fullname"):
        if not after[mandatory]:
            raise Invalid(f'The field "{mandatory}" is mandatory.')
    if after["username"] != before["username"]:
        check_name(work, after["username"], selves)
    if after["code"] and after["code"] != before["code"] and not claim_code(work, after["code"], selves):
        after["code"] = before["code"]
    return after


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> What:
    return {name: [before[name], after[name]] for name in SCALARS if before[name] != after[name]}
