"""An organization in a real Active Directory (Samba), with what makes those hard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from reconciler.sources.ldap.kinds import filetime
from support.authority import Authority
from support.ldap_source import AD_PASSWORD
from support.samba import (
    BASE,
    HOST_NAME,
    READER,
    READER_PASSWORD,
    Samba,
    Step,
    free_address,
    make_domain,
    shared_folder,
)

STAFF, GROUPS = f"OU=Staff,{BASE}", f"OU=Groups,{BASE}"
CROWDS = "OU=%d,OU=Crowds," + BASE
ADA = f"CN=Ada Lovelace,OU=Praha,{STAFF}"
MARIE = f"CN=Curie\\, Marie,{STAFF}"
JOSE = f"CN=José Núñez,OU=Praha,{STAFF}"
TEACHER = f"CN=Tea Cher,{STAFF}"
OFF, PAST, FUTURE, NEVER = (f"CN={name},{STAFF}" for name in ("Off", "Past", "Future", "Never"))

ENABLED, DISABLED = "544", "546"
"""userAccountControl of an account that may have no password, as it is and switched off."""

FEW, MANY = 7, 1_600
"""Contacts in two places. The many are members of one group: Active Directory would show 1,500 of them."""


def _user(dn: str, login: str, **attributes: str | list[str]) -> Step:
    told = {name: value if isinstance(value, list) else [value] for name, value in attributes.items()}
    return (
        "add",
        dn,
        {"objectClass": ["user"], "sAMAccountName": [login], "userAccountControl": [ENABLED], **told},
    )


def _group(name: str, *members: str) -> Step:
    held = {"member": list(members)} if members else {}
    return "add", f"CN={name},{GROUPS}", {"objectClass": ["group"], "sAMAccountName": [name], **held}


def contact(number: int) -> dict[str, list[str]]:
    """Return what a contact says."""
    telephones = ([], ["+1"], ["+1", "+2"])[number % 3]
    told = {"displayName": [f"Zoë {number}"], **({"otherTelephone": telephones} if telephones else {})}
    return {"objectClass": ["contact"], **told}


def _unit(dn: str) -> Step:
    return "add", dn, {"objectClass": ["organizationalUnit"]}


def _filetime(year: int) -> str:
    return str(filetime(datetime(year, 1, 1, tzinfo=UTC)))


STEPS: tuple[Step, ...] = (
    _user(f"CN=reader,CN=Users,{BASE}", "reader", userPrincipalName=READER),
    ("password", "reader", READER_PASSWORD),
    ("replace", f"CN=reader,CN=Users,{BASE}", {"userAccountControl": ["512"]}),
    *map(_unit, (STAFF, f"OU=Praha,{STAFF}", GROUPS, f"OU=Crowds,{BASE}", CROWDS % FEW, CROWDS % MANY)),
    _user(ADA, "ada", mail="ada@corp.example", department="IT", otherTelephone=["+2", "+1"]),
    _user(MARIE, "marie", department="Physics"),
    _user(JOSE, "jose", department="IT"),
    _user(TEACHER, "teacher"),
    _user(OFF, "off", userAccountControl=DISABLED),
    _user(PAST, "past", accountExpires=_filetime(2020)),
    _user(FUTURE, "future", accountExpires=_filetime(2100)),
    _user(NEVER, "never", accountExpires="0"),
    *(("add", f"CN=c{n},{CROWDS % many}", contact(n)) for many in (FEW, MANY) for n in range(many)),
    _group("Engineers", ADA, JOSE),
    _group("Staff", f"CN=Engineers,{GROUPS}", MARIE),
    _group("Everybody", f"CN=Staff,{GROUPS}"),
    _group("Circle A", f"CN=Everybody,{GROUPS}"),
    _group("Circle B", f"CN=Circle A,{GROUPS}"),
    ("replace", f"CN=Circle A,{GROUPS}", {"member": [f"CN=Everybody,{GROUPS}", f"CN=Circle B,{GROUPS}"]}),
    _group("Teachers", TEACHER),
    ("primary", TEACHER, f"CN=Teachers,{GROUPS}"),
    _group("Empty"),
    _group("Big", *(f"CN=c{number},{CROWDS % MANY}" for number in range(MANY))),
)


@pytest.fixture(scope="session")
def domain(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Samba]:
    """Return a domain controller with the organization, to be read only."""
    address = free_address()
    issued = authority.issue("samba", [address, HOST_NAME])
    folder = tmp_path_factory.mktemp("samba") / "dc"
    make_domain(folder, STEPS, shared_folder(tmp_path_factory))
    with Samba(folder, authority.ca, issued, address) as samba:
        samba.start()
        yield samba


def samba_settings(samba: Samba, **changed: object) -> dict[str, object]:
    """Return the settings that read people from the domain."""
    return {
        "directory": "activeDirectory",
        "servers": [samba.ldaps_url],
        "bind": {"user": READER, "password": AD_PASSWORD},
        "tls": {"caFile": str(samba.ca)},
        "baseDns": [STAFF],
        **changed,
    }
