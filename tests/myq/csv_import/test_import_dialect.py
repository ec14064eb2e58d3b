"""Rows of import files: how each release takes them, and what none of them can say."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.assumptions import Assumptions
from reconciler.core.dialect import DOCUMENTED, Column
from reconciler.core.model import INDEX, Property, User
from reconciler.myq.csv_import.dialect import Dialect, Row, dialect_of

ADA = User(
    "ada",
    "Ada Lovelace",
    ("al",),
    "ada@x.example",
    ("04AF", "7E97"),
    "00123",
    r"\\files\ada",
    "+420 1",
    "cs",
    groups=("Staff", "Staff|IT"),
    default_group="Staff|IT",
)
EVERYTHING = frozenset(INDEX)
FURTHER = Assumptions(csv_import_takes_phone_and_language=True)


def dialect(
    release: str = "10.2",
    delimiter: str = ",",
    encoding: str = "utf-8",
    hidden: frozenset[Property] = frozenset(),
    assumptions: Assumptions = Assumptions(),  # noqa: B008  a frozen value
) -> Dialect:
    return dialect_of(release, delimiter, encoding, EVERYTHING - hidden, assumptions)


def lines(made: Dialect, *rows: Row) -> list[str]:
    return made.content(rows).decode(made.encoding).split("\r\n")


def test_a_whole_user_stands_in_one_row_the_default_group_in_front() -> None:
    assert lines(dialect(), Row(ADA, ("853214",))) == [
        "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN",
        r'"Ada Lovelace","ada,al","ada@x.example","04AF,7E97","Staff|IT,Staff",00123,"\\files\ada",853214',
        "",
    ]


@pytest.mark.parametrize(
    ("made", "columns"),
    [
        pytest.param(dialect("10.1", assumptions=FURTHER), DOCUMENTED, id="by-position-the-documented-ones"),
        pytest.param(dialect("10.2"), DOCUMENTED, id="by-name-the-documented-ones"),
        pytest.param(
            dialect("10.2", assumptions=FURTHER),
            (*DOCUMENTED, Column.PHONE, Column.LANG),
            id="by-name-the-recalled-ones-where-assumed",
        ),
        pytest.param(
            dialect("10.2", hidden=frozenset({Property.EMAIL})),
            tuple(column for column in DOCUMENTED if column is not Column.EMAIL),
            id="by-name-none-that-cannot-be-repeated",
        ),
        pytest.param(
            dialect("10.1", hidden=frozenset({Property.EMAIL})), DOCUMENTED, id="by-position-all-the-same"
        ),
    ],
)
def test_a_release_has_its_columns(made: Dialect, columns: tuple[Column, ...]) -> None:
    assert made.columns == columns


@pytest.mark.parametrize(
    ("made", "repeats"),
    [
        pytest.param(dialect(), True, id="all-is-shown"),
        pytest.param(dialect("10.2", hidden=frozenset({Property.EMAIL})), True, id="the-column-is-left-out"),
        pytest.param(
            dialect("10.1", hidden=frozenset({Property.EMAIL})), False, id="its-place-cannot-be-left-out"
        ),
        pytest.param(
            dialect("10.2", hidden=frozenset({Property.ALIASES})), False, id="aliases-share-a-column"
        ),
        pytest.param(
            dialect("10.1", hidden=frozenset({Property.CARDS, Property.GROUPS})), True, id="modes-spare-lists"
        ),
    ],
)
def test_an_account_is_repeated_where_all_is_shown_that_a_row_says(made: Dialect, *, repeats: bool) -> None:
    assert made.repeats_accounts is repeats


def test_what_could_become_the_default_group_is_not_said_of_who_has_none() -> None:
    first = dialect(assumptions=Assumptions(default_group_from_first_branch=True))
    without = Row(ADA._replace(default_group=""))
    assert '"Staff,Staff|IT"' in lines(dialect(), without)[1]
    assert "Staff" not in lines(first, without)[1]
    assert '"Staff|IT,Staff"' in lines(first, Row(ADA))[1]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        pytest.param(Row(ADA, ("12",)), "", id="nothing"),
        pytest.param(Row(ADA._replace(full_name="A, B|C")), "", id="a-comma-in-one-value"),
        pytest.param(Row(ADA._replace(user_name="a,b")), "the user name holds a comma", id="user-name"),
        pytest.param(Row(ADA._replace(aliases=("a,b",))), "an alias holds a comma", id="alias"),
        pytest.param(Row(ADA._replace(aliases=("a | b",))), "", id="a-bar-in-an-alias"),
        pytest.param(Row(ADA._replace(cards=("1,2",))), "a card holds a comma", id="card"),
        pytest.param(Row(ADA._replace(groups=("Staff|R, D",))), "a group holds a comma", id="group"),
        pytest.param(
            Row(ADA._replace(groups=("Staff | IT",))), "a group begins or ends with white", id="spaced-level"
        ),
        pytest.param(
            Row(ADA._replace(cards=(" 1",))), "a card begins or ends with white space", id="spaced-card"
        ),
        pytest.param(Row(ADA, ("1,2",)), "a PIN holds a comma", id="pin"),
        pytest.param(Row(ADA._replace(email="a\n@x")), "the email holds control characters", id="line-end"),
        pytest.param(
            Row(ADA._replace(full_name="Жук")),
            "the fullName holds a letter that windows-1250 has no place for",
            id="encoding",
        ),
    ],
)
def test_a_row_that_cannot_be_said_is_known_and_its_values_are_not_told(row: Row, fault: str) -> None:
    found = dialect(encoding="windows-1250").fault(row)
    assert found.startswith(fault) if fault else not found
    assert "Жук" not in found


values = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)
listed = st.lists(values, max_size=3, unique=True).map(lambda held: tuple(sorted(filter(None, held))))


@given(
    user=st.builds(
        User,
        user_name=values,
        full_name=values,
        aliases=listed,
        email=values,
        cards=listed,
        personal_number=values,
        scan_storage=values,
        groups=listed,
        default_group=st.just(""),
    ),
    delimiter=st.sampled_from((",", ";", "|", "tab")),
    encoding=st.sampled_from(("utf-8", "utf-16", "windows-1250", "iso-8859-2")),
)
def test_whatever_can_be_said_is_read_back_as_it_was(user: User, delimiter: str, encoding: str) -> None:
    made = dialect(delimiter=delimiter, encoding=encoding)
    row = Row(user)
    if made.fault(row):
        return
    text = made.content([row]).decode(encoding)
    header, cells = csv.reader(io.StringIO(text, newline=""), delimiter=made.delimiter, strict=True)
    said = dict(zip(header, cells, strict=True))
    assert said["FULLNAME"] == user.full_name
    assert said["USERNAME_ALIASES"].split(",") == [user.user_name, *user.aliases]
    assert tuple(filter(None, said["CARDS"].split(","))) == user.cards
    assert tuple(filter(None, said["GROUPS"].split(","))) == user.groups
    assert (said["EMAIL"], said["CODE"], said["SCANSTORAGE"]) == (
        user.email,
        user.personal_number,
        user.scan_storage,
    )
