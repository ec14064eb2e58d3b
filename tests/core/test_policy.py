"""What holds in a project without a Policy manifest: the contract's numbers, one by one."""

from __future__ import annotations

from dataclasses import asdict

from reconciler.core.policy import Limit, Policy


def test_the_limits_of_a_project_that_writes_none() -> None:
    assert asdict(Policy()) == {
        "removals": asdict(Limit(5, 5)),
        "updates": asdict(Limit(None, 30)),
        "creates": asdict(Limit(None, 25)),
        "reactivations": asdict(Limit(None, 25)),
        "rekeys": asdict(Limit(None, 5)),
        "group_members": asdict(Limit(5, 25)),
        "default_groups": asdict(Limit(5, 5)),
        "privileged_users": asdict(Limit(0)),
        "maximum_users": None,
        "removals_window": asdict(Limit(10, 10)),
        "window_days": 7,
        "protected_users": frozenset(),
        "protected_groups": frozenset(),
        "grace_reads": 2,
        "grace_days": 1,
        "strip": None,
        "approve": frozenset(),
        "plan_hours": 24,
        "waivers": (),
        "pin_key": "",
    }


def test_a_limit_that_says_nothing_is_none() -> None:
    assert Limit() == Limit(None, None)
