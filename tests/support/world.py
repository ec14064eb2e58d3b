"""A MyQ in a dictionary, and Hypothesis strategies for sources and servers that quarrel a lot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, Value
from reconciler.core.desired import DesiredState, resolve
from reconciler.core.diff import Difference, diff
from reconciler.core.groups import with_ancestors
from reconciler.core.history import History
from reconciler.core.mapping import MappedSource
from reconciler.core.model import INDEX, Account, ActualState, Property, Reading, User
from reconciler.core.policy import Policy
from reconciler.core.rules import Adopt, GroupWay, Mode, Options, Rule, SourceRules
from reconciler.core.template import parse_template
from reconciler.core.tree import GroupNode
from reconciler.errors import Place, TargetRejected

PLACE = Place("sources.d/world.yaml", 3, 5)
NO_GRACE = Policy(grace_reads=0, grace_days=0)
MAPPED = (
    Property.FULL_NAME,
    Property.ALIASES,
    Property.EMAIL,
    Property.CARDS,
    Property.PERSONAL_NUMBER,
)


def rule(prop: Property, mode: Mode = Mode.REPLACE) -> Rule:
    several = prop in {Property.ALIASES, Property.CARDS, Property.PINS}
    return Rule(prop, parse_template(prop.value, several=several), mode, PLACE)


def rules(  # noqa: PLR0913  a source has this many sides
    name: str = "hr",
    *,
    modes: dict[Property, Mode] | None = None,
    options: Options | None = None,
    precedence: int = 100,
    groups: Mode | None = Mode.REPLACE,
    adopt: Adopt | None = None,
    source: str | None = None,
) -> SourceRules:
    chosen = dict.fromkeys(MAPPED, Mode.REPLACE) if modes is None else modes
    return SourceRules(
        name=name,
        kind="csv",
        synchronization_source=name if source is None else source,
        place=PLACE,
        rules=(rule(Property.USER_NAME), *(rule(prop, mode) for prop, mode in chosen.items())),
        precedence=precedence,
        ways=() if groups is None else (GroupWay(parse_template("GROUPS"), PLACE, ready=True),),
        groups_mode=groups or Mode.REPLACE_IF_PRESENT,
        options=options or Options(add_new_users=True, deactivate_missing_users=True),
        adopt=adopt or Adopt(),
    )


def mapped(source: SourceRules, users: Sequence[User], groups: tuple[str, ...] = ()) -> MappedSource:
    return MappedSource(
        source,
        [user._replace(source=source.synchronization_source) for user in users],
        [f"{source.name}.csv:{line}" for line in range(2, len(users) + 2)],
        Reading(len(users), groups=groups, counted=len(users)),
    )


def state(*accounts: Account, groups: Iterable[str] = (), knows_source: bool = True) -> ActualState:
    paths = with_ancestors({*groups, *(path for one in accounts for path in one.user.groups)})
    return ActualState(accounts, frozenset(paths), frozenset(INDEX), knows_source=knows_source)


def difference(
    sources: Sequence[MappedSource],
    actual: ActualState,
    *,
    nodes: tuple[GroupNode, ...] = (),
    policy: Policy = NO_GRACE,
    assumptions: Assumptions | None = None,
    history: History | None = None,
) -> Difference:
    assumed = assumptions or Assumptions()
    return diff(resolve(sources, nodes, assumed, history), actual, policy, assumed, history)


def wanted(sources: Sequence[MappedSource], nodes: tuple[GroupNode, ...] = ()) -> DesiredState:
    return resolve(sources, nodes, Assumptions())


class World:
    """A server that does what it is told; it implements `reconciler.myq.port.Server`.

    `log` holds every write, so that a test can count them.
    """

    def __init__(self, actual: ActualState) -> None:
        self.accounts = {account.id: account for account in actual.accounts}
        self.groups = set(actual.groups)
        self.log: list[str] = []
        self._readable = actual.readable
        self._knows_source = actual.knows_source

    def read_state(self) -> ActualState:
        accounts = tuple(self.accounts[id_] for id_ in sorted(self.accounts))
        return ActualState(accounts, frozenset(self.groups), self._readable, knows_source=self._knows_source)

    def account(self, name: str, account_id: str) -> Account | None:
        if account_id:
            return self.accounts.get(account_id)
        return next((one for one in self.accounts.values() if one.user.user_name == name), None)

    def has_group(self, path: str) -> bool:
        return path in self.groups

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        del pins
        self.log.append(change.id)
        match change.action:
            case Action.GROUP_CREATE:
                self.groups.add(change.name)
            case Action.GROUP_MOVE:
                self._move(change.name, str(change.fields[0].after))
            case Action.CREATE:
                id_ = f"new-{len(self.accounts)}-{change.name}"
                self._put(Account(_with(User(""), change), id_))
            case Action.DEACTIVATE:
                assert current is not None
                self._put(current._replace(active=False, user=current.user._replace(groups=())))
            case _:
                assert current is not None
                self._put(current._replace(active=True, user=_with(current.user, change)))

    def _put(self, account: Account) -> None:
        lacking = set(account.user.groups) - self.groups
        if lacking:
            raise TargetRejected(f"no such group: {lacking}", hint="create it first")
        self.accounts[account.id] = account

    def _move(self, old: str, new: str) -> None:
        def moved(path: str) -> str:
            return new + path[len(old) :] if path == old or path.startswith(f"{old}|") else path

        self.groups = with_ancestors({moved(path) for path in self.groups})
        for id_, account in self.accounts.items():
            user = account.user
            default = moved(user.default_group) if user.default_group else ""
            groups = tuple(sorted(map(moved, user.groups)))
            self.accounts[id_] = account._replace(user=user._replace(groups=groups, default_group=default))


def _with(user: User, change: Change) -> User:
    values: dict[str, Value] = {field.field: field.after for field in change.fields}
    return User._make(values.get(prop.value, user[at]) for prop, at in INDEX.items())


NAMES = ("ada", "Ada", "bob", "cy", "dee", "eve")
CARDS = ("C1", "C2", "C3")
NUMBERS = ("", "", "1", "2", "3")
ALIASES = ("ada", "al", "bob", "x")
GROUPS = ("Staff", "Staff|IT", "Guests", "Labs|One|Deep")


def _subset(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.frozensets(st.sampled_from(values), max_size=2).map(lambda chosen: tuple(sorted(chosen)))


def _without_own_name(user: User) -> User:
    own = user.user_name.casefold()
    return user._replace(aliases=tuple(alias for alias in user.aliases if alias.casefold() != own))


def users() -> st.SearchStrategy[User]:
    """Users from so small a world that they clash all the time."""
    drawn = {  # and no other field: `builds` would fill the others with text that never clashes
        "user_name": st.sampled_from(NAMES),
        "full_name": st.sampled_from(("A", "B")),
        "aliases": _subset(ALIASES),
        "email": st.sampled_from(("", "a@x", "b@x")),
        "cards": _subset(CARDS),
        "personal_number": st.sampled_from(NUMBERS),
        "groups": _subset(GROUPS),
    }
    return st.fixed_dictionaries(drawn).map(lambda fields: _without_own_name(User(**fields)))


def sources() -> st.SearchStrategy[list[MappedSource]]:
    """One or two sources with any options, modes and precedence."""
    modes = st.fixed_dictionaries({prop: st.sampled_from(Mode) for prop in MAPPED}).map(
        lambda chosen: {prop: mode for prop, mode in chosen.items() if mode is not Mode.IGNORE}
    )
    pair_by = st.permutations((Property.USER_NAME, Property.PERSONAL_NUMBER)).flatmap(
        lambda keys: st.sampled_from((tuple(keys), tuple(keys[:1])))
    )
    options = st.builds(
        Options,
        add_new_users=st.booleans(),
        deactivate_missing_users=st.booleans(),
        pair_by=pair_by,
    )

    def source(name: str) -> st.SearchStrategy[MappedSource]:
        made = st.builds(
            rules,
            st.just(name),
            modes=modes,
            options=options,
            precedence=st.sampled_from((1, 2)),
            groups=st.sampled_from((None, Mode.REPLACE, Mode.ADD)),
        )
        return st.builds(mapped, made, st.lists(users(), max_size=5))

    return st.one_of(source("hr").map(lambda one: [one]), st.tuples(source("hr"), source("ad")).map(list))


def servers() -> st.SearchStrategy[ActualState]:
    """Servers as MyQ would let them be: names, cards and numbers have one owner each."""

    def consistent(drawn: list[tuple[User, str, bool]]) -> ActualState:
        accounts: list[Account] = []
        taken: set[object] = set()
        for user, source, active in drawn:
            claims = {
                user.user_name.casefold(),
                *(("card", card) for card in user.cards),
                *(alias.casefold() for alias in user.aliases),
                *([("number", user.personal_number)] if user.personal_number else []),
            }
            if claims & taken:
                continue
            taken |= claims
            groups = user.groups if active else ()
            accounts.append(
                Account(user._replace(source=source, groups=groups), f"id-{len(accounts)}", active)
            )
        return state(*accounts, groups=GROUPS[:1])

    drawn = st.tuples(users(), st.sampled_from(("hr", "ad", "other", "")), st.booleans())
    return st.lists(drawn, max_size=5).map(consistent)
