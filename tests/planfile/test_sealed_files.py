"""Encrypted plans and results: nothing of them can be read, and nothing changed, without an identity."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import PlanFileError
from reconciler.planfile import plan_digest, read_plan, read_result, write_plan, write_result
from reconciler.planfile.sealed import is_sealed, recipients_of, sealed, unsealed
from support.plans import a_plan, a_result

ALICE = pyrage.x25519.Identity.generate()
BOB = pyrage.x25519.Identity.generate()
MALLORY = pyrage.x25519.Identity.generate()
FOR_BOTH = recipients_of((str(ALICE.to_public()), f" {BOB.to_public()}\n"))


@pytest.mark.parametrize("identity", [ALICE, BOB])
def test_each_recipient_opens_the_plan(identity: object, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    digest = write_plan(path, a_plan(), FOR_BOTH)
    stored = read_plan(path, f"# created: today\n{identity}\n")
    assert (stored.plan, stored.digest) == (a_plan(), digest)
    assert digest == plan_digest(a_plan())


def test_each_recipient_opens_the_result(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_result(path, a_result(), FOR_BOTH)
    assert read_result(path, str(ALICE)).result == a_result()


def test_an_ssh_key_opens_it_too(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    path = tmp_path / "plan.json"
    write_plan(path, a_plan(), recipients_of((public,)))
    assert read_plan(path, private).plan == a_plan()


def test_nothing_of_the_plan_stands_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, a_plan(), FOR_BOTH)
    content = path.read_bytes()
    assert is_sealed(content)
    assert not any(change.name.encode() in content for change in a_plan().changes)


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        pytest.param("", "there is no identity to open it with", id="none"),
        pytest.param(str(MALLORY), "cannot be opened", id="of-somebody-else"),
        pytest.param("AGE-SECRET-KEY-1QQQQ", "the identity cannot be read", id="no-identity"),
        pytest.param("-----BEGIN OPENSSH PRIVATE KEY-----", "the identity cannot be read", id="half-a-key"),
    ],
)
def test_whoever_has_no_fitting_identity_reads_nothing(identity: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, a_plan(), FOR_BOTH)
    with pytest.raises(PlanFileError, match=told) as refused:
        read_plan(path, identity)
    assert identity == "" or identity not in str(refused.value)


@given(at=st.integers(0, 400), bit=st.integers(0, 7))
def test_a_changed_byte_makes_it_unreadable(at: int, bit: int) -> None:
    content = bytearray(sealed(b"a plan, say" * 20, FOR_BOTH[:1]))
    content[at % len(content)] ^= 1 << bit
    with pytest.raises(PlanFileError):
        unsealed(bytes(content), str(ALICE), "plan.json")


@pytest.mark.parametrize("text", ["", "age1nobody", "ssh-ed25519 AAAA", "alice@uni.example"])
def test_what_is_no_public_key_is_told(text: str) -> None:
    with pytest.raises(PlanFileError, match="is no recipient"):
        recipients_of((text,))


def test_a_plan_for_nobody_in_particular_is_not_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, a_plan())
    assert not is_sealed(path.read_bytes())
    assert read_plan(path, str(ALICE)).plan == a_plan()
