"""Which settings of a source decide what is read, and which come after."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.manifest.models import SOURCES
from reconciler.sources.definition import Definition, definition_of
from reconciler.sources.spec import SourceSpec

MAPPING = {"userName": "name", "fullName": "full"}
KINDS: dict[str, dict[str, Any]] = {
    "csv": {"file": "people.csv", "groups": {"import": [{"branches": "TEAMS"}]}},
    "ldap": {
        "directory": "openLdap",
        "servers": ["ldaps://a.example"],
        "bind": "anonymous",
        "baseDns": ["dc=a"],
        "groups": {"import": [{"attribute": "ou"}, {"ouIndex": 1}]},
    },
    "entra": {
        "tenant": "contoso.com",
        "clientId": "c",
        "signIn": {"secret": "env:S"},
        "groups": {"import": [{"memberships": {"onlyGroups": ["A"]}}]},
    },
    "central": {"url": "https://central.example", "clientId": "c", "clientSecret": "env:S"},
    "script": {"command": ["people.py"], "sha256": "0" * 64},
}
AFTER: dict[str, dict[str, Any]] = {
    "mapping": {"mapping": {"userName": "other", "fullName": "full"}},
    "options": {"options": {"addNewUsers": True, "deactivateMissingUsers": True, "pairBy": ["email"]}},
    "precedence": {"precedence": 3},
    "synchronization-source": {"synchronizationSource": "Other"},
    "adopt": {"adopt": {"users": ["ada"]}},
    "expect": {"expect": {"minimumRecords": 9, "sentinels": ["ada"]}},
}
PACE: dict[str, dict[str, Any]] = {
    "ldap": {"pageSize": 7, "timeouts": {"connect": 3}},
    "entra": {"connections": 2},
    "central": {"pageSize": 7},
    "script": {"timeoutSeconds": 3, "maxOutputMegabytes": 1, "maxMemoryMegabytes": 100},
}
BEFORE: dict[str, tuple[str, dict[str, Any], str]] = {
    "the-file": ("csv", {"file": "other.csv"}, "file"),
    "the-encoding": ("csv", {"encoding": "windows-1250"}, "encoding"),
    "the-server": ("ldap", {"servers": ["ldaps://b.example"]}, "servers"),
    "the-account": ("ldap", {"bind": {"user": "cn=x", "password": "env:P"}}, "bind"),
    "the-filter": ("ldap", {"filter": "(uid=*)"}, "filter"),
    "whom-to-import": ("entra", {"users": {"guests": True}}, "users"),
    "the-tenant": ("entra", {"tenant": "other.com"}, "tenant"),
    "the-sites": ("central", {"users": {"inGroups": ["Prague"]}}, "users"),
    "the-script": ("script", {"sha256": "1" * 64}, "sha256"),
    "an-argument": ("script", {"command": ["people.py", "--all"]}, "command"),
}


def spec(kind: str, **more: Any) -> SourceSpec:  # noqa: ANN401  whatever a manifest holds
    return SOURCES[kind].model_validate(
        {"type": kind, "mapping": MAPPING, **KINDS[kind], **more}, strict=False
    )


def test_every_kind_has_its_case() -> None:
    assert KINDS.keys() == SOURCES.keys()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("more", AFTER.values(), ids=[*AFTER])
def test_what_comes_after_the_read_is_no_part_of_it(kind: str, more: dict[str, Any]) -> None:
    assert definition_of(spec(kind, **more)) == definition_of(spec(kind))


@pytest.mark.parametrize("kind", PACE)
def test_how_fast_is_read_is_no_part_of_it(kind: str) -> None:
    assert definition_of(spec(kind, **PACE[kind])) == definition_of(spec(kind))


@pytest.mark.parametrize(("kind", "more", "key"), BEFORE.values(), ids=[*BEFORE])
def test_what_decides_the_read_is_named(kind: str, more: dict[str, Any], key: str) -> None:
    one, other = definition_of(spec(kind)), definition_of(spec(kind, **more))
    assert one.differing(other) == other.differing(one) == (key,)


def test_a_setting_that_only_one_of_them_has_differs() -> None:
    assert Definition({"a": "1", "b": "2"}).differing(Definition({"b": "2", "c": "3"})) == ("a", "c")


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("csv", ("TEAMS",)),
        ("ldap", ("@groups1",)),
        ("entra", ("@groups0",)),
        ("central", ()),
        ("script", ()),
    ],
)
def test_the_ways_that_a_reader_works_out_itself_are_known(kind: str, attributes: tuple[str, ...]) -> None:
    assert tuple(name for name, _ in definition_of(spec(kind)).ways) == attributes


def groups(*ways: dict[str, Any], **more: Any) -> Definition:  # noqa: ANN401  whatever a manifest holds
    return definition_of(spec("ldap", groups={"import": list(ways), **more}))


def test_a_way_is_the_same_wherever_it_stands_and_whosever_default_it_makes() -> None:
    one = groups({"ouIndex": 1})
    assert one.same_ways(groups({"attribute": "ou"}, {"ouIndex": 1, "makeDefault": True}))
    assert not one.same_ways(groups({"ouIndex": 2}))
    assert not one.same_ways(groups({"ouIndex": 1}, {"ouIndex": 2}))
    assert not one.same_ways(groups({"ouIndex": 1}, replaceSeparators="_"))
    assert not one.same_ways(groups({"ouIndex": 1}, maxDepth=3))
    assert one.same_ways(groups({"ouIndex": 1}, mode="add"))


def test_the_group_that_holds_imported_groups_is_kept_apart() -> None:
    moved = definition_of(spec("entra", options={"importGroupsUnder": "Company"}))
    assert moved.under == "Company"
    assert moved._replace(under="") == definition_of(spec("entra"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_is_written_as_it_is_by_default_decides_nothing(kind: str) -> None:
    plain = spec(kind)
    written = plain.model_dump(mode="json", by_alias=True)
    written.pop("columns", None)  # a file whose first line names its columns may not list them
    assert definition_of(type(plain).model_validate(written, strict=False)) == definition_of(plain)
    assert set(definition_of(plain).settings) <= {*KINDS[kind], "type"}
