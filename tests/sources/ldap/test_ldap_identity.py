"""Whoever is renamed, married or moved in the directory keeps their account: one `rekey`, nobody twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from reconciler.core.change import Action, Change
from reconciler.core.mapping import MappedSource, map_source
from reconciler.core.outcome import Status
from reconciler.core.rules import SourceRules
from reconciler.errors import SourceError
from reconciler.myq.apply import Applying
from support.ldap_people import ADA, ORGANIZATION, PEOPLE
from support.ldap_source import PASSWORD, surroundings
from support.manifests import document, project
from support.slapd import READER, Slapd, StartSlapd
from support.world import World, difference, state

pytestmark = pytest.mark.slapd

SPEC = """
type: ldap
directory: openLdap
servers: [URL]
bind: {user: 'ACCOUNT', password: 'SECRET'}
tls: {caFile: CA}
baseDns: ['BASE']
mapping: {userName: uid, fullName: cn, KEY: entryUUID}
options:
  addNewUsers: true
  deactivateMissingUsers: true
  pairBy: [KEY, userName]
groups:
  import:
    - ouTree: {stripLeft: 1, stripRight: 3}
expect: {sentinels: [grace]}
"""


def _mapped(server: Slapd, key: str) -> MappedSource:
    text = SPEC
    settings = {"URL": server.ldaps_url, "ACCOUNT": READER, "SECRET": PASSWORD, "CA": str(server.ca)}
    for name, value in {**settings, "BASE": PEOPLE, "KEY": key}.items():
        text = text.replace(name, value)
    ((rules, spec),) = project(document("Source", text, "people")).sources
    assert isinstance(rules, SourceRules)
    return map_source(rules, spec.reader(surroundings(Path())).read(rules.attributes))


def _needed(server: Slapd, world: World, key: str) -> tuple[Change, ...]:
    return difference([_mapped(server, key)], world.read_state()).changes


def _apply(world: World, changes: tuple[Change, ...]) -> None:
    assert {outcome.status for outcome in Applying(world).run(changes)} == {Status.APPLIED}


@pytest.fixture
def server(start_slapd: StartSlapd) -> Slapd:
    return start_slapd(ORGANIZATION)


@pytest.mark.parametrize("key", ["objectId", "personalNumber"])
def test_a_renamed_person_is_one_rekey(server: Slapd, key: str) -> None:
    world = World(state())
    _apply(world, _needed(server, world, key))
    assert {account.user.user_name for account in world.accounts.values()} == {
        "ada",
        "alan",
        "grace",
        "josé",
        "marie",
    }
    assert _needed(server, world, key) == ()

    before = {account.user.user_name: account.id for account in world.accounts.values()}
    server.rename(ADA, "uid=countess", f"ou=Paris \\+ Lyon,{PEOPLE}")
    server.modify(f"uid=countess,ou=Paris \\+ Lyon,{PEOPLE}", "cn", ["Ada King"], replace=True)
    changes = _needed(server, world, key)
    assert Counter(change.action for change in changes) == {Action.REKEY: 1, Action.UPDATE: 1}
    _apply(world, changes)
    after = {account.user.user_name: account.id for account in world.accounts.values()}
    assert after["countess"] == before["ada"]
    renamed = next(
        account.user for account in world.accounts.values() if account.user.user_name == "countess"
    )
    assert (renamed.full_name, renamed.groups) == ("Ada King", ("Paris + Lyon",))
    assert _needed(server, world, key) == ()


def test_nobody_leaves_on_the_word_of_a_directory_that_stopped_answering(server: Slapd) -> None:
    world = World(state())
    _apply(world, _needed(server, world, "objectId"))
    server.stop()
    with pytest.raises(SourceError):
        _needed(server, world, "objectId")
    server.start()
    server.remove(ADA)
    (change,) = [
        change for change in _needed(server, world, "objectId") if change.action is Action.DEACTIVATE
    ]
    assert change.name == "ada"
