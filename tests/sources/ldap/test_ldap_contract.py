"""The reader of directories keeps the contract of readers, on a real OpenLDAP and a real Active Directory."""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pytest

from reconciler.core.model import Cell
from reconciler.sources.base import Reader
from sources.contract import KnownSource, ReaderContract
from support import samba_people
from support.authority import Authority, Issued
from support.ldap_people import container
from support.ldap_proxy import LdapProxy, Retelling, cut_before, verbatim
from support.ldap_source import ldap_spec, slapd_settings, surroundings
from support.samba import LDAPS_PORT, READER, READER_PASSWORD, Samba
from support.slapd import BASE, FOUNDATION, HOST, Entry, Slapd, make_slapd

SIZES = (7, 1_200)


def _records(count: int) -> list[tuple[Cell, ...]]:
    telephones = ("", "+420 1", ("+420 1", "+420 2"))
    return [(f"Zo\u00eb {n}", f"zoe{n}", telephones[n % 3]) for n in range(count)]


def _entries(count: int) -> Iterator[Entry]:
    yield container(f"ou=first {count},{BASE}")
    for name, uid, telephones in _records(count):
        held = [telephones] if isinstance(telephones, str) else list(telephones)
        yield (
            f"uid={uid},ou=first {count},{BASE}",
            {
                "objectClass": ["inetOrgPerson"],
                "cn": [str(name)],
                "sn": ["x"],
                "uid": [str(uid)],
                **({"telephoneNumber": held} if telephones else {}),
            },
        )


@pytest.fixture(scope="module")
def crowd(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, slapd_certificate: Issued
) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("crowd") / "slapd"
    with make_slapd(folder, authority, slapd_certificate) as server:
        server.load([*FOUNDATION, *(entry for count in SIZES for entry in _entries(count))])
        server.start()
        yield server


class Proxied(ABC):
    """People of a directory, read through a proxy that may hang up."""

    marked: ClassVar[str]
    """What stands in the DN of all people and of nothing else."""

    def __init__(self, proxies: ExitStack) -> None:
        self._started = proxies
        self._proxies: list[LdapProxy] = []

    @abstractmethod
    def proxy(self, retell: Retelling) -> LdapProxy: ...

    @abstractmethod
    def settings(self, count: int) -> dict[str, object]: ...

    def reader(self, count: int) -> Reader:
        return self._through(verbatim, count)

    def broken(self, count: int, after: int) -> Reader:
        return self._through(cut_before(after, self.marked), count)

    def held(self) -> int:
        return sum(proxy.held() for proxy in self._proxies)

    def _through(self, retell: Retelling, count: int) -> Reader:
        proxy = self._started.enter_context(self.proxy(retell))
        self._proxies.append(proxy)
        settings = {**self.settings(count), "servers": [proxy.url], "pageSize": 500}
        return ldap_spec(settings).reader(surroundings(Path()))


class OpenLdapPeople(Proxied):
    attributes = ("cn", "uid", "telephoneNumber")
    many = SIZES[-1]
    marked = "uid="

    def __init__(self, server: Slapd, proxies: ExitStack) -> None:
        super().__init__(proxies)
        self._server = server

    def proxy(self, retell: Retelling) -> LdapProxy:
        return LdapProxy((HOST, self._server.port), retell)

    def settings(self, count: int) -> dict[str, object]:
        return slapd_settings(self._server, startTls=False, baseDns=[f"ou=first {count},{BASE}"])

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        return _records(count)


@pytest.mark.slapd
class TestLdapReaderOnOpenLdap(ReaderContract):
    @pytest.fixture
    def source(self, crowd: Slapd) -> Iterator[KnownSource]:
        with ExitStack() as proxies:
            yield OpenLdapPeople(crowd, proxies)


class ActiveDirectoryContacts(Proxied):
    attributes = ("displayName", "cn", "otherTelephone")
    many = samba_people.MANY
    marked = "CN=c"

    def __init__(self, domain: Samba, authority: Authority, proxies: ExitStack) -> None:
        super().__init__(proxies)
        self._domain = domain
        self._tls = (authority.issue("proxy", [HOST]).server_side(), authority.client_side())

    def proxy(self, retell: Retelling) -> LdapProxy:
        return LdapProxy((self._domain.address, LDAPS_PORT), retell, self._tls)

    def settings(self, count: int) -> dict[str, object]:
        base = [samba_people.CROWDS % count]
        return samba_people.samba_settings(self._domain, filter="(objectClass=contact)", baseDns=base)

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        told = [int(name.removeprefix("c")) for name in self._order(count)]
        return [
            (_one(number, "displayName"), f"c{number}", _one(number, "otherTelephone")) for number in told
        ]

    def _order(self, count: int) -> list[str]:
        """Return the names as another client gets them: the server's order is its own."""
        base = ["-b", samba_people.CROWDS % count, "(objectClass=contact)", "cn"]
        bind = ["-H", self._domain.ldaps_url, "-x", "-D", READER, "-w", READER_PASSWORD]
        found = subprocess.run(
            ["ldapsearch", "-LLL", *bind, *base],  # noqa: S607  the one that is installed
            env={**os.environ, "LDAPTLS_CACERT": str(self._domain.ca)},
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
        return [line.removeprefix("cn: ") for line in found.stdout.splitlines() if line.startswith("cn: ")]


def _one(number: int, attribute: str) -> Cell:
    values = samba_people.contact(number).get(attribute, [])
    return tuple(values) if len(values) > 1 else "".join(values)


@pytest.mark.samba
class TestLdapReaderOnActiveDirectory(ReaderContract):
    @pytest.fixture
    def source(self, domain: Samba, authority: Authority) -> Iterator[KnownSource]:
        with ExitStack() as proxies:
            yield ActiveDirectoryContacts(domain, authority, proxies)
