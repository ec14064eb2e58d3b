from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reconciler.errors import SourceError
from reconciler.secret import is_reference, resolve_secret


@pytest.mark.parametrize(
    ("raw", "secret"),
    [
        pytest.param(b"hunter2", "hunter2", id="without-a-line-end"),
        pytest.param(b"hunter2\n", "hunter2", id="with-one"),
        pytest.param(b"hunter2\r\n", "hunter2", id="with-one-of-windows"),
        pytest.param(b"hunter2\n\n", "hunter2\n", id="only-one-is-taken"),
        pytest.param(b" h\xc3\xa9 ", " h\xe9 ", id="spaces-are-part-of-it"),
    ],
)
def test_a_secret_in_a_file(raw: bytes, secret: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(raw)
    assert resolve_secret(f"file:{tmp_path / 'token'}") == secret
    assert resolve_secret("file:token", folder=tmp_path) == secret


def test_a_secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYQ_SECRET", "hunter2")
    assert resolve_secret("env:MYQ_SECRET") == "hunter2"
    assert resolve_secret("env:A", environment={"A": "b\n"}) == "b\n"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        pytest.param("env:NOTHING_HERE", "the secret env:NOTHING_HERE is not set", id="unset-variable"),
        pytest.param("env:EMPTY", "the secret env:EMPTY is empty", id="empty-variable"),
        pytest.param("file:nowhere", "the secret file:nowhere cannot be read", id="missing-file"),
        pytest.param("file:.", "the secret file:. cannot be read", id="a-folder"),
        pytest.param("file:a\0b", "cannot be read", id="an-impossible-name"),
        pytest.param("file:large", "too large for one", id="a-large-file"),
        pytest.param("file:latin", "is not UTF-8", id="another-encoding"),
        pytest.param("file:blank", "the secret file:blank is empty", id="an-empty-file"),
    ],
)
def test_a_secret_that_is_not_there_is_named(reference: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"S3cr3t" * 20_000)
    (tmp_path / "latin").write_bytes(b"S3cr3t\xe9")
    (tmp_path / "blank").write_bytes(b"\n")
    with pytest.raises(SourceError) as caught:
        resolve_secret(reference, folder=tmp_path, environment={"EMPTY": ""})
    assert words in caught.value.message
    assert caught.value.hint
    assert "S3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["S3cr3t", "env:", "env:1A", "file:", "keyring:a", "keyring:/b", "ENV:A", "file:a\nb"]
)
def test_what_is_no_reference_is_never_shown(text: str) -> None:
    assert not is_reference(text)
    with pytest.raises(SourceError) as caught:
        resolve_secret(text)
    assert "S3cr3t" not in str(caught.value)


KEYRING = """
class errors:
    class KeyringError(Exception):
        pass


def get_password(service, name):
    if service == "locked":
        raise errors.KeyringError("S3cr3t")
    return {"myq/api/client": "hunter2"}.get(f"{service}/{name}")
"""


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keyring.py").write_text(KEYRING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keyring", raising=False)


@pytest.mark.usefixtures("keyring")
def test_a_secret_in_the_keyring() -> None:
    assert resolve_secret("keyring:myq/api/client") == "hunter2"


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize(
    ("reference", "words"),
    [("keyring:myq/other", "is not in the keyring"), ("keyring:locked/a", "cannot be read: KeyringError")],
    ids=["unknown", "locked"],
)
def test_a_secret_that_the_keyring_does_not_give(reference: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        resolve_secret(reference)
    assert words in caught.value.message
    assert "S3cr3t" not in str(caught.value)


def test_the_keyring_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SourceError, match="needs the package keyring") as caught:
        resolve_secret("keyring:myq/client")
    assert "pip install keyring" in caught.value.hint
