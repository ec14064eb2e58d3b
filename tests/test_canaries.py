"""Values that stand nowhere else are planted in every field of every source, and all output is searched.

docs/safety.md, *What is never shown*, is the table that this holds the program to.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.five_kinds import FiveKinds
from support.ldap_people import PEOPLE, person
from support.project import Ended

pytestmark = [pytest.mark.slapd, pytest.mark.entra, pytest.mark.central, pytest.mark.script]

KINDS = ("csv", "ldap", "entra", "central", "script")
SECRET = ("card", "number")
PERSONAL = ("user", "name", "mail", "alias", "phone", "notes", "storage")


def canary(kind: str, what: str) -> str:
    """Return a value that nothing else contains."""
    return f"zq{kind}{what}qz"


PINS = [canary("csv", "pin"), canary("script", "pin")]
CARDS_AND_NUMBERS = [canary(kind, what) for kind in KINDS for what in SECRET]
PEOPLE_S = [canary(kind, what) for kind in KINDS for what in PERSONAL]
SECRETS = ["MYQ_CLIENT_SECRET", "LDAP_PASSWORD", "ENTRA_SECRET", "CENTRAL_SECRET"]


@pytest.fixture
def planted(five_kinds: FiveKinds, monkeypatch: pytest.MonkeyPatch) -> FiveKinds:
    """The project of five kinds, each with a person made of canaries, and one account changed by hand."""
    monkeypatch.setenv("RECONCILER_PSEUDONYM_KEY", "a key of the tests")
    _widen(five_kinds)
    csv = {what: canary("csv", what) for what in (*PERSONAL, *SECRET, "pin")}
    five_kinds.project.path("people.csv").write_bytes(
        "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN,PHONE,NOTES\r\n"
        '{name},"{user},{alias}",{mail},{card},Staff,{number},{storage},{pin},{phone},{notes}\r\n'
        'Somebody,somebody,,,Staff,,,,,\r\n'.format(**csv)
        .encode()
    )  # fmt: skip
    ldap = {what: [canary("ldap", what)] for what in (*PERSONAL, *SECRET)}
    five_kinds.directory.add(
        [
            person(
                f"uid={ldap['user'][0]},{PEOPLE}",
                ldap["user"][0],
                cn=ldap["name"],
                mail=ldap["mail"],
                employeeNumber=ldap["number"],
                telephoneNumber=["+420 1", *ldap["phone"]][:1],
                description=ldap["notes"],
                carLicense=ldap["card"],
                roomNumber=ldap["storage"],
                displayName=ldap["alias"],
            )
        ]
    )
    entra = {what: canary("entra", what) for what in (*PERSONAL, *SECRET)}
    five_kinds.cloud.user(
        entra["user"],
        userPrincipalName=f"{entra['user']}@contoso.com",
        displayName=entra["name"],
        mail=entra["mail"],
        employeeId=entra["number"],
        mobilePhone=entra["phone"],
    )
    central = {what: canary("central", what) for what in (*PERSONAL, *SECRET)}
    five_kinds.central.seed(
        [
            {
                "username": central["user"],
                "fullname": central["name"],
                "email": central["mail"],
                "cards": [central["card"]],
                "code": central["number"],
                "aliases": [central["alias"]],
                "phone": central["phone"],
                "notes": central["notes"],
                "scanStorage": central["storage"],
                "groups": ["Prague"],
            }
        ]
    )
    script = {what: canary("script", what) for what in (*PERSONAL, *SECRET, "pin")}
    five_kinds.write([{"id": "1", "badges": [script["card"]], **script}])
    return five_kinds


def _widen(five: FiveKinds) -> None:
    """Let every source map all that it has."""
    manifest = five.project.manifest
    manifest(
        "all.yaml",
        "personalNumber: CODE, groups: GROUPS}",
        "personalNumber: CODE, groups: GROUPS, scanStorage: SCANSTORAGE, phone: PHONE, notes: NOTES,"
        " pins: PIN}",
    )
    manifest(
        "all.yaml",
        "mapping: {userName: uid, fullName: cn, personalNumber: employeeNumber}",
        "mapping: {userName: uid, fullName: cn, personalNumber: employeeNumber, email: mail,"
        " notes: description, cards: carLicense, scanStorage: roomNumber, aliases: displayName}",
    )
    manifest(
        "all.yaml",
        "email: mail, objectId: id}",
        "email: mail, objectId: id, personalNumber: employeeId, phone: mobilePhone}",
    )
    manifest(
        "all.yaml",
        "email: email, cards: cards, groups: groups}",
        "email: email, cards: cards, groups: groups, personalNumber: code, aliases: aliases, phone: phone,"
        " notes: notes, scanStorage: scanStorage}",
    )
    manifest(
        "all.yaml",
        "mapping: {userName: user, fullName: name, cards: badges}",
        "mapping: {userName: user, fullName: name, cards: badges, pins: pin, personalNumber: number,"
        " email: mail, aliases: alias, phone: phone, notes: notes, scanStorage: storage}",
    )


def found(content: bytes | str, values: list[str]) -> list[str]:
    """Return which of the values stand in a content, in whatever case, as text or as its bytes in hex."""
    text = (content if isinstance(content, bytes) else content.encode()).lower()
    return [one for one in values if one.lower().encode() in text or one.encode().hex().encode() in text]


def secrets_of_the_environment() -> list[str]:
    return [os.environ[name] for name in SECRETS]


def said(ended: Ended) -> str:
    return ended.out + ended.err


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def story(five: FiveKinds) -> dict[str, Ended]:
    """Run what people and CI run, on the planted people; return what each command said."""
    project = five.project
    plan, approval, result = (str(project.path(f"a.{kind}.json")) for kind in ("plan", "approval", "result"))
    ran = {"validate": project("validate"), "plan": project("plan", "--out", plan)}
    for form in ("markdown", "junit", "sarif", "github", "html"):
        extra = ["--masked"] if form == "html" else []
        ran[f"show {form}"] = project("show", plan, "--format", form, *extra)
    ran["show text"] = project("show", plan)
    ran["masked text"] = project("show", plan, "--masked")
    ran["refused"] = project("apply", code=None)
    everything = ["--waive", "identities-moved", "--reason", "planted"]
    ran["approve"] = project("approve", plan, "--out", approval, "--by", "colleague", *everything)
    ran["apply"] = project("apply", "--approval", approval, "--result", result, code=None)
    ran["apply markdown"] = project("apply", "--format", "markdown", code=None)
    ran["verify"] = project("verify", plan, code=None)
    return ran


FOR_COMMENTS = (
    "show markdown",
    "show junit",
    "show sarif",
    "show github",
    "show html",
    "masked text",
    "apply markdown",
)


def test_nothing_that_the_program_says_or_keeps_gives_anybody_away(planted: FiveKinds) -> None:
    ran = story(planted)
    assert "deactivate" in ran["plan"].out
    hidden = [*PINS, *secrets_of_the_environment()]
    leaks = {
        name: found(said(ended), [*hidden, *CARDS_AND_NUMBERS, *(PEOPLE_S if name in FOR_COMMENTS else [])])
        for name, ended in ran.items()
    }
    assert {name: values for name, values in leaks.items() if values} == {}


def test_the_canaries_are_where_they_may_be(planted: FiveKinds) -> None:
    ran = story(planted)
    plan = planted.project.path("a.plan.json").read_bytes()
    may_be = [one for one in (*PEOPLE_S, *CARDS_AND_NUMBERS) if one not in NOWHERE]
    assert found(plan, may_be) == may_be
    assert found(ran["show text"].out, [canary(kind, "name") for kind in KINDS]) != []


NOWHERE = (
    canary("ldap", "phone"),
    canary("entra", "card"),
    canary("entra", "alias"),
    canary("entra", "notes"),
    canary("entra", "storage"),
)
"""What that source has no attribute for."""


def test_pins_and_secrets_stand_in_no_file_and_people_in_no_file_but_plan_result_and_snapshot(
    planted: FiveKinds,
) -> None:
    ours = {path for path in files_below(planted.project.folder) if path.is_file()}
    story(planted)
    planted.project("snapshot", str(planted.project.path("snapshots/monday")))
    written = [path for path in files_below(planted.project.folder) if path not in ours]
    assert written
    leaks: dict[str, list[str]] = {}
    for path in written:
        name = path.relative_to(planted.project.folder).as_posix()
        searched = [*PINS, *secrets_of_the_environment()]
        if not name.startswith(("a.plan", "a.result", "snapshots/")):
            searched += CARDS_AND_NUMBERS
            searched += [one for one in PEOPLE_S if "user" not in one]
        leaks[name] = found(_opened(path), searched)
    assert {name: values for name, values in leaks.items() if values} == {}


def _opened(path: Path) -> bytes:
    """Return a file's bytes, unpacked where it is packed."""
    content = path.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
