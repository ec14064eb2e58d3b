"""A throw-away certificate authority for directory servers, and for clients that show certificates."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    def server_side(self) -> ssl.SSLContext:
        """Return how a server shows the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True, slots=True)
class Authority:
    """Issues certificates into a folder; `ca` is what clients are told to trust.

    RSA, since Samba's TLS of Debian 12 takes no other keys by default.
    """

    folder: Path
    ca: Path
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def client_side(self) -> ssl.SSLContext:
        """Return how a client trusts nobody else."""
        return ssl.create_default_context(cafile=self.ca)

    def issue(self, name: str, hosts: Sequence[str] = (), key_password: str = "") -> Issued:
        """Issue for hosts (names and addresses), or for a client when there are none."""
        key = _new_key()
        client = not hosts
        builder = _builder(
            name, key, self.certificate.subject, self.key, ("digital_signature", "key_encipherment")
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        issued = Issued(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        issued.certificate.write_bytes(_pem(builder.sign(self.key, hashes.SHA256())))
        sealing: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if key_password:
            sealing = serialization.BestAvailableEncryption(key_password.encode("utf-8"))
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, sealing
            )
        )
        issued.key.chmod(0o600)
        return issued


def make_authority(folder: Path, name: str = "Throw-away authority") -> Authority:
    """Make an authority that nobody else trusts."""
    key = _new_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(name, key, subject, key, ("key_cert_sign", "crl_sign"))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    ca = folder / "ca.pem"
    ca.write_bytes(_pem(certificate))
    return Authority(folder, ca, certificate, key)


def _builder(
    name: str, key: rsa.RSAPrivateKey, issuer: x509.Name, signer: rsa.RSAPrivateKey, usages: Sequence[str]
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.KeyUsage(**{usage: usage in usages for usage in _USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return the authority whose certificates the directory servers of the tests show."""
    return make_authority(tmp_path_factory.mktemp("authority"))
