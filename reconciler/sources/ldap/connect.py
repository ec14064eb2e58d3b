"""From settings to a bound connection; every failure says which setting to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ldap3 import ANONYMOUS, EXTERNAL, KERBEROS, NONE, SASL, SIMPLE, Connection, Server
from ldap3.core.exceptions import LDAPException

from reconciler.errors import SourceError, SourceUnavailable
from reconciler.sources.base import Surroundings
from reconciler.sources.ldap.access import Address, LdapAccess, LdapBind
from reconciler.sources.ldap.errors import REFERRAL, Doing, broken, judge, not_ldap, tls_refused
from reconciler.sources.ldap.srv import find_servers
from reconciler.sources.ldap.strategy import (
    SETTINGS,
    UNDECODABLE,
    Page,
    Search,
    search_page,
    use_entry_strategy,
)
from reconciler.sources.ldap.tls import ContextTls, tls_context


@dataclass(frozen=True, slots=True)
class Session:
    """A bound connection to one server; without TLS its version is ``""``."""

    connection: Connection
    address: Address
    tls_version: str

    def page(self, search: Search, cookie: bytes, doing: str) -> Page:
        """Return one page of a search that the server calls a success; anything else raises.

        That all of it lies on another server is no failure; the page then has nothing but referrals.
        """
        at = Doing(str(self.address), doing)
        try:
            page = search_page(self.connection, search, cookie)
        except LDAPException as error:
            raise broken(error, at) from error
        if page.result["result"] == REFERRAL and page.result.get("referrals"):
            return Page([], list(page.result["referrals"]), b"", page.result)
        judge(page.result, at)
        return page

    def all(self, search: Search, doing: str) -> Page:
        """Return what a search without paging finds."""
        return self.page(search._replace(page_size=0), b"", doing)

    def who_am_i(self) -> str:
        """Return who the server takes us for (RFC 4532); ``""`` is nobody."""
        at = Doing(str(self.address), "asking who we are")
        with _explained(at):
            who = self.connection.extend.standard.who_am_i()
        judge(self.connection.result, at)
        return str(who or "").removeprefix("dn:").removeprefix("u:")

    def close(self) -> None:
        """Say good-bye, if anybody still listens; ldap3 leaves sockets open that never got that far."""
        unfinished = self.connection.socket
        with suppress(LDAPException, OSError):
            self.connection.unbind()
        if unfinished is not None:
            unfinished.close()


@contextmanager
def _explained(at: Doing) -> Iterator[None]:
    try:
        yield
    except LDAPException as error:
        raise broken(error, at) from error
    except UNDECODABLE as error:
        raise not_ldap(error, at) from error


def open_session(access: LdapAccess, surroundings: Surroundings) -> Session:
    """Return a session with the first server that lets us in.

    A server that cannot be reached is passed over; one that refuses the account is not, since the next
    would count as another wrong password.
    """
    addresses = access.addresses() or find_servers(access.domain or "")
    failures: list[SourceUnavailable] = []
    for address in addresses:
        try:
            return connect(access, surroundings, address)
        except SourceUnavailable as error:
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    told = "; ".join(f"{failure.where}: {failure.message}" for failure in failures)
    raise SourceUnavailable(
        f"none of the {len(failures)} servers can be used: {told}", hint=failures[0].hint, where="servers"
    )


def connect(access: LdapAccess, surroundings: Surroundings, address: Address) -> Session:
    """Return a session with this server, or raise `SourceUnavailable` when another may do better."""
    tls = ContextTls(tls_context(access.tls, surroundings))
    connection = _connection(access, surroundings, address, tls)
    session = Session(connection, address, "")
    try:
        encrypted = _open(connection, access, address, tls)
        _bind(connection, access.bind, address)
    except SourceError:
        session.close()
        raise
    return Session(connection, address, connection.socket.version() if encrypted else "")


def _connection(
    access: LdapAccess, surroundings: Surroundings, address: Address, tls: ContextTls
) -> Connection:
    server = Server(
        address.host,
        port=address.port,
        use_ssl=address.ldaps,
        tls=tls,
        get_info=NONE,
        connect_timeout=access.timeouts.connect,
    )
    connection = Connection(
        server,
        receive_timeout=access.timeouts.answer,
        read_only=True,
        auto_escape=False,
        **SETTINGS,
        **_credentials(access.bind, surroundings),
    )
    use_entry_strategy(connection)
    return connection


def _credentials(bind: LdapBind | str, surroundings: Surroundings) -> dict[str, Any]:
    if isinstance(bind, LdapBind):
        password = surroundings.secret(bind.password)
        if not password:
            raise SourceError(
                f"{bind.password} holds an empty password",
                hint="a directory takes a bind without a password for an anonymous one",
                where="bind.password",
            )
        return {"authentication": SIMPLE, "user": bind.user, "password": password}
    if bind == "anonymous":
        return {"authentication": ANONYMOUS}
    if bind == "external":  # with nothing said, rather than with an empty word, a server would ask again
        return {"authentication": SASL, "sasl_mechanism": EXTERNAL, "sasl_credentials": ""}
    return {"authentication": SASL, "sasl_mechanism": KERBEROS}


def _open(connection: Connection, access: LdapAccess, address: Address, tls: ContextTls) -> bool:
    """Open the socket, with TLS unless the manifest says otherwise; return whether it has TLS."""
    at = Doing(str(address), "connecting")
    try:
        connection.open(read_server_info=False)
        if not address.ldaps and access.start_tls:
            at = Doing(str(address), "StartTLS")
            connection.start_tls(read_server_info=False)
    except LDAPException as error:
        if tls.failure is not None:
            raise tls_refused(tls.failure, at) from error
        judge(connection.result or {"result": 0}, at)
        raise broken(error, at) from error
    except UNDECODABLE as error:
        raise not_ldap(error, at) from error
    return address.ldaps or access.start_tls


def _bind(connection: Connection, bind: LdapBind | str, address: Address) -> None:
    at = Doing(str(address), f"binding as {bind.user if isinstance(bind, LdapBind) else bind}")
    kerberos = _kerberos_failures() if bind == "kerberos" else ()
    try:
        with _explained(at):
            connection.bind(read_server_info=False)
    except kerberos as error:
        raise SourceError(
            f"Kerberos refuses: {' '.join(str(error).split())}",
            hint="get a ticket first (`kinit`, or a keytab in KRB5_CLIENT_KTNAME); the server's name in "
            "`servers` must be the one in its service principal",
            where=str(at),
        ) from error
    judge(connection.result, at)


def _kerberos_failures() -> tuple[type[Exception], ...]:
    """Return what the Kerberos library raises, or raise when there is no such library."""
    for library in ("gssapi.exceptions", "winkerberos"):
        with suppress(ImportError):
            return (import_module(library).GSSError,)
    raise SourceError(
        "the Kerberos library is not installed",
        hint="install the extra: `pip install myq-reconciler[kerberos]`",
        where="bind",
    )
