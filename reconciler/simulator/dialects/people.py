"""A made-up interface that shares no path and no field with the built-in one.

People have ids that are texts and are replaced whole; lists go on by a cursor or by a link; membership of
teams and badges are resources of their own; a person who goes is marked as removed.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from reconciler.simulator import operations as do
from reconciler.simulator.dialects import people_work as people
from reconciler.simulator.dialects.people_shapes import LIVE, REMOVED, SCALARS, SCHEMAS
from reconciler.simulator.dialects.spoken import Spoken, at, number, understood
from reconciler.simulator.refusal import Invalid
from reconciler.simulator.speech import Answer, Asked, Listen, Operation, Parameter, Route, Said, Tell, Told
from reconciler.simulator.switches import Dialect

_PEOPLE, _TEAMS = "/directory/people", "/directory/teams"
_PERSON, _TEAM = f"{_PEOPLE}/{{personId}}", f"{_TEAMS}/{{teamId}}"


def _following(said: Said) -> Asked:
    place = said.query.get("after", "c-0").removeprefix("c-")
    query = {"offset": str(number(place, 0)), "limit": str(number(said.query.get("take", ""), 100))}
    return Asked(0, dict(said.query) | query, {})


def _linked(said: Said) -> Asked:
    query = {"offset": said.query.get("from", "0"), "limit": str(number(said.query.get("batch", ""), 100))}
    return Asked(0, query, {})


def _by_login(said: Said) -> Asked:
    return Asked(0, {"username": said.path["login"]}, {})


def _heard(said: Said) -> Asked:
    """Return what is asked of a person: the body holds one, and may name nothing else."""
    told = said.body.get("person")
    if not isinstance(told, dict):
        raise Invalid('The field "person" is mandatory.')
    names = SCALARS | {"costTeam": "costTeam", "state": "state", "pins": "doorCodes"}
    return at(said, _person(said), understood(told, names))


def _of_person(said: Said) -> Asked:
    return at(said, _person(said), {"team": said.path.get("teamId", ""), "card": said.path.get("serial", "")})


def _with_serial(said: Said) -> Asked:
    return at(said, _person(said), {"card": said.body.get("serial")})


def _of_team(said: Said) -> Asked:
    return at(said, people.number_of(said.path["teamId"], "t") if "teamId" in said.path else 0)


def _person(said: Said) -> int:
    return people.number_of(said.path["personId"], "p") if "personId" in said.path else 0


def _object(user: dict[str, Any], teams: dict[str, int]) -> dict[str, Any]:
    return {
        "personId": f"p-{user['id']}",
        **{theirs: user[ours] for ours, theirs in SCALARS.items()},
        "costTeam": f"t-{teams[user['defaultGroup']]}" if user["defaultGroup"] else None,
        "teams": [{"teamId": f"t-{teams[path]}"} for path in user["groups"]],
        "badges": [{"serial": card} for card in user["cards"]],
        "state": REMOVED if user["deleted"] else LIVE,
    }


def _told_list(answer: Answer, asked: Asked, said: Said) -> Answer:  # noqa: ARG001  # as others
    content = answer.content
    end = int(asked.query["offset"]) + content.get("seen", len(content["users"]))
    return answer._replace(
        content={
            "members": [_object(user, content["teams"]) for user in content["users"]],
            "following": f"c-{end}" if end < content["count"] else None,
        }
    )


def _told_one(answer: Answer, asked: Asked, said: Said) -> Answer:  # noqa: ARG001  # as others
    user = dict(answer.content)
    teams = user.pop("teams")
    return answer._replace(content={"person": _object(user, teams)})


def _told_teams(answer: Answer, asked: Asked, said: Said) -> Answer:
    found = answer.content["groups"]
    end = int(asked.query["offset"]) + len(found)
    headers = {}
    if end < answer.content["count"]:
        query = urlencode({"batch": asked.query["limit"], "from": end})
        headers["Link"] = f'<{urlsplit(said.address).path}?{query}>; rel="next"'
    entries = [_team(group["id"], group["path"], group["parent"]) for group in found]
    return answer._replace(content={"crews": entries}, headers=headers)


def _team(id_: int, path: str, parent: int | None) -> dict[str, Any]:
    return {
        "teamId": f"t-{id_}",
        "label": path.rpartition("|")[2],
        "above": None if parent is None else f"t-{parent}",
    }


def _told_team(answer: Answer, asked: Asked, said: Said) -> Answer:  # noqa: ARG001  # as others
    return answer._replace(content={"teamId": f"t-{answer.content['team']}"})


def _route(  # noqa: PLR0913, PLR0917  # what a route is
    name: str, method: str, path: str, run: Operation, told: Told, listen: Listen, tell: Tell
) -> Route:
    return Route(name, method, path, run, dialect=Dialect.PEOPLE, listen=listen, tell=tell, told=told)


def _nothing(answer: Answer, asked: Asked, said: Said) -> Answer:  # noqa: ARG001  # as others
    return answer._replace(content={})


_ROUTES = (
    _route(
        "find_users",
        "GET",
        f"{_PEOPLE}/by-login/{{login}}",
        people.with_teams(people.find_person),
        Told("lookUpPerson", "Look one person up by login.", "People", gives="PersonAnswer"),
        _by_login,
        _told_one,
    ),
    _route(
        "list_users",
        "GET",
        _PEOPLE,
        people.with_teams(people.list_people),
        Told(
            "listPeople",
            "List all people.",
            "People",
            (
                Parameter("take", "How many to give at once (page size).", "integer"),
                Parameter("after", "Cursor: where the list goes on."),
                Parameter("withRemoved", "Give removed people too.", "boolean"),
            ),
            gives="PersonList",
        ),
        _following,
        _told_list,
    ),
    _route(
        "get_user",
        "GET",
        _PERSON,
        people.with_teams(do.get_user),
        Told("readPerson", "Read one person.", "People", gives="PersonAnswer"),
        lambda said: at(said, _person(said)),
        _told_one,
    ),
    _route(
        "create_user",
        "POST",
        _PEOPLE,
        people.with_teams(people.create_person),
        Told("addPerson", "Add a person.", "People", takes="NewPersonBody", gives="PersonAnswer"),
        _heard,
        _told_one,
    ),
    _route(
        "update_user",
        "PUT",
        _PERSON,
        people.with_teams(people.replace_person),
        Told(
            "replacePerson",
            "Replace a person by what the body says; also to remove a person or bring one back.",
            "People",
            takes="PersonBody",
            gives="PersonAnswer",
        ),
        _heard,
        _told_one,
    ),
    _route(
        "add_card",
        "POST",
        f"{_PERSON}/badges",
        do.register_card,
        Told("addBadge", "Give a person a badge (card).", "Badges", takes="Badge"),
        _with_serial,
        _nothing,
    ),
    _route(
        "remove_card",
        "DELETE",
        f"{_PERSON}/badges/{{serial}}",
        people.take_badge,
        Told("dropBadge", "Take a badge (card) from a person.", "Badges"),
        _of_person,
        _nothing,
    ),
    _route(
        "list_groups",
        "GET",
        _TEAMS,
        people.list_teams,
        Told(
            "listTeams",
            "List all teams. The header Link has the address of the next page.",
            "Teams",
            (Parameter("batch", "How many to give at once (page size).", "integer"),),
            gives="TeamList",
        ),
        _linked,
        _told_teams,
    ),
    _route(
        "create_group",
        "POST",
        _TEAMS,
        people.make_team,
        Told("addTeam", "Create a team.", "Teams", takes="NewTeam", gives="TeamMade"),
        _of_team,
        _told_team,
    ),
    _route(
        "move_group",
        "PUT",
        _TEAM,
        people.change_team,
        Told("changeTeam", "Rename or move a team.", "Teams", takes="NewTeam", gives="TeamMade"),
        _of_team,
        _told_team,
    ),
    _route(
        "add_to_group",
        "PUT",
        f"{_TEAM}/people/{{personId}}",
        people.join,
        Told("joinTeam", "Make a person a member of a team.", "Teams"),
        _of_person,
        _nothing,
    ),
    _route(
        "remove_from_group",
        "DELETE",
        f"{_TEAM}/people/{{personId}}",
        people.leave,
        Told("leaveTeam", "Take a person out of a team.", "Teams"),
        _of_person,
        _nothing,
    ),
)

SPOKEN = Spoken(
    title="Directory",
    token="/directory/oauth/issue",  # noqa: S106  # an address
    form=True,
    routes=_ROUTES,
    base="/directory",
    schemas=SCHEMAS,
)
