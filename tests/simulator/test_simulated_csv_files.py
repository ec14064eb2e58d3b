"""MyQ's CSV files: columns, header rule, settings, modes, export (myq.md section 4), traps included."""

from __future__ import annotations

import hashlib
from typing import ClassVar

import pytest

from reconciler.errors import UsageError
from support.simulator import Simulator, messages, take

HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN\r\n"
ADA = 'Ada Lovelace,"ada,al",ada@x.org,"A1,A2","Staff|IT,Choir",17,"\\\\files\\ada",908172\r\n'
BOB = "Bob,bob,,,,,,\r\n"
ON = {"addNewUsers": True}


def active(simulator: Simulator) -> set[str]:
    return {name for name, user in simulator.users().items() if not user["deleted"]}


def test_section_4_2_the_documented_columns(simulator: Simulator) -> None:
    report = take(simulator, HEADER + ADA, **ON, synchronizationSource="HR")
    assert report == {"cancelled": False, "counts": {"created": 1}, "results": []}
    ada = simulator.users()["ada"]
    assert {name: value for name, value in ada.items() if value} == {
        "id": 6,
        "username": "ada",
        "fullname": "Ada Lovelace",
        "email": "ada@x.org",
        "scanStorage": "\\\\files\\ada",
        "code": "17",
        "syncSource": "HR",
        "aliases": ["al"],
        "cards": ["A1", "A2"],
        "pins": ["908172"],
        "groups": ["Staff|IT", "Choir"],
    }


def test_section_4_2_recalled_columns_and_ones_nobody_knows(simulator: Simulator) -> None:
    text = "USERNAME_ALIASES,FULLNAME,PHONE,LANG,AUTHSERVER,SHOE\r\nada,Ada,7,en,x,42\r\n"
    take(simulator, text, **ON, authenticationServer="dc=x")
    ada = simulator.users()["ada"]
    assert (ada["phone"], ada["lang"], ada["ldapDomain"]) == ("7", "en", "dc=x")


def test_section_2_3_unknown_users_are_left_out_unless_adding_is_on(simulator: Simulator) -> None:
    assert take(simulator, HEADER + ADA)["counts"] == {"left out": 1}
    assert simulator.users() == {}


class TestHeader:
    """The header rule of the two release lines (sections 4.1 and 7.2, hazard 3)."""

    def test_section_4_1_10_1_goes_by_position_and_skips_a_header_when_told(
        self, simulator: Simulator
    ) -> None:
        simulator.switch(release="10.1")
        take(simulator, HEADER + BOB, **ON, skipHeaderLine=True)
        assert set(simulator.users()) == {"bob"}

    def test_section_7_2_10_1_makes_a_user_of_the_header(self, simulator: Simulator) -> None:
        simulator.switch(release="10.1")
        take(simulator, HEADER + BOB, **ON)
        assert set(simulator.users()) == {"USERNAME_ALIASES", "bob"}

    def test_section_7_2_10_1_eats_the_first_user_of_a_file_without_a_header(
        self, simulator: Simulator
    ) -> None:
        simulator.switch(release="10.1")
        take(simulator, ADA + BOB, **ON, skipHeaderLine=True)
        assert set(simulator.users()) == {"bob"}
        take(simulator, "", **ON, skipHeaderLine=True)

    def test_section_4_1_10_2_finds_columns_by_name(self, simulator: Simulator) -> None:
        take(simulator, "USERNAME_ALIASES,CODE,FULLNAME\r\nbob,18,Bob\r\n\r\ncal,19\r\n", **ON)
        assert simulator.users()["bob"]["code"] == "18"

    def test_section_4_1_10_2_goes_by_position_when_told(self, simulator: Simulator) -> None:
        take(simulator, ADA + BOB, **ON, noHeaderLine=True)
        assert set(simulator.users()) == {"ada", "bob"}

    def test_section_7_2_10_2_takes_the_first_user_for_the_header(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "ada", "syncSource": "CSV"}, {"username": "bob", "syncSource": "CSV"}])
        report = take(simulator, ADA + BOB, **ON, deactivateMissingUsers=True)
        assert messages(report)[0] == "The user name is missing."
        assert active(simulator) == set()

    @pytest.mark.parametrize(("stripped", "names"), [(True, {"bob"}), (False, set())])
    def test_section_4_1_a_byte_order_mark(
        self,
        simulator: Simulator,
        stripped: bool,  # noqa: FBT001  # a table
        names: set[str],
    ) -> None:
        simulator.switch(csv_bom_is_stripped=stripped)
        take(simulator, "\ufeffUSERNAME_ALIASES,FULLNAME\r\nbob,Bob\r\n", **ON)
        assert set(simulator.users()) == names


