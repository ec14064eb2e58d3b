"""The tables of a ledger, in SQL that SQLite and PostgreSQL both understand.

A new ledger is made of these statements, in milliseconds. An older one is brought here by the migrations
of `reconciler.ledger.migrations`; a test holds both ways to the same outcome.
"""

from __future__ import annotations

VERSIONS = ("0001", "0002", "0003", "0004")
"""Every revision there ever was, in order; the last is what this program reads and writes."""

HEAD = VERSIONS[-1]

VERSION_TABLE = "ledger_version"

TABLES = (
    """CREATE TABLE ledger_version (
        version_num VARCHAR(32) NOT NULL, CONSTRAINT ledger_version_pkc PRIMARY KEY (version_num))""",
    """CREATE TABLE ledger_fact (
        name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name))""",
    """CREATE TABLE ledger_read (
        target TEXT NOT NULL, source TEXT NOT NULL, records BIGINT NOT NULL, at TEXT NOT NULL,
        doubted_records BIGINT, doubted_reads BIGINT, doubted_since TEXT,
        PRIMARY KEY (target, source))""",
    """CREATE TABLE ledger_absence (
        target TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL,
        since TEXT NOT NULL, reads BIGINT NOT NULL,
        PRIMARY KEY (target, source, account))""",
    """CREATE TABLE ledger_run (
        run TEXT NOT NULL, target TEXT NOT NULL, started TEXT NOT NULL, ended TEXT, PRIMARY KEY (run))""",
    "CREATE INDEX ledger_run_target ON ledger_run (target, started)",
    """CREATE TABLE ledger_entry (
        run TEXT NOT NULL, effect TEXT NOT NULL, action TEXT NOT NULL, source TEXT NOT NULL,
        outcome TEXT, marks TEXT NOT NULL DEFAULT '', PRIMARY KEY (run, effect))""",
    """CREATE TABLE ledger_pins (
        target TEXT NOT NULL, account TEXT NOT NULL, fingerprint TEXT NOT NULL,
        PRIMARY KEY (target, account))""",
    """CREATE TABLE ledger_look (
        target TEXT NOT NULL, manifests TEXT NOT NULL, revision TEXT NOT NULL, at TEXT NOT NULL,
        sights TEXT NOT NULL, PRIMARY KEY (target))""",
)
