"""What manifests say of patience: grace and its rungs, drops, days that are added up, the key of PINs."""

from __future__ import annotations

import pytest

from reconciler.core.policy import Limit, Policy, Wait
from reconciler.core.rules import Drop
from support.manifests import complaints, document, project, source


def policy(spec: str) -> Policy:
    return project(source(), document("Policy", spec)).policy


def test_a_rung_before_the_last_has_waits_of_its_own() -> None:
    found = policy("grace: {reads: 10, days: 30, stripGroups: {reads: 3, days: 2.5}}")
    assert (found.grace_reads, found.grace_days, found.strip) == (10, 30, Wait(3, 2.5))
    assert policy("grace: {stripGroups: {}}").strip == Wait(1, 0)
    assert policy("grace: {reads: 10}").strip is None


@pytest.mark.parametrize(
    "strip", [pytest.param("{reads: 3}", id="more-reads"), pytest.param("{days: 1.5}", id="more-days")]
)
def test_groups_that_would_go_after_the_account_are_a_mistake(strip: str) -> None:
    (problem,) = complaints(source(), document("Policy", f"grace: {{stripGroups: {strip}}}"))
    assert "stripGroups waits longer than the deactivation" in str(problem)


def test_a_window_has_days_and_a_limit() -> None:
    found = policy("guards: {window: {days: 30, removals: {count: 50}}}")
    assert (found.window_days, found.removals_window) == (30, Limit(count=50, percent=10))
    assert (policy("{}").window_days, policy("{}").removals_window) == (7, Limit(count=10, percent=10))


def test_a_source_says_how_far_it_may_drop() -> None:
    drop = (
        project(source("expect: {drop: {count: 1, percent: 2.5, reads: 4, days: 2}}"))
        .sources[0][0]
        .expect.drop
    )
    assert drop == Drop(1, 2.5, 4, 2)
    assert project(source()).sources[0][0].expect.drop == Drop()


def test_the_key_of_pins_is_a_reference() -> None:
    assert policy("pinKey: env:PIN_KEY").pin_key == "env:PIN_KEY"
    assert policy("{}").pin_key == ""
    assert complaints(source(), document("Policy", "pinKey: 0123456789abcdef0123456789abcdef"))


def defined(more: str = "", mapping: str = "{userName: USERNAME}") -> str:
    return project(source(more, mapping)).sources[0][0].definition


@pytest.mark.parametrize(
    ("more", "mapping", "same"),
    [
        pytest.param("", "{userName: USERNAME}", True, id="nothing"),
        pytest.param("expect: {minimumRecords: 9}", "{userName: USERNAME}", True, id="what-is-expected"),
        pytest.param("precedence: 100", "{userName: USERNAME}", True, id="a-default-written-out"),
        pytest.param("precedence: 3", "{userName: USERNAME}", False, id="a-setting"),
        pytest.param("", "{userName: LOGIN}", False, id="the-mapping"),
        pytest.param("options: {pairBy: [email]}", "{userName: USERNAME, email: M}", False, id="the-pairing"),
    ],
)
def test_what_makes_a_source_another_one(more: str, mapping: str, *, same: bool) -> None:
    assert (defined(more, mapping) == defined()) is same
