"""The move from Active Directory's names to Entra ID's: the same people, under new names, nobody twice.

MyQ pairs by user name, so `tim` of AD and `tim@acme.com` of Entra ID would be two accounts, one of them
missing (myq.md section 3.3). Paired by the personal number, an account keeps its credit and its jobs.
"""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler.core.change import Action, Change
from reconciler.core.mapping import MappedSource, map_source
from reconciler.core.model import Account, User
from reconciler.core.notice import Kind
from reconciler.core.outcome import Status
from reconciler.core.rules import SourceRules
from reconciler.myq.apply import Applying
from support.entra import Source
from support.graph import CLIENT_ID, GraphDouble
from support.manifests import document, project
from support.world import World, difference, state

pytestmark = pytest.mark.entra

AD = "corp.contoso.com"
NAMES = ("ada", "bob", "cyd", "dan")

SPEC = f"""
type: entra
tenant: contoso.com
clientId: {CLIENT_ID}
signIn: {{secret: 'env:ENTRA_SECRET'}}
authority: URL
graphUrl: URL
caFile: CA
mapping:
  userName: userPrincipalName
  fullName: displayName
  aliases: onPremisesSamAccountName
  personalNumber: employeeID
  objectId: id
adopt: {{sources: [{AD}]}}
options:
  addNewUsers: true
  deactivateMissingUsers: true
  pairBy: PAIR
"""


@pytest.fixture
def world(graph: GraphDouble) -> World:
    """Four people as LDAP synchronization left them in MyQ, who are in Entra ID now."""
    accounts = []
    for number, name in enumerate(NAMES):
        graph.user(name, employeeId=f"00{number}", onPremisesSamAccountName=name)
        user = User(name, name.title(), email=f"{name}@contoso.com", personal_number=f"00{number}", source=AD)
        accounts.append(Account(user._replace(cards=(f"CARD{number}",)), f"id-{number}"))
    return World(state(*accounts))


def mapped(source: Source, pair_by: str) -> MappedSource:
    text = SPEC.replace("URL", source.graph.url).replace("CA\n", f"{source.ca_file}\n")
    made = project(document("Source", text.replace("PAIR", pair_by), "entra"))
    (rules, spec) = made.sources[0]
    assert isinstance(rules, SourceRules)
    return map_source(rules, spec.reader(source.surroundings).read(rules.attributes))


def actions(changes: tuple[Change, ...]) -> Counter[Action]:
    return Counter(change.action for change in changes)


def test_the_move_renames_everybody_and_creates_and_deactivates_nobody(source: Source, world: World) -> None:
    people = mapped(source, "[objectId, personalNumber]")
    needed = difference([people], world.read_state())
    assert actions(needed.changes) == {Action.REKEY: 4, Action.UPDATE: 4}
    assert needed.notices == ()
    _apply(world, needed.changes)
    for number, name in enumerate(NAMES):
        user = world.accounts[f"id-{number}"].user
        assert user.user_name == f"{name}@contoso.com"
        assert user.aliases == (name,), "who types the old name is still found"
        assert user.cards == (f"CARD{number}",)
        assert user.object_id == list(source.graph.tenant.users)[number]
        assert user.source == "entra"
    assert difference([people], world.read_state()).changes == ()


def test_afterwards_the_object_id_finds_people_whatever_else_changes(source: Source, world: World) -> None:
    _apply(
        world,
        difference([mapped(source, "[objectId, personalNumber]")], world.read_state()).changes,
    )
    ada = next(iter(source.graph.tenant.users.values()))
    ada |= {"userPrincipalName": "ada.lovelace@contoso.com", "employeeId": "777"}
    needed = difference([mapped(source, "[objectId]")], world.read_state()).changes
    assert [(change.action, change.name) for change in needed] == [
        (Action.REKEY, "ada@contoso.com"),
        (Action.UPDATE, "ada@contoso.com"),
    ]


def test_paired_by_the_user_name_alone_the_move_is_a_conflict_that_is_shown(
    source: Source, world: World
) -> None:
    needed = difference([mapped(source, "[userName]")], world.read_state())
    assert needed.changes == ()
    assert [(notice.kind, notice.name) for notice in needed.notices] == [
        (Kind.CONFLICT, f"{name}@contoso.com") for name in NAMES
    ]


def _apply(world: World, changes: tuple[Change, ...]) -> None:
    outcomes = Applying(world).run(changes)
    assert {outcome.status for outcome in outcomes} == {Status.APPLIED}
