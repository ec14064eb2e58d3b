"""The actual state, read from an exported list of users."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.dialect import Header, join_branches, join_names, join_values
from reconciler.core.model import Account, ActualState, Property, User
from reconciler.errors import TargetError
from reconciler.myq.export import read_export

HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN"
EXPORT = (
    f"{HEADER}\n"
    '"Tom Sawyer","tom,tomy,apple","tom@example.com","7E97,0A0B,7E97","Staff|Boys,Site|North",00123,'
    '"\\Users\\tom",1234\n'
    '"*admin",*admin,,,Rights|All,,,"9999"\n'
    "Ada,ada,,,,,,\n"
)


def export(folder: Path, text: str = EXPORT, **settings: object) -> ActualState:
    path = folder / "users.csv"
    path.write_text(text, encoding="utf-8", newline="")
    options = {"delimiter": ",", "encoding": "utf-8", "header": Header.NAMES, "has_source": False, **settings}
    return read_export(path, **options)


def test_accounts_are_what_the_export_says(tmp_path: Path) -> None:
    assert export(tmp_path).accounts == (
        Account(
            User(
                "tom",
                full_name="Tom Sawyer",
                aliases=("apple", "tomy"),
                email="tom@example.com",
                cards=("0A0B", "7E97"),
                personal_number="00123",
                scan_storage="\\Users\\tom",
                groups=("Site|North", "Staff|Boys"),
            )
        ),
        Account(User("ada", full_name="Ada")),
    )


def test_groups_are_all_paths_and_what_stands_above_them(tmp_path: Path) -> None:
    assert export(tmp_path).groups == {
        "Staff",
        "Staff|Boys",
        "Site",
        "Site|North",
        "Rights",
        "Rights|All",
    }


def test_an_export_says_nothing_of_deleted_accounts_nor_of_sources(tmp_path: Path) -> None:
    state = export(tmp_path)
    assert not state.knows_deleted
    assert not state.knows_source
    assert all(account.active and not account.id for account in state.accounts)


def test_pins_are_passed_over(tmp_path: Path) -> None:
    state = export(tmp_path)
    assert Property.PINS not in state.readable
    assert "1234" not in repr(state)


@pytest.mark.parametrize(
    ("columns", "readable"),
    [
        pytest.param("USERNAME_ALIASES", {Property.USER_NAME, Property.ALIASES}, id="names alone"),
        pytest.param(
            "EMAIL,USERNAME_ALIASES",
            {Property.USER_NAME, Property.ALIASES, Property.EMAIL},
            id="an e-mail address too",
        ),
        pytest.param(
            "LANG,USERNAME_ALIASES,AUTHSERVER,PIN,PHONE,UNHEARD",
            {Property.USER_NAME, Property.ALIASES, Property.LANGUAGE, Property.PHONE},
            id="what further columns hold is taken where it is known",
        ),
    ],
)
def test_only_properties_with_a_column_are_readable(
    tmp_path: Path, columns: str, readable: set[Property]
) -> None:
    names = columns.split(",")
    row = ",".join("ada" if name == "USERNAME_ALIASES" else "x" for name in names)
    assert export(tmp_path, f"{columns}\n{row}\n").readable == readable


@pytest.mark.parametrize(
    ("columns", "has_source", "source"),
    [
        pytest.param("SYNC_SOURCE", True, "hr", id="the column is there and meant"),
        pytest.param("SYNC_SOURCE", False, "", id="the column is there and not meant"),
        pytest.param("SOURCE", True, "", id="the column is not there"),
    ],
)
def test_the_synchronization_source_is_known_by_assumption_only(
    tmp_path: Path, columns: str, has_source: object, source: str
) -> None:
    state = export(tmp_path, f"USERNAME_ALIASES,{columns}\nada,hr\n", has_source=has_source)
    assert [account.user.source for account in state.accounts] == [source]
    assert state.knows_source is bool(source)
    assert (Property.SYNCHRONIZATION_SOURCE in state.readable) is bool(source)


def test_an_export_without_its_header_line_is_read_by_position(tmp_path: Path) -> None:
    without = EXPORT.partition("\n")[2]
    assert export(tmp_path, without, header=Header.NONE) == export(tmp_path)
    assert export(tmp_path, header=Header.SKIP) == export(tmp_path)


def test_other_delimiters_and_encodings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_bytes("FULLNAME;USERNAME_ALIASES\nŽofie;zofie,žo\n".encode("cp1250"))
    state = read_export(path, delimiter=";", encoding="windows-1250", header=Header.NAMES, has_source=False)
    assert state.accounts == (Account(User("zofie", full_name="Žofie", aliases=("žo",))),)


def test_a_server_without_users_is_no_fault(tmp_path: Path) -> None:
    state = export(tmp_path, HEADER + "\n")
    assert (state.accounts, state.groups) == ((), frozenset())
    assert Property.CARDS in state.readable


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        pytest.param("", "users.csv", "the file is empty", id="no byte at all"),
        pytest.param("NAME,MAIL\nx,y\n", "users.csv:1", "there is no column 'USERNAME'", id="no user names"),
        pytest.param(
            EXPORT + "Ada L,ada,,,,,,\n",
            "users.csv:5",
            "the account 'ada' stands at users.csv:4 already",
            id="a name twice",
        ),
        pytest.param(
            EXPORT + "Nobody,,,,,,,\n", "users.csv:5", "an account without a user name", id="no name"
        ),
        pytest.param(EXPORT + "Eve,eve\n", "users.csv:5", "2 fields where 8 belong", id="a row cut short"),
        pytest.param(
            EXPORT + "Eve,eve,,,,,,", "users.csv:5", "the last line has no line end", id="a file cut short"
        ),
    ],
)
def test_a_doubtful_export_is_refused(tmp_path: Path, text: str, where: str, message: str) -> None:
    with pytest.raises(TargetError) as caught:
        export(tmp_path, text)
    assert caught.value.where == where
    assert message in caught.value.message
    assert caught.value.hint


def test_a_missing_export_is_the_targets_fault(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="cannot be read") as caught:
        read_export(
            tmp_path / "users.csv", delimiter=",", encoding="utf-8", header=Header.NAMES, has_source=False
        )
    assert caught.value.exit_code == 6


words = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=6).map(
    partial(normalize, "NFC")
)
paths = st.lists(words, min_size=1, max_size=3).map("|".join)


@given(
    st.lists(
        st.tuples(words, st.sets(words, max_size=3), st.sets(words, max_size=3), st.sets(paths, max_size=3)),
        min_size=1,
        max_size=6,
        unique_by=lambda person: person[0],
    )
)
def test_accounts_survive_an_export(
    tmp_path_factory: pytest.TempPathFactory,
    people: list[tuple[str, set[str], set[str], set[str]]],
) -> None:
    rows = "".join(
        f'"{join_names(name, aliases)}","{join_values(cards)}","{join_branches(groups)}"\n'
        for name, aliases, cards, groups in people
    )
    state = export(tmp_path_factory.getbasetemp(), f"USERNAME_ALIASES,CARDS,GROUPS\n{rows}")
    assert [account.user for account in state.accounts] == [
        User(name, aliases=_sorted(aliases), cards=_sorted(cards), groups=_sorted(groups))
        for name, aliases, cards, groups in people
    ]


def _sorted(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(values))
