"""What the API does, apart from how it is reached: one function for each operation.

An operation takes its work and the request, and returns the answer's status and content.
Where each is found, the dialects say; those that are not documented exist only while the switch
`undocumented_operations` is on (myq.md sections 6.3 and 9).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from reconciler.simulator import groups, lists, reading, users
from reconciler.simulator.identity import new_pin
from reconciler.simulator.refusal import Conflict, Invalid
from reconciler.simulator.schema import HELD, SCALARS
from reconciler.simulator.speech import Answer, Asked
from reconciler.simulator.work import MASK, Work

_LISTS = (*HELD, "groups")
_OWN = frozenset({*SCALARS, *_LISTS, "defaultGroup"})
_DOCUMENTED = frozenset(reading.DOCUMENTED) - {"syncSource"}
_NOBODY = -1
_DIGITS, _FAR = 18, 10**18
"""Numbers of more digits are taken for one that SQLite can hold, and is as far off."""


def find_users(work: Work, asked: Asked) -> Answer:
    """Answer the documented search."""
    query = {name: value for name, value in asked.query.items() if name in reading.FILTERS}
    if "name" in asked.query:
        query.setdefault("username", asked.query["name"])
    with_groups = asked.query.get("groups", "false").lower() not in {"", "0", "false"}
    found = reading.search(work, query, with_groups=with_groups)
    return Answer({"users": found, "count": len(found)})


def create_user(work: Work, asked: Asked) -> Answer:
    """Create a user."""
    allowed = _OWN if work.switches.undocumented_operations else _DOCUMENTED
    user_id = users.create(work, _fields(work, asked.body, allowed), work.switches.created_again)
    made = users.find(work, user_id).scalars
    return Answer({"id": user_id, "username": made["username"], "fullname": made["fullname"]}, 201)


def generate_pin(work: Work, asked: Asked) -> Answer:
    """Draw a PIN for a user."""
    users.writable(work, asked.id)
    pin = new_pin(work)
    if asked.body.get("deleteOld", False):
        for old in lists.held(work, asked.id, "pins"):
            lists.drop_held(work, asked.id, "pins", old)
    lists.add_held(work, "pins", pin, (asked.id, _NOBODY))
    work.effect(asked.id, {"pins": [None, MASK]})
    return Answer({"pin": pin})


def register_card(work: Work, asked: Asked) -> Answer:
    """Give a user a card."""
    users.writable(work, asked.id)
    given = asked.body.get("card") if work.switches.undocumented_operations else None
    card = str(given) if given else secrets.token_hex(4).upper()
    if card in lists.held(work, asked.id, "cards"):
        raise Conflict(f'The card "{card}" is registered already.')
    if lists.add_held(work, "cards", card, (asked.id, _NOBODY)):
        work.effect(asked.id, {"cards": [None, card]})
    return Answer({"card": card})


def list_users(work: Work, asked: Asked) -> Answer:
    """List all users, a page at a time."""
    found, total = reading.page_of_users(work, *_page(work, asked.query))
    return Answer({"users": found, "count": total})


def get_user(work: Work, asked: Asked) -> Answer:
    """Give the whole of one user."""
    return Answer(reading.one_user(work, asked.id))


def update_user(work: Work, asked: Asked) -> Answer:
    """Change what the body names."""
    users.update(work, asked.id, _fields(work, asked.body, _OWN))
    return get_user(work, asked)


def delete_user(work: Work, asked: Asked) -> Answer:
    """Delete softly."""
    users.delete(work, asked.id)
    return Answer({})


def undelete_user(work: Work, asked: Asked) -> Answer:
    """Take a deletion back."""
    users.undelete(work, asked.id)
    return get_user(work, asked)


def list_groups(work: Work, asked: Asked) -> Answer:
    """List all groups, a page at a time."""
    found, total = groups.page_of_groups(work, *_page(work, asked.query))
    return Answer({"groups": found, "count": total})


def create_group(work: Work, asked: Asked) -> Answer:
    """Create a group by its path."""
    path = _path(asked)
    return Answer({"id": groups.create_group(work, path), "path": path}, 201)


def move_group(work: Work, asked: Asked) -> Answer:
    """Give a group another path."""
    return Answer({"id": asked.id, "path": groups.move_group(work, asked.id, _path(asked))})


def _path(asked: Asked) -> str:
    path = asked.body.get("path")
    if not isinstance(path, str):
        raise Invalid('The field "path" is mandatory.')
    return path


def _page(work: Work, query: Mapping[str, str]) -> tuple[int, int]:
    most = work.switches.page_limit
    texts = (query.get("offset", "0"), query.get("limit", str(most)))
    if not all(text.isascii() and text.isdigit() for text in texts):
        raise Invalid("offset and limit are whole numbers.")
    offset, limit = (int(text) if len(text) <= _DIGITS else _FAR for text in texts)
    return offset, min(limit, most)


def _fields(work: Work, body: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, Any]:
    """Return the fields of a body that is well formed: texts, and lists of texts that are not empty."""
    unknown = [name for name in body if name not in allowed]
    if unknown and work.switches.unknown_fields_refused:
        raise Invalid(f'The field "{unknown[0]}" is unknown.')
    wanted = {name: value for name, value in body.items() if name in allowed}
    for name, value in wanted.items():
        texts = value if name in _LISTS else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise Invalid(f'The field "{name}" has a value of the wrong type.')
        if name in _LISTS and not all(texts):
            raise Invalid(f'The field "{name}" has an empty value.')
    return wanted
