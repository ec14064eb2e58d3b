"""What is taken for granted of a MyQ server where its Target says nothing."""

from __future__ import annotations

from dataclasses import asdict

from reconciler.core.assumptions import Assumptions


def test_what_nobody_has_looked_up_is_taken_to_be_as_bad_as_it_may_be() -> None:
    """Names clash where they might, nothing is hoped of an export or an import, a return is a question."""
    assert asdict(Assumptions()) == {
        "user_name_case_sensitive": True,
        "aliases_ignore_case": True,
        "deleted_user_blocks_names": True,
        "csv_export_has_synchronization_source": False,
        "csv_empty_field_clears": True,
        "default_group_from_first_branch": False,
        "csv_import_takes_phone_and_language": False,
        "csv_pairing_by_number_renames": False,
        "returning_user": "unknown",
    }
