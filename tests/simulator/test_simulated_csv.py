"""MyQ's CSV synchronization and export (myq.md sections 2.6, 4, 5, 7 and 9), traps included."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

import pytest

from reconciler.errors import UsageError
from support.simulator import Simulator

HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN\r\n"
ADA = 'Ada Lovelace,"ada,al",ada@x.org,"A1,A2","Staff|IT,Choir",17,"\\\\files\\ada",908172\r\n'
BOB = "Bob,bob,,,,,,\r\n"
ON = {"addNewUsers": True}


def take(simulator: Simulator, text: str, **settings: object) -> dict[str, Any]:
    return simulator.import_csv(text.encode(), **settings)


def messages(report: dict[str, Any]) -> list[str]:
    return [result["message"] for result in report["results"]]


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


class TestIgnoreSource:
    """The identity trap (section 2.6)."""

    def test_section_2_6_off_a_user_of_another_source_is_not_updated(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "ada", "fullname": "Ada", "syncSource": "LDAP"}])
        report = take(simulator, HEADER + ADA + BOB, **ON)
        assert report["counts"] == {"error": 1, "created": 1}
        assert report["results"] == [
            {"line": 2, "level": "error", "message": 'The name/alias "ada" is already used by the user "ada"'}
        ]
        assert simulator.users()["ada"]["fullname"] == "Ada"

    def test_section_2_6_off_an_alias_is_enough(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "eve", "aliases": ["ADA"], "syncSource": "CSV"}])
        report = take(simulator, HEADER + ADA, **ON)
        assert messages(report) == ['The name/alias "ada" is already used by the user "eve"']

    def test_section_2_6_on_the_last_writer_wins(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "ada", "syncSource": "LDAP"}])
        take(simulator, HEADER + ADA, ignoreSynchronizationSource=True)
        assert simulator.users()["ada"]["syncSource"] == "CSV"

    def test_section_5_a_system_user_is_never_matched(self, simulator: Simulator) -> None:
        report = take(
            simulator, HEADER + BOB.replace("bob", "*admin"), **ON, ignoreSynchronizationSource=True
        )
        assert messages(report) == ['The name/alias "*admin" is already used by the user "*admin"']


class TestMissing:
    """Deactivate missing users: no threshold, no question (sections 4.1, 5, 7.2 and 9)."""

    PEOPLE = (
        {"username": "ada", "syncSource": "CSV", "groups": ["Staff"]},
        {"username": "bob", "syncSource": "CSV"},
        {"username": "lea", "syncSource": "LDAP"},
        {"username": "max", "syncSource": ""},
    )

    @pytest.mark.parametrize(
        ("settings", "switches", "left"),
        [
            pytest.param({}, {}, {"ada", "bob", "lea", "max"}, id="off: nobody goes"),
            pytest.param(
                {"deactivateMissingUsers": True}, {}, {"bob", "lea", "max"}, id="only this source's users go"
            ),
            pytest.param(
                {"deactivateMissingUsers": True, "ignoreSynchronizationSource": True},
                {},
                {"bob"},
                id="with ignore synchronization source all others go",
            ),
            pytest.param(
                {"deactivateMissingUsers": True, "ignoreSynchronizationSource": True},
                {"manual_users_fall_under_ignore_source": False},
                {"bob", "max"},
                id="manual users may be spared",
            ),
        ],
    )
    def test_section_9_who_is_missing(
        self,
        simulator: Simulator,
        settings: dict[str, object],
        switches: dict[str, object],
        left: set[str],
    ) -> None:
        simulator.seed(self.PEOPLE)
        simulator.switch(**switches)
        take(simulator, HEADER + BOB, **settings)
        assert active(simulator) == left

    def test_section_5_missing_is_a_soft_delete(self, simulator: Simulator) -> None:
        simulator.seed(self.PEOPLE)
        report = take(simulator, HEADER + BOB, deactivateMissingUsers=True)
        assert messages(report) == ['The user "ada" is missing and was deleted.']
        assert simulator.users()["ada"]["groups"] == []

    def test_section_7_2_an_empty_file_deletes_everybody(self, simulator: Simulator) -> None:
        simulator.seed(self.PEOPLE)
        take(simulator, "", deactivateMissingUsers=True)
        assert active(simulator) == {"lea", "max"}

    def test_a_row_that_is_refused_still_shows_that_the_user_is_there(self, simulator: Simulator) -> None:
        simulator.seed([*self.PEOPLE, {"username": "eve", "cards": ["A1"]}])
        report = take(simulator, HEADER + ADA + BOB, deactivateMissingUsers=True)
        assert messages(report) == ['The card "A1" is already used by the user "eve"']
        assert "ada" in active(simulator)

    @pytest.mark.parametrize(
        ("rule", "names", "deleted"),
        [
            ("undelete", ["ada"], [False]),
            ("recreate", ["ada", "ada"], [True, False]),
            ("refuse", ["ada"], [True]),
        ],
    )
    def test_section_10_a_returning_user(
        self, simulator: Simulator, rule: str, names: list[str], deleted: list[bool]
    ) -> None:
        simulator.seed([{"username": "ada", "syncSource": "CSV", "deleted": True, "cards": ["A1"]}])
        simulator.switch(returning_user=rule)
        take(simulator, HEADER + ADA, **ON)
        people = [user for user in simulator.state()["users"] if not user["system"]]
        assert [user["username"] for user in people] == names
        assert [user["deleted"] for user in people] == deleted

    @pytest.mark.parametrize(("blocks", "accounts"), [(True, 1), (False, 2)])
    def test_section_2_6_a_deleted_user_of_another_source_is_no_returner(
        self,
        simulator: Simulator,
        blocks: bool,  # noqa: FBT001  # a table
        accounts: int,
    ) -> None:
        simulator.seed([{"username": "bob", "syncSource": "LDAP", "deleted": True}])
        simulator.switch(deleted_user_blocks_names=blocks)
        take(simulator, HEADER + BOB, **ON)
        assert len([user for user in simulator.state()["users"] if not user["system"]]) == accounts


class TestGroupsAndPins:
    """What a run does beside the rows."""

    @pytest.mark.parametrize(("switched_on", "default"), [(True, "Staff|IT"), (False, "")])
    def test_section_4_2_the_default_group(
        self,
        simulator: Simulator,
        switched_on: bool,  # noqa: FBT001  # a table
        default: str,
    ) -> None:
        simulator.switch(default_group_from_first_branch=switched_on)
        take(simulator, HEADER + ADA + BOB, **ON)
        assert simulator.users()["ada"]["defaultGroup"] == default

    def test_a_level_without_a_name_is_refused(self, simulator: Simulator) -> None:
        report = take(simulator, HEADER + ADA.replace("Staff|IT", "Staff||IT"), **ON)
        assert messages(report) == ['The group path "Staff||IT" has an empty level.']

    @pytest.mark.parametrize(
        ("rule", "left"),
        [
            ("keep", ["All users", "Kept", "Kept|Sub", "New", "Old", "Old|Sub"]),
            ("delete", ["All users", "Kept", "Kept|Sub", "New"]),
        ],
    )
    def test_section_10_a_group_that_nobody_is_in_any_more(
        self, simulator: Simulator, rule: str, left: list[str]
    ) -> None:
        simulator.seed([{"username": "ada", "syncSource": "CSV", "groups": ["Old", "Old|Sub", "Kept"]}])
        simulator.seed([{"username": "eve", "groups": ["Kept|Sub"]}])
        simulator.switch(emptied_groups=rule)
        take(simulator, TestModes.FULL)
        assert simulator.state()["groups"] == left

    def test_section_5_pins_are_generated_for_users_with_an_email_and_none(
        self, simulator: Simulator
    ) -> None:
        simulator.switch(generate_pins_in_synchronization=True)
        text = "USERNAME_ALIASES,FULLNAME,EMAIL,PIN\r\nada,Ada,a@x,908172\r\nbob,Bob,b@x,\r\ncal,Cal,,\r\n"
        take(simulator, text, **ON)
        users = simulator.users()
        assert users["ada"]["pins"] == ["908172"]
        assert len(users["bob"]["pins"]) == 1
        assert users["cal"]["pins"] == []

    def test_section_5_an_imported_pin_obeys_the_rules_or_is_left_out(self, simulator: Simulator) -> None:
        report = take(simulator, HEADER + ADA.replace("908172", '"123456,774411"'), **ON)
        assert report["counts"] == {"warning": 1, "created": 1}
        assert messages(report) == ["The digits of the PIN rise or fall by a constant step."]
        assert simulator.users()["ada"]["pins"] == ["774411"]

    def test_section_5_a_pin_that_is_there_already_is_not_judged_again(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "ada", "syncSource": "CSV", "pins": ["1234"]}])
        report = take(simulator, TestModes.FULL, cards="ignore", groups="ignore", pin="add")
        assert (report["results"], simulator.users()["ada"]["pins"]) == ([], ["1234", "908172"])

    @pytest.mark.parametrize(("allowed", "pins"), [(True, ["hash:0f"]), (False, [])])
    def test_section_4_2_a_hashed_pin(
        self,
        simulator: Simulator,
        allowed: bool,  # noqa: FBT001  # a table
        pins: list[str],
    ) -> None:
        simulator.switch(csv_pins_may_be_hashed=allowed)
        take(simulator, HEADER + ADA.replace("908172", "hash:0f"), **ON)
        assert simulator.users()["ada"]["pins"] == pins


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


class TestRuns:
    """One run at a time; a cancelled one leaves what it has done (sections 7.1 and 9)."""

    def test_section_7_1_a_second_run_is_refused_and_a_cancelled_one_is_not_undone(
        self, simulator: Simulator
    ) -> None:
        simulator.seed([{"username": "missing", "syncSource": "CSV"}])
        simulator.fault(kind="latency", operation="import", seconds=0.02)
        text = "USERNAME_ALIASES,FULLNAME\r\n" + "".join(f"u{n},U\r\n" for n in range(2000))
        with simulator.importing(text.encode(), **ON, deactivateMissingUsers=True) as run:
            while not simulator.users().keys() - {"missing"}:
                assert not run.done()
            assert simulator.import_report()["running"] is True
            with pytest.raises(UsageError, match="another synchronization is running"):
                take(simulator, HEADER + ADA, **ON)
            simulator.cancel_import()
            report = run.result()
        assert report["cancelled"] is True
        done = len(simulator.users()) - 1
        assert report["counts"] == {"created": done}
        assert 0 < done < 2000
        assert "missing" in active(simulator)
        assert simulator.import_report()["running"] is False
        simulator.clear_faults()
        assert take(simulator, HEADER + ADA, **ON)["counts"] == {"created": 1}

    def test_section_9_a_run_can_be_cancelled_among_the_missing(self, simulator: Simulator) -> None:
        simulator.seed([{"username": f"u{n}", "syncSource": "CSV"} for n in range(2000)])
        simulator.fault(kind="latency", operation="import", seconds=0.02)
        with simulator.importing(b"USERNAME_ALIASES\r\n", deactivateMissingUsers=True) as run:
            while len(active(simulator)) == 2000:
                assert not run.done()
            simulator.cancel_import()
            assert run.result()["cancelled"] is True
        assert 0 < len(active(simulator)) < 2000

    def test_nothing_to_cancel_and_nothing_to_tell(self, simulator: Simulator) -> None:
        simulator.cancel_import()
        assert simulator.import_report() == {"running": False}

    def test_a_row_that_cannot_be_split_ends_the_run(self, simulator: Simulator) -> None:
        simulator.seed([{"username": "ada", "syncSource": "CSV"}])
        text = f"USERNAME_ALIASES,FULLNAME\r\nbob,Bob\r\ncal,{'x' * 200_000}\r\n"
        report = take(simulator, text, **ON, deactivateMissingUsers=True)
        assert report["counts"] == {"created": 1, "error": 1}
        assert messages(report)[0].startswith("The file cannot be read: ")
        assert active(simulator) == {"ada", "bob"}
