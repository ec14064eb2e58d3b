"""What the interface of people and teams does with MyQ's users and groups."""

from __future__ import annotations

from typing import Any

from reconciler.simulator import groups, lists, reading, users
from reconciler.simulator import operations as do
from reconciler.simulator.dialects.people_shapes import LIVE, REMOVED, SCALARS
from reconciler.simulator.refusal import Invalid, NotFound
from reconciler.simulator.speech import Answer, Asked, Operation
from reconciler.simulator.work import Work


def number_of(text_: str, mark: str) -> int:
    """Return the number in an id such as ``p-17``; refuse what is none."""
    known = text_.removeprefix(f"{mark}-")
    if known == text_ or not (known.isascii() and known.isdigit() and len(known) < 18):  # noqa: PLR2004  64 bits
        raise NotFound(f'There is nothing with the id "{text_}".')
    return int(known)


def with_teams(operation: Operation) -> Operation:
    """Return an operation whose answer also knows the teams, by their path."""

    def run(work: Work, asked: Asked) -> Answer:
        answer = operation(work, asked)
        rows = work.db.execute("SELECT path, id FROM groups").fetchall()
        return answer._replace(content=answer.content | {"teams": dict(rows)})

    return run


def list_people(work: Work, asked: Asked) -> Answer:
    """List people, those who are removed only when they are asked for."""
    answer = do.list_users(work, asked)
    if asked.query.get("withRemoved") == "true":
        return answer
    there = [user for user in answer.content["users"] if not user["deleted"]]
    return answer._replace(content=answer.content | {"users": there, "seen": len(answer.content["users"])})


def find_person(work: Work, asked: Asked) -> Answer:
    """Give the person with a login."""
    found = do.find_users(work, asked).content["users"]
    if not found:
        raise NotFound(f'There is nobody with the login "{asked.query["username"]}".')
    return Answer(reading.one_user(work, found[0]["id"]))


def create_person(work: Work, asked: Asked) -> Answer:
    """Add a person."""
    made = do.create_user(work, asked._replace(body=_placed(work, asked.body)))
    return Answer(reading.one_user(work, made.content["id"]), 201)


def replace_person(work: Work, asked: Asked) -> Answer:
    """Make a person what the body says; what it does not say is emptied."""
    body = dict(asked.body)
    state = body.pop("state", LIVE)
    if state not in {LIVE, REMOVED}:
        raise Invalid('The field "state" is either "live" or "removed".')
    if "pins" in body:
        raise Invalid('The field "doorCodes" is for new people.')
    now = users.find(work, asked.id)
    if state == REMOVED:
        users.delete(work, asked.id)
        return do.get_user(work, asked)
    if now.deleted:
        users.undelete(work, asked.id)
    blank: dict[str, Any] = {name: [] if name == "aliases" else "" for name in SCALARS}
    return do.update_user(work, asked._replace(body=blank | {"defaultGroup": ""} | _placed(work, body)))


def _placed(work: Work, body: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """Return a body with the path of the team that is named by its id."""
    if "costTeam" not in body:
        return dict(body)
    team = body["costTeam"]
    path = "" if team is None else _path_of(work, number_of(str(team), "t"))
    return {name: value for name, value in body.items() if name != "costTeam"} | {"defaultGroup": path}


def _path_of(work: Work, team: int) -> str:
    row = work.db.execute("SELECT path FROM groups WHERE id = ?", (team,)).fetchone()
    if row is None:
        raise NotFound(f"There is no team {team}.")
    return str(row[0])


def join(work: Work, asked: Asked) -> Answer:
    """Make a person a member of a team."""
    held = list(lists.memberships(work, asked.id).values())
    path = _path_of(work, number_of(str(asked.body["team"]), "t"))
    if path not in held:
        users.update(work, asked.id, {"groups": [*held, path]})
    return Answer({})


def leave(work: Work, asked: Asked) -> Answer:
    """Take a person out of a team."""
    held = list(lists.memberships(work, asked.id).values())
    path = _path_of(work, number_of(str(asked.body["team"]), "t"))
    users.update(work, asked.id, {"groups": [one for one in held if one != path]})
    return Answer({})


def take_badge(work: Work, asked: Asked) -> Answer:
    """Take a badge from a person."""
    held = lists.held(work, asked.id, "cards")
    serial = str(asked.body["card"])
    if serial not in held:
        raise NotFound("There is no such badge.")
    users.update(work, asked.id, {"cards": [one for one in held if one != serial]})
    return Answer({})


def list_teams(work: Work, asked: Asked) -> Answer:
    """List teams, each with its parent."""
    answer = do.list_groups(work, asked)
    parents = dict(work.db.execute("SELECT id, parent FROM groups").fetchall())
    entries = [group | {"parent": parents[group["id"]]} for group in answer.content["groups"]]
    return answer._replace(content=answer.content | {"groups": entries})


def make_team(work: Work, asked: Asked) -> Answer:
    """Create a team."""
    path = _wanted(work, asked)
    return Answer({"team": groups.create_group(work, path), "path": path}, 201)


def change_team(work: Work, asked: Asked) -> Answer:
    """Rename or move a team."""
    return Answer({"team": asked.id, "path": groups.move_group(work, asked.id, _wanted(work, asked))})


def _wanted(work: Work, asked: Asked) -> str:
    label, above = asked.body.get("label"), asked.body.get("above")
    if not isinstance(label, str) or not label or "|" in label:
        raise Invalid('The field "label" is mandatory.')
    return label if above is None else f"{_path_of(work, number_of(str(above), 't'))}|{label}"
