"""Runs of the CSV synchronization: whom they touch, whom they delete (myq.md sections 2.6, 5, 7, 9)."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from support.simulator import Simulator, messages, take

HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN\r\n"
ADA = 'Ada Lovelace,"ada,al",ada@x.org,"A1,A2","Staff|IT,Choir",17,"\\\\files\\ada",908172\r\n'
BOB = "Bob,bob,,,,,,\r\n"
ON = {"addNewUsers": True}


NEW_GROUP = "USERNAME_ALIASES,PIN,GROUPS\r\nada,908172,New\r\n"


def active(simulator: Simulator) -> set[str]:
    return {name for name, user in simulator.users().items() if not user["deleted"]}


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
        take(simulator, NEW_GROUP)
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
        report = take(simulator, NEW_GROUP, pin="add")
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
