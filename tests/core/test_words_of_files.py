"""Words of the core that stand in manifests, plans, results and MyQ's files: another would not be read."""

from __future__ import annotations

from enum import StrEnum

import pytest

from reconciler.core.attribution import Cause
from reconciler.core.change import Action
from reconciler.core.dialect import Column, Header
from reconciler.core.drift import Gap
from reconciler.core.model import Doubt, Property
from reconciler.core.notice import Kind
from reconciler.core.outcome import Status
from reconciler.core.rules import EmptyLevel, Mode


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param(
            Action, "group-create group-move rekey create reactivate update deactivate", id="actions"
        ),
        pytest.param(Cause, "manifests altered anyway", id="causes"),
        pytest.param(
            Column,
            "FULLNAME USERNAME_ALIASES EMAIL CARDS GROUPS CODE SCANSTORAGE PIN MANAGED_GROUPS AUTHSERVER "
            "PHONE LANG",
            id="columns-of-myq",
        ),
        pytest.param(Doubt, "no-count count-off left-out twice dropped", id="doubts"),
        pytest.param(EmptyLevel, "skip cut error", id="empty-levels"),
        pytest.param(
            Gap,
            "no-ledger ledger-unreadable first-look commit-missing not-committed not-planned",
            id="gaps-of-a-drift",
        ),
        pytest.param(Header, "names skip none", id="headers"),
        pytest.param(
            Kind,
            "conflict outranked foreign not-added kept withheld ledger undone lookalike waiver unseen "
            "not-reverted",
            id="kinds-of-notices",
        ),
        pytest.param(Mode, "ignore replace replaceIfPresent add", id="modes"),
        pytest.param(
            Property,
            "userName fullName aliases email cards personalNumber scanStorage phone language notes groups "
            "defaultGroup department authenticationServer objectId synchronizationSource pins",
            id="properties",
        ),
        pytest.param(
            Status,
            "applied handed-over stale failed unapproved unneeded blocked unreachable not-begun",
            id="endings",
        ),
    ],
)
def test_the_words_stay(kind: type[StrEnum], words: str) -> None:
    assert [one.value for one in kind] == words.split()
