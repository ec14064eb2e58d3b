"""The key that PINs are fingerprinted with, and what is remembered of PINs that were handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.history import History
from reconciler.core.outcome import Outcome, Status
from reconciler.core.pins import account_key, fingerprint
from reconciler.errors import SourceDataError
from reconciler.manifest.load import Project

if TYPE_CHECKING:
    from reconciler.pipeline.plan import Run

SHORTEST = 16
"""Characters; a key that can be guessed is none."""


def with_pin_key(history: History | None, run: Run, project: Project) -> History | None:
    """Return the history with the key of the Policy; without one, or from a snapshot, as it is.

    Nor for a target that is written by import files: nobody knows which of them were imported. Raises
    SourceError when the secret is not there, or too short to be one.
    """
    reference, target = project.policy.pin_key, project.target.spec
    if history is None or not reference or run.snapshot is not None or target.write == "csv":
        return history
    secret = run.surroundings.secret(reference)
    if len(secret) < SHORTEST:
        raise SourceDataError(
            f"the secret {reference} has fewer than {SHORTEST} characters",
            hint="PINs are guessed from fingerprints with a short key: take random text, such as "
            "`openssl rand -hex 32` prints",
            where="pinKey in the Policy",
        )
    return replace(history, pin_key=secret.encode())


def handed_over(
    history: History | None, pins: Mapping[str, Sequence[str]], outcomes: Iterable[Outcome]
) -> Mapping[str, str]:
    """Return the fingerprints of the PINs that reached their accounts in an apply, by account."""
    if history is None or not history.pin_key:
        return {}
    given = {}
    for change, status, *_ in outcomes:
        if not change.pins or status is not Status.APPLIED:
            continue
        key = account_key(history, change.account_id, change.name)
        given[key] = change.handed or fingerprint(history, key, pins[change.name])
    return given
