"""References to secrets, resolved when a secret is needed; the secret itself is never shown.

env:NAME              an environment variable
file:/path            a file, less one line end; a relative path starts at the project folder
keyring:service/name  the keyring of the operating system
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import SourceError

_REFERENCE = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+)")
_MAX_BYTES = 65_536


def is_reference(text: str) -> bool:
    """Return whether a text says where a secret is found."""
    return _REFERENCE.fullmatch(text) is not None


def resolve_secret(
    reference: str, *, folder: Path = Path(), environment: Mapping[str, str] = os.environ
) -> str:
    """Return the secret, or raise SourceError, which names the reference and never the secret."""
    scheme, _, rest = reference.partition(":")
    if not is_reference(reference):
        # It may be the secret itself.
        raise SourceError(
            "this is no reference to a secret",
            hint="write `env:NAME`, `file:/path` or `keyring:service/name`",
        )
    if scheme == "env":
        secret = _from_environment(reference, rest, environment)
    elif scheme == "file":
        secret = _from_file(reference, folder / rest)
    else:
        secret = _from_keyring(reference, *rest.split("/", 1))
    if not secret:
        raise SourceError(
            f"the secret {reference} is empty", hint="an empty secret is taken for a mistake: set it"
        )
    return secret


def _from_environment(reference: str, name: str, environment: Mapping[str, str]) -> str:
    try:
        return environment[name]
    except KeyError:
        hint = f"set the environment variable {name} where the command runs; in CI it is a secret of the job"
        raise SourceError(f"the secret {reference} is not set", hint=hint) from None


def _from_file(reference: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file has such a name"
        hint = "write the path of a file that this account may read"
        raise SourceError(f"the secret {reference} cannot be read: {reason}", hint=hint) from None
    if len(raw) > _MAX_BYTES:
        hint = "name the file that holds the secret alone"
        raise SourceError(f"the file of the secret {reference} is too large for one", hint=hint)
    try:
        return raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        hint = "write the secret into it as one line of text"
        raise SourceError(f"the file of the secret {reference} is not UTF-8", hint=hint) from None


def _from_keyring(reference: str, service: str, name: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        hint = "install it beside this program: `pip install keyring`; or use env: or file:"
        raise SourceError(f"the secret {reference} needs the package keyring", hint=hint) from None
    try:
        secret = keyring.get_password(service, name)
    except keyring.errors.KeyringError as error:
        hint = (
            "unlock the keyring for the account that runs the command; on a server env: or file: fits better"
        )
        kind = type(error).__name__
        raise SourceError(f"the secret {reference} cannot be read: {kind}", hint=hint) from None
    if secret is None:
        hint = f"store it: `keyring set {service} {name}`"
        raise SourceError(f"the secret {reference} is not in the keyring", hint=hint)
    return str(secret)
