"""What is read of a real OpenLDAP, and what proves that it was all."""

from __future__ import annotations

import pytest

from support.ldap_people import ADA
from support.ldap_source import read_source, slapd_settings
from support.slapd import Slapd

pytestmark = pytest.mark.slapd


def test_everybody_is_read_with_what_was_asked(organization: Slapd) -> None:
    outcome = read_source(slapd_settings(organization), "uid", "cn", "departmentNumber", "employeeNumber")
    assert outcome.records[ADA] == ("ada", "Ada Lovelace", ("IT", "IT Support", "Maths"), "00123")
