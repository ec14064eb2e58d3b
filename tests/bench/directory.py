"""A directory on loopback, with the people of the other measurements in it; needs slapd."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figure import run
from tests.bench.people import Person, people

SUFFIX = "dc=example,dc=edu"
BASE = f"ou=people,{SUFFIX}"
FILTER = "(objectClass=inetOrgPerson)"
ATTRIBUTES = (
    *("uid", "cn", "sn", "givenName", "mail", "telephoneNumber", "employeeNumber"),
    *("carLicense", "l", "ou"),
)
"""A person's ten, which the mappings of the measurements use up; `carLicense` holds cards, being a list."""

CONFIGURATION = """\
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit unlimited
database mdb
maxsize 8589934592
suffix "{suffix}"
directory "{folder}"
index objectClass eq
"""
SCHEMAS = ("/etc/ldap/schema", "/etc/openldap/schema")
PLACES = ("/usr/sbin", "/usr/libexec", "/opt/homebrew/opt/openldap/libexec")


@contextmanager
def directory(folder: Path, size: int) -> Iterator[int]:
    """Serve so many people; gives the port."""
    schema = next(filter(os.path.isdir, SCHEMAS), SCHEMAS[0])
    configuration, data = folder / "slapd.conf", folder / "people.ldif"
    configuration.write_text(
        CONFIGURATION.format(schema=schema, suffix=SUFFIX, folder=folder), encoding="utf-8"
    )
    with data.open("w", encoding="ascii") as file:
        file.writelines(_ldif(people(size)))
    run([program("slapadd"), "-q", "-f", str(configuration), "-l", str(data)])
    data.unlink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [program("slapd"), "-d", "0", "-f", str(configuration), "-h", f"ldap://127.0.0.1:{port}/"]
    with subprocess.Popen(command) as process:
        try:
            _await(port, process)
            yield port
        finally:
            process.terminate()


def program(name: str) -> str:
    """Return where a program is; daemons are not on everybody's path."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(PLACES))
    return found or sys.exit(f"{name} is not installed")


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return as soon as somebody listens."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    sys.exit(f"slapd ended with {process.returncode}")


def _ldif(everybody: Iterable[Person]) -> Iterator[str]:
    yield f"dn: {SUFFIX}\nobjectClass: domain\ndc: example\n\n"
    yield f"dn: {BASE}\nobjectClass: organizationalUnit\nou: people\n\n"
    for number, person in enumerate(everybody):
        uid = person.names.partition(",")[0]
        first, last = person.full_name.split(maxsplit=1)
        _, faculty, unit = person.groups.partition(",")[0].split("|")
        values = (
            *((uid,), (person.full_name,), (last,), (first,), (person.email,)),
            *((f"+420 {number:09}",), (person.code,), person.cards.split(","), (faculty,), (unit,)),
        )
        lines = (_line(name, value) for name, held in zip(ATTRIBUTES, values, strict=True) for value in held)
        yield f"dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\n{''.join(lines)}\n"


def _line(name: str, value: str) -> str:
    if value.isascii():
        return f"{name}: {value}\n"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"
