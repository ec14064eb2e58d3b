"""One file for each kind of synchronization source: its manifest and its reader."""

from __future__ import annotations

from typing import TypeAlias

from reconciler.sources.central import CentralSpec
from reconciler.sources.csv_file import CsvSpec
from reconciler.sources.entra import EntraSpec
from reconciler.sources.ldap import LdapSpec
from reconciler.sources.script import ScriptSpec

SourceSpecUnion: TypeAlias = CentralSpec | CsvSpec | EntraSpec | LdapSpec | ScriptSpec
"""The kinds of sources there are; a new kind is one file and one more name here."""
