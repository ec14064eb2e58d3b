"""What an import cannot do is known at plan time, and what has to wait is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, FieldChange, Value
from reconciler.core.model import INDEX, Account, Property, User
from reconciler.core.rules import Mode
from reconciler.myq.csv_import.compose import Composed, compose
from reconciler.myq.csv_import.dialect import dialect_of
from reconciler.myq.csv_import.people import CsvTarget
from reconciler.myq.csv_import.reach import lacking
from reconciler.myq.csv_import.words import instructions, settings_name
from support.world import state

ADA = User("ada", "Ada", ("al",), "a@x", ("C1",), "1", groups=("Staff",), default_group="Staff", source="hr")
BOB = User("bob", "Bob", personal_number="", groups=("Staff",), source="hr", authentication_server="old.x")
CY = User("cy", "Cy", personal_number="3", source="other")
GONE = User("dee", "Dee", source="hr")
EVERYTHING = Assumptions(
    default_group_from_first_branch=True,
    csv_import_takes_phone_and_language=True,
    csv_pairing_by_number_renames=True,
    returning_user="undelete",
)


def site(
    assumptions: Assumptions = Assumptions(),  # noqa: B008  a frozen value
    release: str = "10.2",
    hidden: frozenset[Property] = frozenset(),
    more: tuple[User, ...] = (),
    pins: dict[str, tuple[str, ...]] | None = None,
) -> CsvTarget:
    accounts = [Account(user, user.user_name) for user in (ADA, BOB, CY, *more)]
    actual = state(*accounts, Account(GONE, "dee", active=False))
    actual = actual._replace(readable=frozenset(INDEX) - hidden)
    return CsvTarget(
        dialect_of(release, ",", "utf-8", actual.readable, assumptions),
        actual,
        assumptions,
        {"people": "hr", "guests": "guests"},
        pins or {},
    )


def changed(
    name: str, *fields: tuple[str, Value, Value], action: Action = Action.UPDATE, source: str = "hr"
) -> Change:
    made = tuple(FieldChange(*one) for one in fields)
    new = action is Action.CREATE
    return Change(
        action,
        name,
        made,
        source="people" if source == "hr" else source,
        account_id="" if new else name,
        account_source="" if new else source,
    )


def created(name: str, *fields: tuple[str, Value, Value]) -> Change:
    return changed(name, ("userName", "", name), *fields, action=Action.CREATE)


def removed(name: str) -> Change:
    return changed(name, action=Action.DEACTIVATE)


def renamed(name: str, new: str) -> Change:
    return changed(name, ("userName", name, new), action=Action.REKEY)


EMAIL = ("email", "", "new@x")
MAILED = changed("ada", ("email", "a@x", "new@x"))


@pytest.mark.parametrize(
    ("change", "assumptions", "why"),
    [
        pytest.param(MAILED, Assumptions(), "", id="another-value"),
        pytest.param(changed("ada", ("email", "a@x", "")), Assumptions(), "", id="a-value-that-goes"),
        pytest.param(
            changed("ada", ("email", "a@x", "")),
            Assumptions(csv_empty_field_clears=False),
            "see `csvEmptyFieldClears`",
            id="a-value-that-an-empty-cell-may-leave",
        ),
        pytest.param(
            changed("ada", ("aliases", ("al",), ())),
            Assumptions(csv_empty_field_clears=False),
            "see `csvEmptyFieldClears`",
            id="aliases-that-an-empty-cell-may-leave",
        ),
        pytest.param(
            changed("ada", ("fullName", "Ada", "")), Assumptions(), "MyQ wants a full name", id="full-name"
        ),
        pytest.param(
            changed("bob", ("authenticationServer", "old.x", "")),
            Assumptions(),
            "takes nobody's authentication server",
            id="server-taken-away",
        ),
        pytest.param(
            changed("ada", ("notes", "", "x")), EVERYTHING, "no column of its CSV for notes", id="notes"
        ),
        pytest.param(
            created("eve", ("objectId", "", "7")),
            EVERYTHING,
            "no column of its CSV for objectId",
            id="object",
        ),
        pytest.param(
            changed("ada", ("phone", "", "1")), Assumptions(), "no column of its CSV for phone", id="phone"
        ),
        pytest.param(changed("ada", ("phone", "", "1")), EVERYTHING, "", id="phone-where-assumed"),
        pytest.param(
            changed("ada", ("groups", ("Staff",), ("IT", "Staff")), ("defaultGroup", "Staff", "IT")),
            Assumptions(),
            "see `defaultGroupFromFirstBranch`",
            id="default-group",
        ),
        pytest.param(
            changed("ada", ("groups", ("Staff",), ("IT", "Staff")), ("defaultGroup", "Staff", "IT")),
            EVERYTHING,
            "",
            id="default-group-where-assumed",
        ),
        pytest.param(
            changed("bob", ("groups", ("Staff",), ("IT", "Staff"))),
            EVERYTHING,
            "the first of its groups would become the default group",
            id="no-default-group-among-groups",
        ),
        pytest.param(
            changed("ada", ("groups", ("Staff",), ())),
            EVERYTHING,
            "out of all groups and the default group",
            id="out-of-all-groups",
        ),
        pytest.param(
            changed("ada", ("groups", ("Staff",), ())), Assumptions(), "", id="out-of-all-groups-else"
        ),
        pytest.param(
            changed("ada", ("aliases", ("al",), ("al", "x,y"))),
            EVERYTHING,
            "an alias holds a comma",
            id="comma",
        ),
        pytest.param(renamed("ada", "eva"), Assumptions(), "see `csvPairingByNumberRenames`", id="rename"),
        pytest.param(renamed("ada", "eva"), EVERYTHING, "", id="rename-where-assumed"),
        pytest.param(
            renamed("bob", "rob"),
            EVERYTHING,
            "by the personal number, which this account lacks",
            id="no-number",
        ),
        pytest.param(
            changed("dee", EMAIL, action=Action.REACTIVATE), Assumptions(), "see `returningUser`", id="return"
        ),
        pytest.param(
            changed("dee", EMAIL, action=Action.REACTIVATE), EVERYTHING, "", id="return-where-assumed"
        ),
        pytest.param(
            changed("dee", ("userName", "dee", "d"), action=Action.REACTIVATE),
            EVERYTHING,
            "finds a deleted user by its name",
            id="return-under-another-name",
        ),
        pytest.param(
            changed("cy", EMAIL, source="other"),
            EVERYTHING,
            "no synchronization source of this",
            id="foreign",
        ),
        pytest.param(
            changed("ada", ("synchronizationSource", "guests", "hr")),
            EVERYTHING,
            "leaves alone who belongs to another",
            id="adopt",
        ),
        pytest.param(removed("ada"), Assumptions(), "", id="removal"),
        pytest.param(
            Change(Action.GROUP_MOVE, "Staff", (FieldChange("path", "Staff", "People"),)),
            EVERYTHING,
            "moves no group",
            id="group-move",
        ),
        pytest.param(Change(Action.GROUP_CREATE, "New"), EVERYTHING, "nobody of this plan joins", id="group"),
    ],
)
def test_a_change_is_known_to_be_possible_or_not(change: Change, assumptions: Assumptions, why: str) -> None:
    found = lacking(site(assumptions), [change])
    assert why in found[change.id] if why else found == {}


def test_the_changes_of_one_account_are_looked_at_together() -> None:
    both = [renamed("ada", "eva"), changed("ada", ("personalNumber", "1", "2"))]
    assert list(lacking(site(EVERYTHING), both)) == ["rekey/ada"]


def test_who_has_what_no_row_can_say_and_no_import_can_take_away_is_not_changed_at_all() -> None:
    eve = User("eve", "Eve", ("z,z",), "e@x", personal_number="9", source="hr")
    kept = replace(EVERYTHING, csv_empty_field_clears=False)
    cleared = changed("eve", ("aliases", ("z,z",), ()))
    changes = [renamed("eve", "eva"), cleared, MAILED]
    found = lacking(site(kept, more=(eve,)), changes)
    assert sorted(found) == ["rekey/eve", "update/eve"]
    assert "an alias holds a comma" in found["rekey/eve"]
    assert lacking(site(EVERYTHING, more=(eve,)), changes) == {}
    needing = [
        renamed("eve", "eva"),
        cleared._replace(needs=("update/ada",)),
        changed("ada", ("notes", "", "x")),
    ]
    assert sorted(lacking(site(EVERYTHING, more=(eve,)), needing)) == ["rekey/eve", "update/ada"]


def test_a_group_is_made_with_those_who_join_it_and_below_it() -> None:
    group, parent = Change(Action.GROUP_CREATE, "New|One"), Change(Action.GROUP_CREATE, "New")
    joining = created("eve", ("groups", (), ("New|One",)))
    assert lacking(site(), [parent, group, joining]) == {}
    alone = [parent, group, created("eve", ("groups", (), ("New|One",)), ("notes", "", "x"))]
    assert set(lacking(site(), alone)) == {group.id, parent.id, "create/eve"}


@pytest.mark.parametrize(
    ("release", "hidden", "change", "why"),
    [
        pytest.param("10.2", Property.EMAIL, MAILED, "does not show email", id="its-own-column"),
        pytest.param("10.2", Property.EMAIL, created("eve", EMAIL), "does not show email", id="of-a-new-one"),
        pytest.param("10.2", Property.EMAIL, removed("ada"), "", id="the-column-is-left-out"),
        pytest.param("10.1", Property.EMAIL, removed("ada"), "would clear it", id="a-place-is-not-left-out"),
        pytest.param("10.1", Property.EMAIL, created("eve", EMAIL), "", id="a-new-one-has-nothing-to-lose"),
        pytest.param("10.2", Property.ALIASES, MAILED, "does not show aliases", id="aliases"),
    ],
)
def test_what_is_not_shown_is_not_cleared(release: str, hidden: Property, change: Change, why: str) -> None:
    found = lacking(site(release=release, hidden=frozenset({hidden})), [change])
    assert why in found[change.id] if why else found == {}


def test_several_authentication_servers_are_not_set_by_one_import() -> None:
    one, other = (
        changed(name, ("authenticationServer", was, to))
        for name, was, to in (("ada", "", "one.x"), ("bob", "old.x", "two.x"))
    )
    assert lacking(site(), [one]) == {}
    assert set(lacking(site(), [one, other])) == {one.id, other.id}


def test_nobody_is_removed_where_one_who_stays_cannot_be_repeated() -> None:
    spoilt = User("fay", "Fay", cards=("1,2",), source="hr")
    why = lacking(site(more=(spoilt,)), [removed("ada"), removed("fay")])
    assert list(why) == ["deactivate/ada"]
    assert "1 of those who stay cannot be in it: a card holds a comma" in why["deactivate/ada"]


def waiting(made: Composed) -> dict[str, str]:
    return {id_: why.partition(";")[0] for id_, why in made.waiting.items()}


def test_one_who_is_renamed_and_one_without_a_number_are_not_in_one_run() -> None:
    made = compose(site(EVERYTHING), [renamed("ada", "eva"), changed("bob", EMAIL), created("eve")])
    assert waiting(made) == dict.fromkeys(
        ("update/bob", "create/eve"), "this import finds accounts by personal numbers"
    )
    assert made.imports["hr"].settings.pair_by_the_personal_number


def test_a_removal_waits_while_one_who_stays_has_no_number_to_be_found_by() -> None:
    made = compose(
        site(EVERYTHING, more=(ADA._replace(user_name="fay", personal_number="9"),)),
        [renamed("ada", "eva"), removed("fay")],
    )
    assert waiting(made) == {
        "deactivate/fay": "1 of those who stay cannot be in this import, which would delete them"
    }
    assert made.imports["hr"].left_out == ("bob",)
    assert [row.user.user_name for row in made.imports["hr"].rows] == ["eva", "fay"]


def test_what_needs_what_waits_waits_too() -> None:
    first = changed("ada", ("cards", ("C1",), ()))
    second = changed("bob", ("cards", (), ("C1",)))._replace(needs=(first.id,))
    third = created("eve")._replace(needs=(second.id,))
    made = compose(site(), [first, second, third])
    assert set(made.waiting) == {second.id, third.id}
    assert made.imports["hr"].changes == (first,)


@pytest.mark.parametrize(
    ("changes", "cards", "groups"),
    [
        pytest.param([MAILED], Mode.IGNORE, Mode.IGNORE, id="nothing-of-them"),
        pytest.param(
            [changed("ada", ("cards", ("C1",), ("C1", "C2")))], Mode.ADD, Mode.IGNORE, id="one-more"
        ),
        pytest.param(
            [changed("ada", ("cards", ("C1",), ("C2",)))], Mode.REPLACE_IF_PRESENT, Mode.IGNORE, id="another"
        ),
        pytest.param([changed("ada", ("cards", ("C1",), ()))], Mode.REPLACE, Mode.IGNORE, id="none-left"),
        pytest.param(
            [
                changed("ada", ("groups", ("Staff",), ())),
                changed("bob", ("groups", ("Staff",), ("IT", "Staff"))),
            ],
            Mode.IGNORE,
            Mode.REPLACE,
            id="the-strongest-that-one-needs",
        ),
        pytest.param([removed("ada")], Mode.IGNORE, Mode.IGNORE, id="a-removal-takes-groups-by-itself"),
    ],
)
def test_an_import_has_the_mode_that_does_the_least(changes: list[Change], cards: Mode, groups: Mode) -> None:
    settings = compose(site(), changes).imports["hr"].settings
    assert (settings.cards, settings.pin, settings.groups) == (cards, Mode.IGNORE, groups)


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        pytest.param([MAILED], Mode.IGNORE, id="nothing-of-them"),
        pytest.param([changed("ada", ("defaultGroup", "", "Staff"))], Mode.REPLACE_IF_PRESENT, id="default"),
        pytest.param(
            [changed("ada", ("groups", ("Staff",), ("IT", "Staff")))], Mode.REPLACE_IF_PRESENT, id="one-more"
        ),
    ],
)
def test_where_the_first_branch_is_the_default_groups_are_never_only_added(
    changes: list[Change], groups: Mode
) -> None:
    assert compose(site(EVERYTHING), changes).imports["hr"].settings.groups is groups


def test_the_words_count_what_the_run_does_and_name_who_is_left_out() -> None:
    names = [f"p{number:02}" for number in range(25)]
    more = tuple(User(name, "P", cards=("1,2",), source="hr") for name in names)
    target = site(more=more, pins={"eve": ("853214",), "zoe": ("853215",)})
    made = compose(target, [created("eve"), created("zoe"), MAILED]).imports["hr"]
    words = instructions("users.csv", made, "sha256:abc", knows_source=True)
    assert "- 2 users are created\n- 1 user is changed\n- 4 users are in the file\n" in words
    assert "since it cannot hold them: p00, p01," in words
    assert "p19, ...\n" in words
    assert "p20" not in words
    assert "users.csv holds PINs" in words
    assert "853214" not in words
    assert settings_name("out/users.csv") == "out/users.csv.settings.txt"


def test_a_name_in_the_words_does_nothing_to_a_terminal() -> None:
    evil = User("a\x1b[31m", "P", cards=("1,2",), source="hr")
    made = compose(site(more=(evil,)), [MAILED]).imports["hr"]
    assert "\x1b" not in instructions("users.csv", made, "sha256:abc", knows_source=True)


def blind(target: CsvTarget) -> CsvTarget:
    """Return the site as an export shows it that hides owners."""
    accounts = tuple(one._replace(user=one.user._replace(source="")) for one in target.actual.accounts)
    return replace(target, actual=target.actual._replace(accounts=accounts, knows_source=False))


def test_nobody_is_removed_where_nobody_knows_who_would_stay() -> None:
    removal = removed("ada")._replace(account_source="")
    target = blind(site())
    assert "nobody knows whose accounts these are" in lacking(target, [removal])[removal.id]
    # Nor would it be, had it come through.
    made = compose(target, [removal, MAILED._replace(name="bob", account_id="bob")])
    assert waiting(made) == {
        removal.id: "some of those who stay cannot be in this import, which would delete them"
    }
    assert not made.imports["hr"].settings.deactivate_missing_users


def test_where_owners_are_hidden_an_account_is_taken_for_that_of_who_asks() -> None:
    target, change = blind(site()), MAILED._replace(account_source="")
    assert lacking(target, [change]) == {}
    assert list(compose(target, [change]).imports) == ["hr"]
    assert "no synchronization source" in lacking(target, [change._replace(source="")])[change.id]
    assert "no synchronization source" in lacking(site(), [change])[change.id]


def test_a_source_whose_changes_all_wait_has_no_import() -> None:
    first = changed("ada", ("cards", ("C1",), ()))
    second = changed("gus", ("userName", "", "gus"), action=Action.CREATE, source="guests")
    made = compose(site(), [first, second._replace(needs=(first.id,))])
    assert list(made.imports) == ["hr"]
    assert list(made.waiting) == [second.id]
