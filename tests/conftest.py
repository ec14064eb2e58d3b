"""Fixtures shared by all tests; each lives in a module of tests/support."""

from __future__ import annotations

pytest_plugins: tuple[str, ...] = (
    "support.browser",
    "support.authority",  # before the servers that show its certificates
    "support.slapd",
    "support.ldap_people",
    "support.samba_people",
    "support.golden",
    "support.https",  # before what builds on it
    "support.graph",
    "support.nothing_skipped",
    "support.odd_server",
    "support.postgres",
    "support.ledgers",  # it is kept in a PostgreSQL, too
    "support.process",
    "support.scripts",
    "support.settings",
    "support.simulator",
    "support.spoken",  # it lets the simulator speak otherwise
    "support.central",  # it is a second simulator
    "support.project",  # it uses the simulator, so it comes behind it
    "support.sites",  # it runs the same command line
    "support.repository",  # it begins with a project
    "support.five_kinds",  # it uses nearly all of them
    "support.accident",  # it is a project, too
)
