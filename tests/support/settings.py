"""How hard the tests try: every run, or the long one at night (`make nightly`)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

# No deadline anywhere: the machines are shared, and a slow example is not a wrong one.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("dev", _COMMON)
settings.register_profile("ci", _COMMON, derandomize=True, database=None)
settings.register_profile("nightly", _COMMON, max_examples=2_000)
settings.register_profile(
    "mutation",  # thousands of runs that shall fail: few examples, and none is made smaller
    _COMMON,
    derandomize=True,
    database=None,
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture(scope="session")
def rounds() -> int:
    """How many times a test of chance (a kill at a random moment) is played."""
    return 100 if NIGHTLY else 3
