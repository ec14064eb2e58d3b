"""What every model of a manifest is made of: strict, closed, frozen; and the texts that many have."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""What ``metadata.name`` may be: a DNS label, so that it can stand in file names and ids."""

Text = Annotated[str, StringConstraints(min_length=1)]

SecretRef = Annotated[
    str,
    StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+)$"),
]
"""Where a secret is found, never the secret: ``env:NAME``, ``file:/path``, ``keyring:service/name``."""

GroupPath = Annotated[str, StringConstraints(pattern=r"^[^|,]+(\|[^|,]+)*$")]
"""Levels separated by ``|``; neither ``|`` nor ``,`` can stand in a name (myq.md section 4.2)."""


def camel(name: str) -> str:
    """Return a field's name as manifests spell it."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


class Strict(BaseModel):
    """Closed and frozen; an unknown key is an error, not a hope."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=camel, populate_by_name=True
    )
