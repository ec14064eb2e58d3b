"""Load entries into a Samba database that no server has open.

Run by the system's Python, which has Samba's modules, as ``samba_load.py SMB_CONF DATABASE < steps.json``:
a list of ``["add", dn, {attribute: [values]}]``, ``["replace", dn, {...}]``, ``["primary", dn, group]`` and
``["password", login, text]``.
"""

from __future__ import annotations

import json
import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

SOME = 500
"""Steps of one transaction: more of them slow down."""


def main(configuration: str, database: str) -> None:
    parameters = LoadParm()
    parameters.load(configuration)
    samdb = SamDB(url=database, session_info=system_session(), lp=parameters)
    steps = json.load(sys.stdin)
    for start in range(0, len(steps), SOME):
        samdb.transaction_start()
        for kind, name, content in steps[start : start + SOME]:
            if kind == "add":
                samdb.add({"dn": name, **content})
            elif kind == "replace":
                samdb.modify(_replacing(samdb, name, content))
            elif kind == "primary":
                samdb.modify(_replacing(samdb, name, {"primaryGroupID": [_relative_id(samdb, content)]}))
            else:
                samdb.setpassword(f"(sAMAccountName={name})", content)
        samdb.transaction_commit()


def _relative_id(samdb: SamDB, group: str) -> str:
    (found,) = samdb.search(group, ldb.SCOPE_BASE, attrs=["objectSid"])
    return str(samdb.schema_format_value("objectSid", found["objectSid"][0])).rpartition("-")[2].rstrip("'")


def _replacing(samdb: SamDB, dn: str, content: dict[str, list[str]]) -> ldb.Message:
    message = ldb.Message()
    message.dn = ldb.Dn(samdb, dn)
    for name, values in content.items():
        message[name] = ldb.MessageElement(values, ldb.FLAG_MOD_REPLACE, name)
    return message


main(*sys.argv[1:])
