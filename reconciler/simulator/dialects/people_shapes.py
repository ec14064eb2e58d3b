"""What people and teams look like, by name and as a specification tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.simulator.dialects.spoken import Schema, listing, text, texts, thing

SCALARS = {
    "username": "login",
    "fullname": "wholeName",
    "aliases": "otherLogins",
    "email": "mailbox",
    "code": "staffNumber",
    "scanStorage": "scanTarget",
    "phone": "telephone",
    "lang": "preferredTongue",
    "notes": "remark",
    "department": "unit",
    "ldapDomain": "signInDomain",
    "objectId": "directoryGuid",
    "syncSource": "origin",
}
LIVE, REMOVED = "live", "removed"


_FIELDS = {
    "login": text("User name that the person signs in with."),
    "wholeName": text("Full name."),
    "otherLogins": texts("Aliases: further names to sign in with."),
    "mailbox": text("E-mail address."),
    "staffNumber": text("Personal number."),
    "scanTarget": text("Storage for scans."),
    "telephone": text("Phone number."),
    "preferredTongue": text("Language."),
    "remark": text("Notes."),
    "unit": text("Department."),
    "signInDomain": text("Authentication server."),
    "directoryGuid": text("Object ID in the directory."),
    "origin": text("Synchronization source that the person comes from."),
    "costTeam": text("Id of the default group, for accounting.", nullable=True),
    "state": text("Whether the person is removed.", enum=[LIVE, REMOVED]),
}
_NEW = {name: schema for name, schema in _FIELDS.items() if name != "state"}
_TEAM_ID = {"teamId": text("Id of the team (group).")}
_LABEL = {
    "label": text("Name of the team."),
    "above": text("Id of the parent team.", nullable=True),
}

SCHEMAS: Final[Mapping[str, Schema]] = {
    "PersonInput": thing(_FIELDS, "login", "wholeName"),
    "NewPerson": thing(_NEW | {"doorCodes": texts("PINs, never shown again.")}, "login", "wholeName"),
    "Badge": thing({"serial": text("Card number.")}, "serial"),
    "TeamRef": thing(_TEAM_ID),
    "Person": {
        "allOf": [
            {"ref": "PersonInput"},
            thing(
                {
                    "personId": text("Id of the person."),
                    "teams": {
                        "type": "array",
                        "items": {"ref": "TeamRef"},
                        "description": "Groups that the person is a member of.",
                    },
                    "badges": {
                        "type": "array",
                        "items": {"ref": "Badge"},
                        "description": "Cards of the person.",
                    },
                }
            ),
        ]
    },
    "PersonBody": thing({"person": {"ref": "PersonInput"}}, "person"),
    "NewPersonBody": thing({"person": {"ref": "NewPerson"}}, "person"),
    "PersonAnswer": thing({"person": {"ref": "Person"}}),
    "PersonList": listing(
        "members", "Person", following=text("Cursor of the next page; null at the end.", nullable=True)
    ),
    "NewTeam": thing(_LABEL, "label"),
    "TeamMade": thing(_TEAM_ID),
    "Team": thing(_TEAM_ID | _LABEL),
    "TeamList": listing("crews", "Team"),
}
