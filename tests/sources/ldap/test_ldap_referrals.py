"""A directory whose parts lie on two servers: refused, left out or followed, as the manifest says."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reconciler.errors import SourceDataError, SourceError
from support.ldap_people import container, person
from support.ldap_source import Outcome, read_source, slapd_settings
from support.slapd import BASE, FOUNDATION, HOST, Entry, Slapd, StartSlapd, free_ports

pytestmark = pytest.mark.slapd

PEOPLE = f"ou=People,{BASE}"
NEAR = [f"uid=near{n},{PEOPLE}" for n in range(5)]
FAR = [f"uid=far{n},ou=Far,{PEOPLE}" for n in range(5)]


def _people(dns: list[str]) -> list[Entry]:
    return [person(dn, dn.partition(",")[0].removeprefix("uid=")) for dn in dns]


def _referral(dn: str, *urls: str) -> Entry:
    return dn, {"objectClass": ["referral", "extensibleObject"], "ou": ["x"], "ref": list(urls)}


@dataclass(frozen=True, slots=True)
class Two:
    """A server whose directory refers to the other's for one part."""

    near: Slapd
    far: Slapd

    def read(self, **changed: object) -> Outcome:
        return read_source(
            slapd_settings(self.near, servers=[self.near.url], **{"pageSize": 2, **changed}), "uid"
        )


@pytest.fixture
def two(start_slapd: StartSlapd) -> Two:
    far = start_slapd([*FOUNDATION, container(PEOPLE), container(f"ou=Far,{PEOPLE}"), *_people(FAR)])
    dead = free_ports(1)[0]
    part = _referral(
        f"ou=Far,{PEOPLE}", f"ldap://{HOST}:{dead}/ou=Far,{PEOPLE}", f"{far.url}/ou=Far,{PEOPLE}"
    )
    return Two(start_slapd([*FOUNDATION, container(PEOPLE), part, *_people(NEAR)]), far)


def test_a_part_elsewhere_is_refused_unless_the_manifest_says_what_to_do(two: Two) -> None:
    with pytest.raises(SourceDataError, match="lies elsewhere") as caught:
        two.read()
    assert two.far.url in caught.value.message
    assert "referrals: follow" in caught.value.hint


def test_a_part_elsewhere_can_be_left_out_and_is_a_doubt(two: Two) -> None:
    outcome = two.read(referrals="ignore")
    assert sorted(outcome.records) == NEAR
    doubts = [(fact.name, fact.value.partition(":")[0]) for fact in outcome.reading.doubts]
    assert doubts == [("left-out", "it lies elsewhere")] * 2


def test_a_part_elsewhere_can_be_followed_past_a_server_that_is_down(two: Two) -> None:
    outcome = two.read(referrals="follow")
    assert sorted(outcome.records) == sorted([*NEAR, *FAR])
    assert outcome.reading.records == 10
    assert outcome.fact(f"entries under {PEOPLE}") == "10 in 6 pages, the last by the server's word"


def test_a_base_dn_elsewhere_can_be_followed(two: Two) -> None:
    base = f"ou=Far,{PEOPLE}"
    assert sorted(two.read(referrals="follow", baseDns=[base]).records) == FAR
    with pytest.raises(SourceDataError, match="lies elsewhere"):
        two.read(baseDns=[base])
    with pytest.raises(SourceDataError, match="success, and no entries"):
        two.read(referrals="ignore", baseDns=[base])


def test_two_parts_on_one_server_share_a_connection(start_slapd: StartSlapd) -> None:
    parts = [f"ou=One,{PEOPLE}", f"ou=Two,{PEOPLE}"]
    people = [person(f"uid=p{n},{part}", f"p{n}") for n, part in enumerate(parts)]
    far = start_slapd([*FOUNDATION, container(PEOPLE), *map(container, parts), *people])
    referrals = [_referral(part, f"{far.url}/{part}??sub") for part in parts]
    near = start_slapd([*FOUNDATION, container(PEOPLE), *referrals, *_people(NEAR)])
    assert len(Two(near, far).read(referrals="follow").records) == 7


def test_servers_that_refer_to_each_other_end_the_read(start_slapd: StartSlapd) -> None:
    far = start_slapd(FOUNDATION)
    near = start_slapd([*FOUNDATION, container(PEOPLE), _referral(f"ou=Far,{PEOPLE}", f"{far.url}/{PEOPLE}")])
    far.add([_referral(PEOPLE, f"{near.url}/{PEOPLE}")])
    with pytest.raises(SourceDataError, match="twice"):
        Two(near, far).read(referrals="follow")


def test_a_server_elsewhere_that_is_down_ends_the_read(start_slapd: StartSlapd) -> None:
    dead = free_ports(1)[0]
    part = _referral(f"ou=Far,{PEOPLE}", f"ldap://{HOST}:{dead}/ou=Far,{PEOPLE}")
    near = start_slapd([*FOUNDATION, container(PEOPLE), part, *_people(NEAR)])
    with pytest.raises(SourceError, match="Connection refused"):
        Two(near, near).read(referrals="follow")