class TestSettings:
    """Encoding, delimiter, case, parent group, pairing (section 4.1)."""

    def test_section_4_1_a_delimiter_is_a_setting(self, simulator: Simulator) -> None:
        text = "FULLNAME;USERNAME_ALIASES\r\nBob;bob\r\n"
        take(simulator, text, **ON, delimiter=";")
        simulator.switch(csv_delimiter=";")
        assert take(simulator, text)["counts"] == {"unchanged": 1}

    def test_section_9_the_wrong_encoding_corrupts_in_silence(self, simulator: Simulator) -> None:
        text = "FULLNAME,USERNAME_ALIASES\r\nZoë,zoe\r\n"
        assert simulator.import_csv(text.encode(), **ON, encoding="windows-1252")["results"] == []
        assert simulator.users()["zoe"]["fullname"] == "ZoÃ«"
        simulator.import_csv(text.encode("windows-1252"), **ON)
        assert simulator.users()["zoe"]["fullname"] == "Zo\ufffd"
        simulator.import_csv(text.encode("utf-16"), **ON, encoding="utf-16")
        assert simulator.users()["zoe"]["fullname"] == "Zoë"

    def test_section_2_3_names_in_lower_case(self, simulator: Simulator) -> None:
        take(
            simulator,
            'FULLNAME,USERNAME_ALIASES\r\nBob,"BOB,Bobby"\r\n',
            **ON,
            convertUserNameToLowercase=True,
        )
        assert simulator.users()["bob"]["aliases"] == ["Bobby"]

    def test_section_7_2_case_makes_duplicates(self, simulator: Simulator) -> None:
        take(simulator, HEADER + BOB + BOB.replace("bob", "BOB"), **ON)
        assert set(simulator.users()) == {"bob", "BOB"}

    def test_section_4_1_groups_are_imported_under_one_that_exists(self, simulator: Simulator) -> None:
        with pytest.raises(UsageError, match="there is no group 'Import'"):
            take(simulator, HEADER + ADA, **ON, importGroupsUnder="Import")
        simulator.seed(groups=["Import"])
        take(simulator, HEADER + ADA, **ON, importGroupsUnder="Import")
        assert simulator.users()["ada"]["groups"] == ["Import|Staff|IT", "Import|Choir"]

    def test_section_2_3_pairing_by_the_personal_number_renames(self, simulator: Simulator) -> None:
        first = simulator.seed([{"username": "ada.old", "code": "17", "syncSource": "CSV"}])
        take(simulator, HEADER + ADA, pairByThePersonalNumber=True)
        assert simulator.users()["ada"]["id"] == first

    def test_section_2_3_the_number_is_used_instead_of_the_name(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "bob", "syncSource": "CSV"}, {"username": "cal", "deleted": True}])
        report = take(simulator, HEADER + BOB, **ON, pairByThePersonalNumber=True)
        assert messages(report) == ['The name/alias "bob" is already used by the user "bob"']

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            pytest.param({"addNewUser": True}, "did you mean 'addNewUsers'", id="a misspelt setting"),
            pytest.param({"addNewUsers": "maybe"}, "addNewUsers cannot be 'maybe'", id="no truth"),
            pytest.param({"groups": "all"}, "allowed: ignore, replace, replaceIfPresent, add", id="no mode"),
            pytest.param({"encoding": "klingon"}, "there is no encoding", id="no encoding"),
            pytest.param({"encoding": "zip"}, "there is no encoding", id="an encoding of no text"),
            pytest.param({"delimiter": ";;"}, "cannot part columns", id="two characters"),
            pytest.param({"delimiter": '"'}, "cannot part columns", id="the quote"),
        ],
    )
    def test_a_setting_that_is_none(
        self, simulator: Simulator, settings: dict[str, object], words: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            take(simulator, HEADER + ADA, **settings)
        assert words in str(caught.value)


class TestModes:
    """The four modes of cards, PIN and groups (section 4.1)."""

    NOW: ClassVar[dict[str, object]] = {"cards": ["C0"], "pins": ["605142"], "groups": ["Old"]}
    FULL = 'USERNAME_ALIASES,CARDS,PIN,GROUPS\r\nada,"C0,C1",908172,New\r\n'
    EMPTY = "USERNAME_ALIASES,CARDS,PIN,GROUPS\r\nada,,,\r\n"
    NEW: ClassVar[dict[str, object]] = {"cards": ["C0", "C1"], "pins": ["908172"], "groups": ["New"]}
    BOTH: ClassVar[dict[str, object]] = {
        "cards": ["C0", "C1"],
        "pins": ["605142", "908172"],
        "groups": ["Old", "New"],
    }
    NONE: ClassVar[dict[str, object]] = {"cards": [], "pins": [], "groups": []}

    @pytest.mark.parametrize(
        ("mode", "text", "after"),
        [
            pytest.param("ignore", FULL, NOW, id="do not synchronize: a value is left out"),
            pytest.param("ignore", EMPTY, NOW, id="do not synchronize: nothing clears nothing"),
            pytest.param("replace", FULL, NEW, id="full synchronization: values replace"),
            pytest.param("replace", EMPTY, NONE, id="full synchronization: an empty source clears"),
            pytest.param("replaceIfPresent", FULL, NEW, id="synchronize if not empty: values replace"),
            pytest.param(
                "replaceIfPresent", EMPTY, NOW, id="synchronize if not empty: an empty source keeps"
            ),
            pytest.param("add", FULL, BOTH, id="add new: values join"),
            pytest.param("add", EMPTY, NOW, id="add new: nothing is deleted"),
            pytest.param(None, EMPTY, NOW, id="the default is synchronize if not empty"),
        ],
    )
    def test_section_4_1(
        self, simulator: Simulator, mode: str | None, text: str, after: dict[str, object]
    ) -> None:
        simulator.seed([{"username": "ada", "syncSource": "CSV", **self.NOW}])
        modes = dict.fromkeys(("cards", "pin", "groups"), mode) if mode else {}
        take(simulator, text, **modes)
        ada = simulator.users()["ada"]
        assert {name: ada[name] for name in self.NOW} == after

    @pytest.mark.parametrize(("clears", "email", "aliases"), [(True, "", []), (False, "a@x.org", ["al"])])
    def test_section_4_1_an_empty_field_of_one_value(
        self,
        simulator: Simulator,
        clears: bool,  # noqa: FBT001  # a table
        email: str,
        aliases: list[str],
    ) -> None:
        simulator.seed(
            [
                {
                    "username": "ada",
                    "fullname": "Ada",
                    "syncSource": "CSV",
                    "email": "a@x.org",
                    "aliases": ["al"],
                }
            ]
        )
        simulator.switch(csv_empty_field_clears=clears)
        take(simulator, "USERNAME_ALIASES,FULLNAME,EMAIL\r\nada,,\r\n")
        ada = simulator.users()["ada"]
        assert (ada["email"], ada["aliases"], ada["fullname"]) == (email, aliases, "Ada")

    def test_a_column_that_the_file_lacks_is_left_alone(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "ada", "syncSource": "CSV", "email": "a@x.org", **self.NOW}])
        take(simulator, "USERNAME_ALIASES\r\nada\r\n", cards="replace", pin="replace", groups="replace")
        ada = simulator.users()["ada"]
        assert {name: ada[name] for name in self.NOW} == self.NOW
        assert ada["email"] == "a@x.org"


