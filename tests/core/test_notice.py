"""Which findings bear the name of a person, and so are masked where people are."""

from __future__ import annotations

import pytest

from reconciler.core.notice import OF_NOBODY, Kind


@pytest.mark.parametrize("kind", Kind)
def test_a_finding_is_taken_to_be_about_a_person_unless_it_cannot_be(kind: Kind) -> None:
    about_nobody = kind in {Kind.UNDONE, Kind.LEDGER, Kind.WAIVER, Kind.UNSEEN}
    assert (kind in OF_NOBODY) is about_nobody
