"""The tables, and how a database with them is opened.

No table has a uniqueness constraint on names, cards, PINs or personal numbers: what may be held twice
depends on switches, so `identity` checks it. Rows of users are never removed (myq.md section 5).
"""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack

from reconciler.errors import UsageError

SCALARS = (
    "username",
    "fullname",
    "email",
    "scanStorage",
    "code",
    "syncSource",
    "lang",
    "phone",
    "ldapDomain",
    "notes",
    "department",
    "objectId",
)
"""The single-valued properties of a user, by the names of the API (myq.md section 6.3)."""

HELD = ("aliases", "cards", "pins")
"""What a user holds any number of, and nobody else may hold too: the kinds in the table `held`."""

SYSTEM_USERS = ("*admin", "*api", "*fax", "*unauthenticated", "*system")
"""Always there, never deleted or changed (myq.md section 5)."""

ALL_USERS = "All users"
"""The built-in group of every user who is not deleted (myq.md section 5)."""

_TABLES = f"""
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY,
    {", ".join(f"{name} TEXT NOT NULL DEFAULT ''" for name in SCALARS)},
    defaultGroup INTEGER,
    deleted INTEGER NOT NULL DEFAULT 0,
    system INTEGER NOT NULL DEFAULT 0,
    folded TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS held (
    user INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    folded TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS memberships (user INTEGER NOT NULL, grp INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS groups (
    id INTEGER PRIMARY KEY,
    parent INTEGER,
    path TEXT NOT NULL,
    folded TEXT NOT NULL,
    built_in INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS effects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request INTEGER NOT NULL,
    operation TEXT NOT NULL,
    user INTEGER,
    what TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS effects_stay BEFORE UPDATE ON effects
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
"""

_INDEXES = (
    ("users_folded", "users(folded)"),
    ("users_code", "users(code)"),
    ("users_email", "users(email)"),
    ("users_source", "users(syncSource)"),
    ("held_user", "held(user)"),
    ("held_folded", "held(kind, folded)"),
    ("memberships_user", "memberships(user, grp)"),
    ("memberships_group", "memberships(grp)"),
    ("groups_folded", "groups(folded)"),
    ("groups_parent", "groups(parent)"),
)


def connect(file: str) -> sqlite3.Connection:
    """Return a connection to *file* (or ``:memory:``) that has the tables and what is built in.

    Transactions are begun and ended by hand. The connection may be used by another thread than the
    one that opened it, by one at a time.
    """
    with ExitStack() as unless_good:
        try:
            db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, cached_statements=512)
            unless_good.callback(db.close)
            _prepare(db)
        except sqlite3.Error as error:
            raise UsageError(
                f"the state cannot be opened: {error}", hint="another file, or :memory:", where=file
            ) from None
        unless_good.pop_all()
    return db


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    db.executescript(_TABLES)
    for name, columns in _INDEXES:
        db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")
    if db.execute("SELECT 1 FROM groups LIMIT 1").fetchone() is None:
        build_in(db)


def build_in(db: sqlite3.Connection) -> None:
    """Add the group of all users and the system users."""
    db.execute(
        "INSERT INTO groups (path, folded, built_in) VALUES (?, ?, 1)", (ALL_USERS, ALL_USERS.casefold())
    )
    db.executemany(
        "INSERT INTO users (username, fullname, folded, system) VALUES (?, ?, ?, 1)",
        [(name, name, name.casefold()) for name in SYSTEM_USERS],
    )
