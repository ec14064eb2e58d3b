"""What the tests of the Entra ID source share."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.entra import Source
from support.graph import GraphDouble
from support.https import Certificates


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment that ``env:`` references look into."""
    return {"ENTRA_SECRET": "s3cret"}


@pytest.fixture
def entra(
    graph: GraphDouble, tmp_path: Path, certificates: Certificates, environment: dict[str, str]
) -> Source:
    """Reads the double: ``source.read("displayName", users={"guests": True})``."""
    return Source(graph, tmp_path, certificates.ca, environment)


@pytest.fixture
def source(entra: Source) -> Source:
    """The same, by the name that most tests call it."""
    return entra
