"""What holds of import files for any sources and any server: a run does what is approved, and no more.

The simulator runs the files with the settings that stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Change, in_order
from reconciler.core.mapping import MappedSource
from reconciler.core.model import INDEX, MANY, Account, ActualState, Property, User
from reconciler.core.reach import unreachable
from reconciler.core.rules import Mode, Options
from reconciler.myq.csv_import.compose import Composed, Import, compose
from reconciler.myq.csv_import.dialect import dialect_of
from reconciler.myq.csv_import.people import CsvTarget
from reconciler.myq.csv_import.reach import lacking
from reconciler.myq.csv_import.words import instructions
from reconciler.simulator.csv_settings import settings_from
from reconciler.simulator.csv_sync import Synchronization
from reconciler.simulator.seed import seed
from reconciler.simulator.store import Store
from reconciler.simulator.switches import Release, Returning, Switches
from reconciler.sources.myq_fields import FIELDS
from support.csv_imports import entered, stated
from support.world import MAPPED, World, difference, mapped, rules, state

RELEASES = st.sampled_from(("10.1", "10.2"))
assumed = st.builds(
    Assumptions,
    csv_empty_field_clears=st.booleans(),
    csv_pairing_by_number_renames=st.booleans(),
    csv_import_takes_phone_and_language=st.booleans(),
    default_group_from_first_branch=st.booleans(),
    returning_user=st.sampled_from(("unknown", "undelete")),
)


NAMES = ("ada", "bob", "cy", "dee", "eve", "Ada")
EVERYTHING = Options(
    add_new_users=True,
    deactivate_missing_users=True,
    pair_by=(Property.PERSONAL_NUMBER, Property.USER_NAME),
)
some_groups = st.frozensets(st.sampled_from(("Staff|IT", "Staff", "Labs|One|Deep")), max_size=2)


@st.composite
def people(draw: st.DrawFn, number: int) -> User:
    """A person with a number of their own, and the rest from so small a world that they clash."""
    groups = tuple(sorted(draw(some_groups)))
    return User(
        user_name=draw(st.sampled_from(NAMES)),
        full_name=draw(st.sampled_from(("A", 'Dr. "B", jr.', "Žofie; C"))),
        aliases=tuple(sorted(draw(st.frozensets(st.sampled_from(("x", "y y", "z,z")), max_size=1)))),
        email=draw(st.sampled_from(("", "a@x", "b@x"))),
        cards=tuple(sorted(draw(st.frozensets(st.sampled_from(("C1", "C2", "C3")), max_size=2)))),
        personal_number=draw(st.sampled_from(("", str(number), str(number)))),
        scan_storage=draw(st.sampled_from(("", "\\\\files\\x"))),
        groups=groups,
        authentication_server=draw(st.sampled_from(("", "", "", "ldap.x"))),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[MappedSource], ActualState]:
    """A server, and sources that want some of its people as they are, others otherwise, and new ones."""
    accounts: list[Account] = []
    wanted: dict[str, list[User]] = {"hr": [], "ad": []}
    taken: set[object] = set()
    for number in range(draw(st.integers(1, 6))):
        source = draw(st.sampled_from(("hr", "hr", "hr", "ad", "other", "")))
        one, other = draw(people(number)), draw(people(number))
        claims = {one.user_name.casefold(), *one.aliases, *one.cards}
        if not claims & taken and draw(st.integers(0, 4)):
            taken |= claims
            active = bool(draw(st.integers(0, 5)))
            held = one._replace(source=source, groups=one.groups if active else ())
            held = held._replace(default_group=held.groups[0] if held.groups and one.email else "")
            accounts.append(Account(held, f"id-{number}", active))
        fate = draw(st.sampled_from(("as it is", "otherwise", "renamed", "missing")))
        if source in wanted and fate != "missing":
            kept = one if fate == "as it is" else other._replace(user_name=one.user_name)
            wanted[source].append(other if fate == "renamed" else kept)
    modes = dict.fromkeys((*MAPPED, Property.SCAN_STORAGE), Mode.REPLACE)
    modes[Property.CARDS] = draw(st.sampled_from((Mode.ADD, Mode.REPLACE)))
    if draw(st.booleans()):
        modes[Property.AUTHENTICATION_SERVER] = Mode.REPLACE_IF_PRESENT
    else:
        wanted = {
            name: [user._replace(authentication_server="") for user in users]
            for name, users in wanted.items()
        }
    sources = [
        mapped(rules(name, modes=modes, options=EVERYTHING), users) for name, users in wanted.items() if users
    ]
    return sources, state(*accounts, groups=("Empty",))


@contextmanager
def played(actual: ActualState, release: str, assumptions: Assumptions) -> Iterator[Store]:
    """A MyQ that holds this, and behaves as is assumed."""
    switches = Switches(
        release=Release(release),
        csv_empty_field_clears=assumptions.csv_empty_field_clears,
        csv_pairing_by_number_renames=assumptions.csv_pairing_by_number_renames,
        csv_import_takes_phone_and_language=assumptions.csv_import_takes_phone_and_language,
        default_group_from_first_branch=assumptions.default_group_from_first_branch,
        returning_user=Returning.UNDELETE if assumptions.returning_user == "undelete" else Returning.REFUSE,
    )
    store = Store(":memory:", switches)
    try:
        seed(store, [entry(account) for account in actual.accounts], sorted(actual.groups))
        yield store
    finally:
        store.close()


def entry(account: Account) -> dict[str, Any]:
    values = {FIELDS[prop]: account.user[at] for prop, at in INDEX.items()}
    return {name: list(one) if isinstance(one, tuple) else one for name, one in values.items()} | {
        "deleted": not account.active
    }


def held(store: Store) -> tuple[dict[tuple[User, bool], int], set[str]]:
    """Return the users that MyQ has, deleted or not, and its groups."""
    state = store.state()
    users = [
        (
            User._make(
                tuple(sorted(one[FIELDS[prop]])) if prop in MANY else one[FIELDS[prop]] for prop in INDEX
            ),
            not one["deleted"],
        )
        for one in state["users"]
        if not one["system"]
    ]
    return counted(users), set(state["groups"]) - {"All users"}


def counted(users: Sequence[tuple[User, bool]]) -> dict[tuple[User, bool], int]:
    return {one: users.count(one) for one in users}


def run_imports(
    store: Store, target: CsvTarget, imports: Mapping[str, Import], order: Sequence[str]
) -> list[str]:
    """Run the imports as an administrator does; return what MyQ complains of."""
    told: list[str] = []
    for source in order:
        made = imports[source]
        words = instructions("users.csv", made, "sha256:0", knows_source=target.actual.knows_source)
        settings = settings_from(entered(stated(words)))
        run = Synchronization(store, target.dialect.content(made.rows), settings)
        for _ in run.steps():
            pass
        told += [result["message"] for result in run.report()["results"] if result["level"] == "error"]
    return told


def target_of(
    wanted: Sequence[MappedSource], actual: ActualState, release: str, assumptions: Assumptions
) -> CsvTarget:
    return CsvTarget(
        dialect=dialect_of(release, ";", "utf-8", actual.readable, assumptions),
        actual=actual,
        assumptions=assumptions,
        sources={one.rules.name: one.rules.synchronization_source for one in wanted},
    )


def some_of(changes: Sequence[Change], lack: Mapping[str, str], data: st.DataObject) -> list[Change]:
    """Return some changes, as an approval might: with all that they need, and none that cannot be."""
    chosen = {
        change.id for change in changes if change.id not in lack and data.draw(st.booleans(), label=change.id)
    }
    while short := {one.id for one in changes if one.id in chosen and not set(one.needs) <= chosen}:
        chosen -= short
    return [change for change in changes if change.id in chosen]


def settled(user: User) -> User:
    """Return the user as MyQ has it: who leaves the default group has none any more."""
    return user if user.default_group in user.groups else user._replace(default_group="")


def handed(composed: Composed, changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.id not in composed.waiting]


def expected(actual: ActualState, changes: Sequence[Change]) -> World:
    world = World(actual)
    for change in in_order(changes):
        name = change.name
        world.write(change, None if change.is_group else world.account(name, change.account_id), ())
    return world


@given(worlds(), assumed, RELEASES, st.data())
def test_a_run_leaves_what_was_plus_what_was_approved_exactly(
    world_at_first: tuple[list[MappedSource], ActualState],
    assumptions: Assumptions,
    release: str,
    data: st.DataObject,
) -> None:
    wanted, actual = world_at_first
    changes = difference(wanted, actual, assumptions=assumptions).changes
    target = target_of(wanted, actual, release, assumptions)
    approved = some_of(changes, unreachable(changes, lacking(target, changes)), data)
    composed = compose(target, approved)
    world = expected(actual, handed(composed, approved))
    order = data.draw(st.permutations(sorted(composed.imports)))
    with played(actual, release, assumptions) as store:
        assert run_imports(store, target, composed.imports, order) == []
        users, groups = held(store)
    assert users == counted([(settled(one.user), one.active) for one in world.accounts.values()])
    assert groups == world.groups


@given(worlds(), assumed, RELEASES)
def test_import_after_import_all_that_can_be_done_is_done(
    world_at_first: tuple[list[MappedSource], ActualState], assumptions: Assumptions, release: str
) -> None:
    wanted, actual = world_at_first
    world = World(actual)
    for _ in range(12):
        now = world.read_state()
        changes = difference(wanted, now, assumptions=assumptions).changes
        target = target_of(wanted, now, release, assumptions)
        lack = unreachable(changes, lacking(target, changes))
        approved = [change for change in changes if change.id not in lack]
        if not approved:
            return
        done = handed(compose(target, approved), approved)
        assert done, "something is approved, and no import does any of it"
        world = expected(now, done)
    raise AssertionError("it does not come to an end")


@given(worlds(), RELEASES, st.data())
def test_where_myq_hides_owners_nobody_changes_but_as_approved(
    world_at_first: tuple[list[MappedSource], ActualState], release: str, data: st.DataObject
) -> None:
    wanted, actual = world_at_first
    assumptions = Assumptions()
    blind = actual._replace(
        accounts=tuple(
            account._replace(user=account.user._replace(source=""))
            for account in actual.accounts
            if account.active
        ),
        knows_source=False,
        knows_deleted=False,
    )
    changes = difference(wanted, blind, assumptions=assumptions).changes
    target = target_of(wanted, blind, release, assumptions)
    approved = some_of(changes, unreachable(changes, lacking(target, changes)), data)
    composed = compose(target, approved)
    assert not any(made.settings.deactivate_missing_users for made in composed.imports.values())
    world = World(blind)
    after = {
        (settled(one.user)._replace(source=""), one.active)
        for one in expected(blind, handed(composed, approved)).accounts.values()
    }
    before = {(one.user._replace(source=""), one.active) for one in actual.accounts}
    with played(actual, release, assumptions) as store:
        run_imports(store, target, composed.imports, sorted(composed.imports))
        users, _ = held(store)
    assert {(user._replace(source=""), active) for user, active in users} <= before | after
    assert world.log == []
