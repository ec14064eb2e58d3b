"""TLS to directories, by a context of ours.

ldap3's own verifies nothing unless told, and fails to verify IP addresses from Python 3.12 on
(components.md section 1).
"""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from ldap3 import Connection, Tls

from reconciler.errors import SourceError
from reconciler.sources.base import Surroundings
from reconciler.sources.ldap.access import LdapTls


class ContextTls(Tls):  # type: ignore[misc]  # ldap3 ships no types
    """Wraps sockets by a context of ours, and keeps what ldap3 makes a mere text of."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(validate=context.verify_mode)
        self.context = context
        self.failure: OSError | None = None

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002  as ldap3 calls it
        """Put TLS on the connection's socket; the name checked is the one that we connected to."""
        del do_handshake  # it always is one
        try:
            connection.socket = self.context.wrap_socket(
                connection.socket, server_hostname=connection.server.host
            )
        except OSError as error:
            self.failure = error
            raise


def tls_context(tls: LdapTls, surroundings: Surroundings) -> ssl.SSLContext:
    """Return how TLS is done; raise `SourceError` for files that cannot be used."""
    ca_file = surroundings.folder / tls.ca_file if tls.ca_file else None
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise _unusable(tls.ca_file or "", "tls.caFile", error) from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.client_certificate and tls.client_key:
        password = surroundings.secret(tls.client_key_password) if tls.client_key_password else ""
        certificate = surroundings.folder / tls.client_certificate
        key = surroundings.secret(tls.client_key)
        with tempfile.TemporaryDirectory() as folder:  # nobody else's to read; ssl takes files only
            key_file = Path(folder) / "key.pem"
            key_file.write_text(key, encoding="utf-8")
            try:
                context.load_cert_chain(certificate, key_file, password)
            except (OSError, ValueError) as error:
                raise _unusable(tls.client_certificate, "tls.clientCertificate", error) from error
    return context


def _unusable(file: str, setting: str, error: Exception) -> SourceError:
    return SourceError(
        f"{file} cannot be used: {error}",
        hint="certificates and keys are PEM files, and a key goes with its certificate; paths start at the "
        "project folder",
        where=setting,
    )
