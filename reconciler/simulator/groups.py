"""The tree of groups; a path joins its levels with ``|`` (myq.md section 4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.simulator.refusal import Conflict, Invalid, NotFound
from reconciler.simulator.schema import ALL_USERS
from reconciler.simulator.work import Work


def find_group(work: Work, path: str) -> int | None:
    """Return the id of the group at *path*, None when there is none."""
    row = work.db.execute(
        "SELECT id FROM groups WHERE folded = ? AND (path = ? OR NOT ?)",
        (path.casefold(), path, work.switches.group_names_case_sensitive),
    ).fetchone()
    return None if row is None else int(row[0])


def check_path(work: Work, path: str) -> None:
    """Refuse a path that MyQ cannot hold: an empty level, or a comma (myq.md section 4.2)."""
    if not all(level.strip() for level in path.split("|")):
        raise Invalid(f'The group path "{path}" has an empty level.')
    if "," in path and not work.switches.group_names_may_hold_commas:
        raise Invalid(f'The group name "{path}" holds a comma.')


def create_group(work: Work, path: str) -> int:
    """Create the group at *path* and the parents it lacks; return its id."""
    check_path(work, path)
    if find_group(work, path) is not None:
        raise Conflict(f'The group "{path}" already exists.')
    return ensure_group(work, path)


def ensure_group(work: Work, path: str) -> int:
    """Return the id of the group at *path*, which is created, with its parents, where missing."""
    found = find_group(work, path)
    if found is not None:
        return found
    check_path(work, path)
    above = path.rpartition("|")[0]
    parent = ensure_group(work, above) if above else None
    return _insert(work, parent, path)


def _insert(work: Work, parent: int | None, path: str) -> int:
    cursor = work.db.execute(
        "INSERT INTO groups (parent, path, folded) VALUES (?, ?, ?)", (parent, path, path.casefold())
    )
    work.effect(None, {"group": [None, path]})
    return int(cursor.lastrowid or 0)


def move_group(work: Work, group_id: int, path: str) -> str:
    """Give the group another path, its descendants with it; the new parent must be there."""
    row = work.db.execute("SELECT path, built_in FROM groups WHERE id = ?", (group_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no group {group_id}.")
    before, built_in = row
    check_path(work, path)
    if built_in:
        raise Conflict(f'The group "{ALL_USERS}" is built in.')
    if find_group(work, path) not in {None, group_id}:
        raise Conflict(f'The group "{path}" already exists.')
    if path.startswith(f"{before}|"):
        raise Conflict(f'The group "{before}" cannot be moved below itself.')
    above = path.rpartition("|")[0]
    parent = find_group(work, above) if above else None
    if above and parent is None:
        raise Conflict(f'There is no group "{above}".')
    work.db.execute("UPDATE groups SET parent = ? WHERE id = ?", (parent, group_id))
    _carry(work, before, path)
    work.effect(None, {"group": [before, path]})
    return path


def _carry(work: Work, before: str, after: str) -> None:
    """Write the new path into the group and all below it."""
    rows = work.db.execute(
        "SELECT id, path FROM groups WHERE path = ? OR substr(path, 1, ?) = ?",
        (before, len(before) + 1, f"{before}|"),
    ).fetchall()
    moved = [(group_id, after + path[len(before) :]) for group_id, path in rows]
    work.db.executemany(
        "UPDATE groups SET path = ?, folded = ? WHERE id = ?",
        [(path, path.casefold(), group_id) for group_id, path in moved],
    )


def delete_emptied(work: Work, candidates: Iterable[int]) -> list[str]:
    """Delete those of the groups that nobody is in and that have no group below; return their paths."""
    gone = []
    for group_id in candidates:
        row = work.db.execute(
            "SELECT path FROM groups WHERE id = ?1 AND NOT built_in"
            " AND NOT EXISTS (SELECT 1 FROM memberships WHERE grp = ?1)"
            " AND NOT EXISTS (SELECT 1 FROM groups AS below WHERE below.parent = ?1)",
            (group_id,),
        ).fetchone()
        if row is not None:
            work.db.execute("DELETE FROM groups WHERE id = ?", (group_id,))
            work.effect(None, {"group": [row[0], None]})
            gone.append(row[0])
    return gone


def page_of_groups(work: Work, offset: int, limit: int) -> tuple[list[dict[str, object]], int]:
    """Return some of the groups, by id, and how many there are; the built-in one is not listed."""
    rows = work.db.execute(
        "SELECT id, path FROM groups WHERE NOT built_in ORDER BY id LIMIT ? OFFSET ?", (limit, offset)
    )
    total = work.db.execute("SELECT count(*) FROM groups WHERE NOT built_in").fetchone()[0]
    return [{"id": group_id, "path": path} for group_id, path in rows], total