class TestExport:
    """The exported user list (section 4.1: it always has a header)."""

    PEOPLE = (
        {
            "username": "ada",
            "fullname": 'Ada "Countess" Lovelace',
            "aliases": ["al"],
            "email": "ada@x.org",
            "cards": ["A1", "A2"],
            "groups": ["Staff|IT", "Choir"],
            "code": "17",
            "scanStorage": "here",
            "pins": ["908172"],
            "phone": "7",
            "lang": "en",
            "syncSource": "HR",
        },
        {"username": "zoë", "fullname": "Zoë"},
        {"username": "gone", "deleted": True},
    )
    ADA_CELLS = '"Ada ""Countess"" Lovelace","ada,al","ada@x.org","A1,A2","Staff|IT,Choir",17,here'

    def test_section_4_2_what_is_more_than_a_word_is_quoted(self, simulator: Simulator) -> None:
        simulator.seed(self.PEOPLE)
        assert simulator.export_csv().decode() == (
            f'{HEADER}{self.ADA_CELLS},908172\r\n"Zoë","zoë",,,,,,\r\n'
        )

    def test_section_4_2_further_columns(self, simulator: Simulator) -> None:
        simulator.seed(self.PEOPLE[:1])
        simulator.switch(csv_export_has_synchronization_source=True)
        header, ada = simulator.export_csv("PHONE", "LANG").decode().splitlines()
        assert header == HEADER.strip() + ",PHONE,LANG,SYNC_SOURCE"
        assert ada == f"{self.ADA_CELLS},908172,7,en,HR"
        with pytest.raises(UsageError, match="no column 'SHOE'"):
            simulator.export_csv("SHOE")

    def test_section_4_1_encoding_and_delimiter(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "zoë", "fullname": "Ωmega"}])
        simulator.switch(csv_export_encoding="windows-1252", csv_delimiter=";")
        assert simulator.export_csv().splitlines()[1] == '"?mega";"zoë";;;;;;'.encode("windows-1252")

    @pytest.mark.parametrize(
        ("form", "cell"),
        [
            ("plain", "908172"),
            ("empty", ""),
            ("hashed", f'"hash:{hashlib.md5(b"908172", usedforsecurity=False).hexdigest()}"'),
        ],
    )
    def test_section_4_2_pins(self, simulator: Simulator, form: str, cell: str) -> None:
        simulator.seed(self.PEOPLE[:1])
        simulator.switch(csv_export_pins=form)
        assert simulator.export_csv().decode().splitlines()[1] == f"{self.ADA_CELLS},{cell}"

    def test_section_4_2_a_hash_is_not_hashed_again(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "ada", "pins": ["hash:0f"]}])
        simulator.switch(csv_export_pins="hashed")
        assert simulator.export_csv().endswith(b'"hash:0f"\r\n')

    def test_an_export_imports_without_a_change(self, simulator: Simulator) -> None:
        simulator.seed(self.PEOPLE)
        settings = {"synchronizationSource": "HR", "ignoreSynchronizationSource": True}
        simulator.import_csv(simulator.export_csv(), **settings)
        before = simulator.state()
        report = simulator.import_csv(simulator.export_csv(), **settings)
        assert report["counts"] == {"unchanged": 2}
        assert simulator.state() == before
