"""How fast a directory is read, beside ldap3 as it comes and beside `ldapsearch`; needs slapd."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median

from ldap3 import NONE, SUBTREE, Connection, Server

from reconciler.sources.ldap_strategy import SETTINGS, Search, search_page, use_entry_strategy
from tests.bench import people
from tests.bench.figure import Figure, run

BASE = "ou=people,dc=example,dc=edu"
FILTER = "(objectClass=inetOrgPerson)"
ATTRIBUTES = ("uid", "cn", "sn", "givenName", "mail", "telephoneNumber", "employeeNumber", "title", "l", "ou")
PAGE = 1000

CONFIGURATION = """\
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
sizelimit unlimited
database mdb
maxsize 8589934592
suffix "dc=example,dc=edu"
directory "{folder}"
index objectClass eq
"""
PLACES = ("/usr/sbin", "/usr/libexec", "/opt/homebrew/opt/openldap/libexec")


def figures(size: int, rounds: int) -> Iterator[Figure]:
    """Yield what reading so many people costs; each pair is measured in turn."""
    with tempfile.TemporaryDirectory() as folder, directory(Path(folder), ldif(size)) as port:
        ours, bare, command = [], [], []
        for _ in range(rounds):
            ours.append(_seconds(lambda: read(port, size), size))
            bare.append(_seconds(lambda: read_bare(port), size))
            ours.append(_seconds(lambda: read(port, size), size))
            command.append(_seconds(lambda: ldapsearch(port, size), size))
        yield Figure("ldap_vs_bare_ratio", _ratio(ours[::2], bare), "", 0.35, size)
        yield Figure("ldap_vs_ldapsearch_ratio", _ratio(ours[1::2], command), "", 3.5, size)
        for name, seconds in (("read", ours), ("bare", bare), ("ldapsearch", command)):
            yield Figure(f"ldap_{name}_seconds", round(median(seconds), 3), "s", None, size)
        few = max(size // 10, PAGE)
        least = _megabytes(port, few)
        yield Figure("ldap_read_mb", round(least, 1), "MB", None, few)
        yield Figure("ldap_read_mb", round(_megabytes(port, size), 1), "MB", round(least * 1.1, 1), size)


def read(port: int, most: int) -> int:
    """Read so many people the way the program does; return how many there were."""
    connection = Connection(Server("127.0.0.1", port=port, get_info=NONE), raise_exceptions=True, **SETTINGS)
    use_entry_strategy(connection)
    connection.bind()
    search = Search(BASE, FILTER, SUBTREE, ATTRIBUTES, PAGE)
    count, cookie = 0, b""
    while count < most:
        page = search_page(connection, search, cookie)
        count, cookie = count + len(page.entries), page.cookie
        if not cookie:
            break
    connection.unbind()
    return count


def read_bare(port: int) -> int:
    """Read everybody with ldap3 as it comes, its options set for speed."""
    connection = Connection(
        Server("127.0.0.1", port=port, get_info=NONE),
        auto_bind=True,
        check_names=False,
        return_empty_attributes=False,
        raise_exceptions=True,
    )
    found = connection.extend.standard.paged_search(
        BASE, FILTER, SUBTREE, attributes=ATTRIBUTES, paged_size=PAGE, generator=True
    )
    count = sum(1 for _ in found)
    connection.unbind()
    return count


def ldapsearch(port: int, size: int) -> int:
    """Let `ldapsearch` read everybody and throw it away."""
    url = f"ldap://127.0.0.1:{port}"
    paging = f"pr={PAGE}/noprompt"
    run([_program("ldapsearch"), "-x", "-LLL", "-H", url, "-b", BASE, "-E", paging, FILTER, *ATTRIBUTES])
    return size


@contextmanager
def directory(folder: Path, entries: Iterable[str]) -> Iterator[int]:
    """Serve these entries from a slapd of their own; gives its port."""
    slapd = Path(_program("slapd"))
    schema = next(path for path in (Path("/etc/ldap/schema"), Path("/etc/openldap/schema")) if path.is_dir())
    configuration = folder / "slapd.conf"
    configuration.write_text(CONFIGURATION.format(schema=schema, modules="/usr/lib/ldap", folder=folder))
    with (folder / "entries.ldif").open("w", encoding="ascii") as file:
        file.writelines(entries)
    run([_program("slapadd"), "-q", "-f", str(configuration), "-l", str(folder / "entries.ldif")])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}/"
    with subprocess.Popen([slapd, "-d", "0", "-f", configuration, "-h", url]) as process:
        try:
            _await(port, process)
            yield port
        finally:
            process.terminate()


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


def ldif(size: int) -> Iterator[str]:
    """Yield the entries of so many people."""
    yield "dn: dc=example,dc=edu\nobjectClass: domain\ndc: example\n\n"
    yield f"dn: {BASE}\nobjectClass: organizationalUnit\nou: people\n\n"
    for number, person in enumerate(islice(people.people(size), size)):
        uid, first, last = person.email.partition("@")[0], *person.full_name.split(maxsplit=1)
        values = (
            *(uid, person.full_name, last, first, person.email, f"+420 {number:09}", person.code),
            *(f"Engineer {number % 13}", f"Praha {number % 22}", person.groups.partition(",")[0]),
        )
        lines = (_line(name, value) for name, value in zip(ATTRIBUTES, values, strict=True))
        yield f"dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\n{''.join(lines)}\n"


def _line(name: str, value: str) -> str:
    if value.isascii():
        return f"{name}: {value}\n"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"


def _program(name: str) -> str:
    return (
        shutil.which(name)
        or shutil.which(name, path=os.pathsep.join(PLACES))
        or sys.exit(f"{name} is not installed")
    )


def _seconds(work: Callable[[], int], size: int) -> float:
    begin = time.perf_counter()
    count = work()
    seconds = time.perf_counter() - begin
    if count != size:
        sys.exit(f"{count} of {size} people were read")
    return seconds


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return round(median(one / other for one, other in zip(ours, theirs, strict=True)), 3)


def _megabytes(port: int, most: int) -> float:
    return run([sys.executable, "-m", "tests.bench.ldap", "--read", str(port), str(most)]).megabytes


def main(arguments: list[str]) -> None:
    """Print the figures, or (for the memory) only read."""
    if arguments[:1] == ["--read"]:
        read(*map(int, arguments[1:]))
        return
    for size, rounds in ((100_000, 3), (1_000_000, 1))[: 2 if "--million" in arguments else 1]:
        for figure in figures(size, rounds):
            print(figure, flush=True)  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
