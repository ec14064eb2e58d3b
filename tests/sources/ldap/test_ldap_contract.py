"""The reader of directories keeps the contract of readers, on a real OpenLDAP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciler.core.model import Cell
from reconciler.sources.base import Reader
from sources.contract import KnownSource, ReaderContract
from support.authority import Authority, Issued
from support.ldap_people import container
from support.ldap_proxy import LdapProxy, Retelling, cut_before, verbatim
from support.ldap_source import ldap_spec, slapd_settings, surroundings
from support.slapd import BASE, FOUNDATION, HOST, Entry, Slapd, make_slapd

pytestmark = pytest.mark.slapd

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


class People:
    """The first people of a crowd, read through a proxy that may hang up."""

    attributes = ("cn", "uid", "telephoneNumber")
    many = SIZES[-1]

    def __init__(self, server: Slapd, proxies: ExitStack) -> None:
        self._server = server
        self._started = proxies
        self._proxies: list[LdapProxy] = []

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        return _records(count)

    def reader(self, count: int) -> Reader:
        return self._through(verbatim, count)

    def broken(self, count: int, after: int) -> Reader:
        return self._through(cut_before(after, "uid="), count)

    def held(self) -> int:
        return sum(proxy.held() for proxy in self._proxies)

    def _through(self, retell: Retelling, count: int) -> Reader:
        proxy = self._started.enter_context(LdapProxy((HOST, self._server.port), retell))
        self._proxies.append(proxy)
        settings = slapd_settings(
            self._server,
            servers=[proxy.url],
            startTls=False,
            baseDns=[f"ou=first {count},{BASE}"],
            pageSize=500,
        )
        return ldap_spec(settings).reader(surroundings(Path()))


class TestLdapReader(ReaderContract):
    @pytest.fixture
    def source(self, crowd: Slapd) -> Iterator[KnownSource]:
        with ExitStack() as proxies:
            yield People(crowd, proxies)
