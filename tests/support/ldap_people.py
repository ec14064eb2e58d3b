"""An organization in a real OpenLDAP, with what makes directories hard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.authority import Authority, Issued
from support.slapd import BASE, FOUNDATION, Entry, Slapd, make_slapd

PEOPLE, GROUPS = f"ou=People,{BASE}", f"ou=Groups,{BASE}"
PHOTO = b"\xff\xd8\xff\xe0 not text"

OVERLAYS = """
overlay memberof
memberof-refint TRUE
overlay sssvlv
"""


def person(dn: str, uid: str, **attributes: list[str | bytes]) -> Entry:
    """Return a person with an account; `cn` and `sn` are the uid unless given."""
    return (
        dn,
        {
            "objectClass": ["inetOrgPerson", "posixAccount"],
            "uid": [uid],
            "cn": [uid],
            "sn": [uid],
            "uidNumber": ["1000"],
            "gidNumber": ["100"],
            "homeDirectory": [f"/home/{uid}"],
            **attributes,
        },
    )


def container(dn: str) -> Entry:
    """Return an organizational unit."""
    return dn, {"objectClass": ["organizationalUnit"]}


def group(name: str, *members: str, kind: str = "groupOfNames", **attributes: list[str]) -> Entry:
    """Return a group; its members are DNs, or logins of a posixGroup."""
    listed = {"groupOfNames": "member", "groupOfUniqueNames": "uniqueMember", "posixGroup": "memberUid"}[kind]
    escaped = name.replace("\\", "\\\\").replace(",", "\\,").replace("+", "\\+")
    number = {"gidNumber": ["7"]} if kind == "posixGroup" else {}
    values = {listed: list(members)} if members else {}
    dn = f"cn={escaped},{GROUPS}"
    return dn, {"objectClass": [kind], "cn": [name], **number, **values, **attributes}


ADA = f"uid=ada,ou=Praha,ou=Czechia,{PEOPLE}"
MARIE = f"cn=Curie\\2C Marie,ou=Paris \\2B Lyon,{PEOPLE}"
JOSE = f"uid=josé+cn=José Núñez,ou=Praha,ou=Czechia,{PEOPLE}"
GRACE = f"uid=grace,{PEOPLE}"
ALAN = f"uid=alan,ou=Czechia,{PEOPLE}"

ORGANIZATION: tuple[Entry, ...] = (
    *FOUNDATION,
    container(PEOPLE),
    container(GROUPS),
    container(f"ou=Czechia,{PEOPLE}"),
    container(f"ou=Praha,ou=Czechia,{PEOPLE}"),
    container(f"ou=Paris \\2B Lyon,{PEOPLE}"),
    container(f"ou=Empty,{PEOPLE}"),
    person(
        ADA,
        "ada",
        **{
            "cn": ["Ada Lovelace"],
            "cn;lang-de": ["Ada von Lovelace"],
            "mail": ["ada@example.org"],
            "departmentNumber": ["IT", "Maths", "IT Support"],
            "employeeNumber": ["00123"],
            "jpegPhoto": [PHOTO],
        },
    ),
    person(MARIE, "marie", cn=["Curie, Marie"], mail=["marie@example.org"], departmentNumber=["Physics"]),
    person(JOSE, "josé", cn=["José Núñez"], employeeNumber=["0x1F"], gidNumber=["501"]),
    person(GRACE, "grace", cn=["Grace (Hopper) *"], departmentNumber=["IT"], mail=["grace@example.org"]),
    person(ALAN, "alan", cn=["Alan\\Turing"], departmentNumber=["Maths"], mail=["alan@example.org"]),
)

GROUPS_IN_GROUPS: tuple[Entry, ...] = (
    group("Staff", ADA, MARIE),
    group("Engineers", ADA),
    group("Everybody", f"cn=Staff,{GROUPS}", GRACE),
    group("Circle A", f"cn=Everybody,{GROUPS}", ALAN),
    group("Circle B", f"cn=Circle A,{GROUPS}"),
)
"""Staff is in Everybody, Everybody in Circle A, and the circles are in each other (added below)."""

OTHER_GROUPS: tuple[Entry, ...] = (
    group("Unique", f"{JOSE}#'0101'B", GRACE, kind="groupOfUniqueNames"),
    group("unix", "ada", "MARIE", kind="posixGroup"),
    group("primary", kind="posixGroup", gidNumber=["501"]),
    group("nobody", kind="posixGroup", gidNumber=["999"]),
)


@pytest.fixture(scope="session")
def organization(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, slapd_certificate: Issued
) -> Iterator[Slapd]:
    """Return a server with the organization, to be read only."""
    folder = tmp_path_factory.mktemp("slapd") / "organization"
    with make_slapd(folder, authority, slapd_certificate, extra=OVERLAYS) as server:
        server.load(ORGANIZATION)
        server.start()
        server.add([*GROUPS_IN_GROUPS, *OTHER_GROUPS])
        server.modify(f"cn=Circle A,{GROUPS}", "member", [f"cn=Circle B,{GROUPS}"])
        yield server
