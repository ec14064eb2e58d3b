"""Files that only some people can open: encrypted with age (age-encryption.org/v1) for their public keys.

What was written and what its digest says stays as it is; the file is put into an envelope, whole. Whoever
lacks an identity learns no name from it, and whoever changes a byte makes it unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import pyrage

from reconciler.errors import PlanFileError

_HEAD: Final = b"age-encryption.org/v1\n"

Recipient: TypeAlias = pyrage.x25519.Recipient | pyrage.ssh.Recipient
_Identity: TypeAlias = pyrage.x25519.Identity | pyrage.ssh.Identity


def recipients_of(texts: Iterable[str]) -> tuple[Recipient, ...]:
    """Return the public keys that texts are: ``age1...`` or an SSH key. Raises PlanFileError for others."""
    return tuple(_recipient(text.strip()) for text in texts)


def sealed(content: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Return the content in an envelope that any of the recipients can open."""
    return bytes(pyrage.encrypt(content, list(recipients)))


def is_sealed(content: bytes) -> bool:
    """Return whether a file is such an envelope."""
    return content.startswith(_HEAD)


def unsealed(content: bytes, identity: str, where: str) -> bytes:
    """Return what is in the envelope; the identity is a text of age or SSH private keys.

    Raises PlanFileError where there is no identity, where it fits none of the recipients, and where a byte
    was changed.
    """
    if not identity:
        raise PlanFileError(
            "the file is encrypted, and there is no identity to open it with",
            hint="give `--identity env:NAME` or `--identity file:/path`, where the age identity is found",
            where=where,
        )
    try:
        return bytes(pyrage.decrypt(content, _identities(identity)))
    except pyrage.DecryptError as error:
        raise PlanFileError(
            f"the file cannot be opened: {error}",
            hint="it is encrypted for somebody else, or damaged; ask whoever wrote it for whom",
            where=where,
        ) from None


def _recipient(text: str) -> Recipient:
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise PlanFileError(
            f"{text[:20]!r} is no recipient: {error}",
            hint="give a public key as `age-keygen` prints it (age1...), or an SSH public key",
        ) from None


def _identities(text: str) -> list[_Identity]:
    """Return the private keys of a text; its lines that begin with ``#`` are age's comments."""
    try:
        if text.startswith("-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        lines = (line.strip() for line in text.splitlines())
        return [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        # The words of the library could quote what it was given.
        raise PlanFileError(
            "the identity cannot be read",
            hint="it is what `age-keygen` writes (AGE-SECRET-KEY-1...), or an SSH key without passphrase",
        ) from None
