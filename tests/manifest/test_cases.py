from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ManifestError
from reconciler.manifest.load import load_project
from support.golden import Golden

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in sorted(CASES.iterdir())])
def test_bad_manifests_get_place_fact_and_remedy(case: Path, golden: Golden) -> None:
    with pytest.raises(ManifestError) as caught:
        load_project(case)
    golden(case / "problems.txt", f"{caught.value}\n")
    assert "S3cr3t" not in str(caught.value)
