"""LDAP sources as manifests declare them, and what reading one gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.model import Cell, Read, Reading
from reconciler.sources.base import Surroundings
from reconciler.sources.ldap import LdapSpec
from support import samba
from support.slapd import BASE, READER, READER_PASSWORD, Slapd

PASSWORD, AD_PASSWORD = "env:LDAP_PASSWORD", "env:AD_PASSWORD"
SECRETS = {
    PASSWORD: READER_PASSWORD,
    AD_PASSWORD: samba.READER_PASSWORD,
    "env:WRONG": "not the password",
    "env:EMPTY": "",
}


def surroundings(folder: Path) -> Surroundings:
    """Return a project folder with the secrets above; a ``file:`` is what the file holds."""

    def secret(reference: str) -> str:
        scheme, _, rest = reference.partition(":")
        return Path(rest).read_text(encoding="utf-8") if scheme == "file" else SECRETS[reference]

    return Surroundings(folder, secret)


def ldap_spec(settings: Mapping[str, object]) -> LdapSpec:
    """Return what a manifest with these settings declares."""
    return LdapSpec.model_validate_json(json.dumps({"type": "ldap", "mapping": "people", **settings}))


def slapd_settings(server: Slapd, **changed: object) -> dict[str, object]:
    """Return the settings that read people from an OpenLDAP server of the tests."""
    return {
        "directory": "openLdap",
        "servers": [server.ldaps_url],
        "bind": {"user": READER, "password": PASSWORD},
        "tls": {"caFile": str(server.ca)},
        "baseDns": [f"ou=People,{BASE}"],
        **changed,
    }


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished read: each record's cells by its DN, and the reading."""

    records: dict[str, tuple[Cell, ...]]
    reading: Reading
    batches: int

    def column(self, position: int = 0) -> dict[str, Cell]:
        """Return one attribute by the value of the first level of the DN."""
        return {dn.partition(",")[0].partition("=")[2]: cells[position] for dn, cells in self.records.items()}

    def fact(self, name: str) -> str:
        """Return the one fact of this name."""
        (value,) = [fact.value for fact in self.reading.facts if fact.name == name]
        return value


def finish(read: Read) -> Outcome:
    """Read to the end."""
    records: dict[str, tuple[Cell, ...]] = {}
    batches = 0
    while True:
        try:
            batch = next(read)
        except StopIteration as end:
            return Outcome(records, end.value, batches)
        batches += 1
        assert not records.keys() & set(batch.origins)
        cells = zip(*batch.columns, strict=True) if batch.columns else ((),) * len(batch.origins)
        records.update(zip(batch.origins, cells, strict=True))


def read_source(settings: Mapping[str, object], *attributes: str, folder: Path | None = None) -> Outcome:
    """Read the source with these settings to its end."""
    reader = ldap_spec(settings).reader(surroundings(folder or Path()))
    return finish(reader.read(attributes))
