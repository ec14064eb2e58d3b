"""How an LDAP directory is reached: the part of the manifest about servers, TLS and the bind."""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.sources.strict import SecretRef, Strict, Text

_URL = re.compile(r"(ldaps?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?")
_DEFAULT_PORTS = {"ldap": 389, "ldaps": 636}
_LAST_PORT = 65535

ServerUrl = Annotated[str, StringConstraints(pattern=rf"^{_URL.pattern}$")]
"""``ldaps://host``, ``ldap://host:port``; an IPv6 address stands in brackets."""


class Address(NamedTuple):
    """Where one server listens, and whether TLS begins with the first byte."""

    host: str
    port: int
    ldaps: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.ldaps else 'ldap'}://{host}:{self.port}"


def parse_url(url: str) -> Address:
    """Return the address in a URL of an LDAP server; raise ValueError for what is none."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(f"{url!r} is not ldaps://host:port or ldap://host:port")
    scheme, host, port = found.groups()
    number = int(port or _DEFAULT_PORTS[scheme])
    if not 0 < number <= _LAST_PORT:
        raise ValueError(f"{url!r} has no port between 1 and {_LAST_PORT}")
    return Address(host.strip("[]"), number, scheme == "ldaps")


class LdapBind(Strict):
    """The account that reads the directory, and its password."""

    user: Text = Field(
        description="A DN; for Active Directory also `user@domain` or `DOMAIN\\user`. "
        "The account of a sub-domain is given with its domain."
    )
    password: SecretRef = Field(
        description="Where the password is found: `env:NAME`, `file:/path` or `keyring:service/name`."
    )


class LdapTls(Strict):
    """Whom we believe to be the directory, and how it knows us."""

    ca_file: Text | None = Field(
        default=None,
        description="Certificates (PEM) to trust instead of the system's; relative to the project.",
    )
    client_certificate: Text | None = Field(
        default=None, description="Our certificate (PEM), for directories that ask for one."
    )
    client_key: SecretRef | None = Field(
        default=None, description="Where the private key (PEM) of our certificate is found."
    )
    client_key_password: SecretRef | None = Field(
        default=None, description="Where the password of that key is found."
    )
    verify: bool = Field(
        default=True,
        description="With `false` nobody checks who answers: anybody between may read the password "
        "and make up people. Every plan warns of it.",
    )

    @model_validator(mode="after")
    def _certificate_and_key_belong_together(self) -> Self:
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("`clientCertificate` and `clientKey` are given together")
        if self.client_key_password and not self.client_key:
            raise ValueError("`clientKeyPassword` is for a `clientKey`")
        return self


class LdapTimeouts(Strict):
    """How long a directory is waited for, in seconds."""

    connect: Annotated[int, Field(ge=1, le=600)] = Field(default=10, description="To reach a server.")
    answer: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=120, description="For the next bytes of an answer."
    )


class LdapAccess(Strict):
    """How a directory is reached."""

    servers: tuple[ServerUrl, ...] = Field(
        default=(),
        description="`ldaps://host:636`, or `ldap://host:389` with StartTLS; tried in this order.",
    )
    domain: Text | None = Field(
        default=None,
        description="An Active Directory domain by its DNS name: its servers are looked up (SRV records) "
        "when `servers` names none.",
    )
    start_tls: bool = Field(
        default=True,
        description="Begin TLS on `ldap://` before anything is said. With `false` the password and all "
        "people travel readably; every plan warns of it.",
    )
    bind: LdapBind | Literal["external", "kerberos", "anonymous"] = Field(
        description="The account that reads; or `external`: the client certificate says who we are; "
        "`kerberos`: the ticket of the process; `anonymous`: nobody."
    )
    tls: LdapTls = Field(default_factory=LdapTls)
    timeouts: LdapTimeouts = Field(default_factory=LdapTimeouts)

    @model_validator(mode="after")
    def _somewhere_to_go(self) -> Self:
        if not self.servers and not self.domain:
            raise ValueError("name `servers`, or a `domain` whose servers are looked up")
        if self.bind == "external" and self.tls.client_certificate is None:
            raise ValueError("`bind: external` needs `tls.clientCertificate` and `tls.clientKey`")
        self.addresses()
        return self

    def addresses(self) -> tuple[Address, ...]:
        """Return the servers that the manifest names."""
        return tuple(map(parse_url, self.servers))

    def warnings(self) -> tuple[str, ...]:
        """Return what a reviewer must know of how safe the connection is."""
        plain = [url for url in self.servers if not self.start_tls and not parse_url(url).ldaps]
        return tuple(
            warning
            for warning, given in (
                (f"the connection to {', '.join(plain)} is not encrypted (startTls: false)", plain),
                ("nobody checks who the directory is (tls.verify: false)", not self.tls.verify),
                ("the directory is read without an account (bind: anonymous)", self.bind == "anonymous"),
            )
            if given
        )
