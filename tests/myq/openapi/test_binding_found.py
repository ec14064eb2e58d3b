"""What is found in a specification, what is missing, and what nobody guesses at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.core.model import Property
from reconciler.manifest.binding import read_binding
from reconciler.myq.openapi.bind import State
from reconciler.pipeline.binding_text import binding_text
from reconciler.sources.myq_binding import Evidence, FieldShape, Paging, Reference, Style
from support import specs
from support.specs import body, document, found, listed, operation, properties, row, schemas, thing

USER = "/users/{userId}"


def changed(change: Callable[[dict[str, Any]], object], dialect: str = "paged") -> specs.Findings:
    """Return what is found in a specification that was changed."""
    told = document(dialect)
    change(told)
    return found(told)


def put(path: str, method: str, told: dict[str, Any]) -> Callable[[dict[str, Any]], object]:
    """Return what adds an operation."""
    return lambda spec: spec["paths"].setdefault(path, {}).update({method: told})


@pytest.mark.parametrize("dialect", ["built-in", "paged", "people"])
def test_whatever_is_found_is_written_as_it_is_read(dialect: str) -> None:
    findings = found(document(dialect))
    problems: list[Any] = []
    assert findings.binding is not None
    assert read_binding(binding_text(findings, "here", "x").encode(), "b.yaml", problems) == findings.binding
    assert problems == []


def test_two_that_do_the_same_are_left_to_a_person() -> None:
    update = document()["paths"][USER]["patch"]
    findings = changed(put("/v2/users/{userId}", "patch", update))
    told = row(findings, "update_user")
    assert (told.state, told.operation) == (State.AMBIGUOUS, None)
    assert [one.path for one in told.choices] == ["/rest/users/{user}", "/rest/v2/users/{user}"]
    text = binding_text(findings, "here", "x")
    assert "    # updateUser: {method: PATCH, path: '/rest/users/{user}', " in text
    assert findings.binding is not None
    assert "update_user" not in findings.binding.operations


def test_a_choice_that_a_person_makes_is_a_binding() -> None:
    update = document()["paths"][USER]["patch"]
    text = binding_text(changed(put("/v2/users/{userId}", "patch", update)), "here", "x")
    choice = next(line for line in text.splitlines() if line.startswith("    # updateUser: {"))
    chosen = choice.replace("# ", "", 1)
    problems: list[Any] = []
    made = read_binding((text + chosen + "\n").encode(), "b.yaml", problems)
    assert problems == []
    assert made is not None
    assert made.operations["update_user"].path == "/rest/users/{user}"


def test_one_that_is_deprecated_gives_way() -> None:
    update = document()["paths"][USER]["patch"]
    findings = changed(put("/v2/users/{userId}", "patch", update | {"deprecated": True}))
    assert row(findings, "update_user").state is State.FOUND


def test_patch_is_taken_before_put() -> None:
    update = document()["paths"][USER]["patch"]
    told = row(changed(put(USER, "put", update)), "update_user")
    assert told.operation is not None
    assert (told.operation.method, told.operation.whole) == ("PATCH", False)


@pytest.mark.parametrize(
    ("schema", "about", "first"),
    [
        ({"minimum": 1}, "", 1),
        ({"minimum": 0}, "", 0),
        ({"default": 1}, "", 1),
        ({}, "The pages begin from 0.", 0),
        ({}, "One-based number of the page.", 1),
        ({}, "0-based.", 0),
        ({}, "Which page.", None),
        ({"minimum": 5}, "", None),
    ],
)
def test_the_number_of_the_first_page_is_never_guessed(
    schema: dict[str, Any], about: str, first: int | None
) -> None:
    def change(told: dict[str, Any]) -> None:
        page = told["paths"]["/users"]["get"]["parameters"][0]
        page |= {"schema": {"type": "integer"} | schema, "description": about}

    told = row(changed(change), "list_users")
    if first is None:
        assert (told.state, told.operation) == (State.AMBIGUOUS, None)
        assert "whether the first page is 0 or 1 is not told" in told.reasons
    else:
        assert told.operation is not None
        assert told.operation.paging is not None
        assert told.operation.paging.first == first


def parameters(*names: str) -> Callable[[dict[str, Any]], object]:
    """Return what gives the list of groups other parameters, and no more beside its entries."""

    def change(told: dict[str, Any]) -> None:
        told["paths"]["/userGroups"]["get"]["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in names
        ]
        del properties(told, "GroupPage")["totalItems"]

    return change


@pytest.mark.parametrize(
    ("names", "more", "paging"),
    [
        pytest.param(("skip", "top"), {}, Paging(Style.OFFSET, "skip", "top", 0, ""), id="offset"),
        pytest.param(("skip",), {}, Paging(Style.OFFSET, "skip", "", 0, ""), id="offset-without-a-size"),
        pytest.param(
            ("skip", "top"),
            {"meta": {"type": "object", "properties": {"total": {"type": "integer"}}}},
            Paging(Style.OFFSET, "skip", "top", 0, "meta.total"),
            id="a-count-inside",
        ),
        pytest.param(
            ("cursor", "limit"),
            {"nextCursor": {"type": "string"}},
            Paging(Style.CURSOR, "cursor", "limit", 0, "", "nextCursor"),
            id="cursor",
        ),
        pytest.param(
            ("limit",),
            {"nextLink": {"type": "string"}},
            Paging(Style.LINK, "", "limit", 0, "", "nextLink"),
            id="an-address",
        ),
        pytest.param(
            (), {"total": {"type": "integer"}}, Paging(Style.NONE, "", "", 0, "total"), id="counted"
        ),
        pytest.param((), {}, None, id="nothing-is-told"),
        pytest.param(("cursor",), {}, None, id="a-cursor-that-nobody-gives"),
    ],
)
def test_paging_is_what_parameters_and_answers_say(
    names: tuple[str, ...], more: dict[str, Any], paging: Paging | None
) -> None:
    def change(told: dict[str, Any]) -> None:
        parameters(*names)(told)
        properties(told, "GroupPage").update(more)

    told = row(changed(change), "list_groups")
    assert (told.operation.paging if told.operation else None) == paging
    assert told.state is (State.FOUND if paging else State.AMBIGUOUS)


def test_a_header_for_the_next_page_is_seen() -> None:
    def change(told: dict[str, Any]) -> None:
        parameters("limit")(told)
        told["paths"]["/userGroups"]["get"]["responses"]["200"]["headers"] = {"Link": {}}

    told = row(changed(change), "list_groups")
    assert told.operation is not None
    assert told.operation.paging == Paging(Style.LINK, "", "limit", 0, "")


def test_a_search_that_may_answer_nothing_is_no_list_of_everybody() -> None:
    def change(told: dict[str, Any]) -> None:
        get = told["paths"]["/users"]["get"]
        get["parameters"] = [each for each in get["parameters"] if each["name"] == "userName"]

    told = row(changed(change), "list_users")
    assert told.state is State.AMBIGUOUS
    assert any("may answer nothing" in reason for reason in told.reasons)
    find = row(changed(change), "find_users")
    assert find.operation is not None
    assert find.operation.asked == (("name", "userName"),)


@pytest.mark.parametrize("word", ["permanently", "irreversibly"])
def test_a_deletion_for_good_is_not_taken(word: str) -> None:
    def change(told: dict[str, Any]) -> None:
        told["paths"][USER]["delete"]["description"] = f"Removes the user {word}."

    assert row(changed(change), "delete_user").state is State.MISSING


def test_levels_that_nobody_tells_apart_leave_groups_to_a_person() -> None:
    def change(told: dict[str, Any]) -> None:
        properties(told, "GroupUpdate")["fullPath"]["description"] = "Full path."

    findings = changed(change)
    assert findings.objects.group is None
    assert "levels in fullPath is not told" in findings.objects.unclear["group"]
    assert {row(findings, need).state for need in ("list_groups", "create_group", "move_group")} == {
        State.AMBIGUOUS
    }
    assert "# group: {id: ..., path: ..., separator: ...}" in binding_text(findings, "here", "x")


@pytest.mark.parametrize(
    ("about", "separator"),
    [("Joined by |.", "|"), ("Such as A/B.", "/"), ("Such as A\\B.", "\\"), ("A/B or A|B.", ""), ("", "")],
)
def test_what_stands_between_levels_is_what_is_told(about: str, separator: str) -> None:
    def change(told: dict[str, Any]) -> None:
        properties(told, "GroupUpdate")["fullPath"]["description"] = about

    group = changed(change).objects.group
    assert (group.separator if group else "") == separator


def test_a_group_without_a_place_is_no_group_of_a_tree() -> None:
    def change(told: dict[str, Any]) -> None:
        del properties(told, "NewTeam")["above"]
        del properties(told, "Team")["above"]

    assert "neither a path nor a parent" in changed(change, "people").objects.unclear["group"]


def by(key: str, reference: Reference, item: str = "") -> FieldShape:
    return FieldShape(key, key, item, reference=reference)


INTEGERS, TEXTS = listed({"type": "integer"}), listed({"type": "string"})


@pytest.mark.parametrize(
    ("name", "schema", "shape"),
    [
        pytest.param("groupIds", INTEGERS, by("groupIds", Reference.ID), id="numbers"),
        pytest.param("groupIds", TEXTS, by("groupIds", Reference.ID), id="ids"),
        pytest.param("groupNames", TEXTS, by("groupNames", Reference.NAME), id="names"),
        pytest.param(
            "groups", listed(thing(groupId="integer")), by("groups", Reference.ID, "groupId"), id="objects"
        ),
        pytest.param(
            "groups", listed(thing(fullPath="string")), by("groups", Reference.PATH, "fullPath"), id="paths"
        ),
        pytest.param("groups", TEXTS, None, id="texts-of-any-kind"),
        pytest.param("groups", listed(thing(colour="string")), None, id="objects-of-any-kind"),
    ],
)
def test_how_groups_are_named_is_what_is_told(
    name: str, schema: dict[str, Any], shape: FieldShape | None
) -> None:
    def change(told: dict[str, Any]) -> None:
        held = properties(told, "UserUpdate")
        del held["groupPaths"]
        held[name] = schema

    findings = changed(change)
    assert findings.objects.user is not None
    assert findings.objects.user.fields.get(Property.GROUPS) == shape
    assert (Property.GROUPS.value in findings.objects.unclear) is (shape is None)


@pytest.mark.parametrize(
    ("name", "schema", "prop", "words"),
    [
        pytest.param(
            "mail", {"type": "string"}, Property.EMAIL, "emailAddress and mail may both", id="twice"
        ),
        pytest.param(
            "cards", listed(thing(number="string", colour="string")), Property.CARDS, "cards", id="objects"
        ),
        pytest.param("cards", listed({"type": "integer"}), Property.CARDS, "cards", id="numbers"),
    ],
)
def test_what_is_not_clear_of_a_property_is_said(
    name: str, schema: dict[str, Any], prop: Property, words: str
) -> None:
    def change(told: dict[str, Any]) -> None:
        held = properties(told, "UserUpdate")
        if prop is Property.CARDS:
            del held["cardNumbers"]
        held[name] = schema

    findings = changed(change)
    assert findings.objects.user is not None
    assert prop not in findings.objects.user.fields
    assert words in findings.objects.unclear[prop.value]
    assert f"# {prop.value}: ...  " in binding_text(findings, "here", "x")


@pytest.mark.parametrize(
    ("schema", "flagged", "unclear"),
    [
        pytest.param(
            {"status": {"type": "string", "enum": ["active", "deleted"]}}, True, False, id="one-or-other"
        ),
        pytest.param(
            {"status": {"type": "string", "enum": ["active", "enabled", "deleted"]}},
            False,
            False,
            id="two-lives",
        ),
        pytest.param(
            {"status": {"type": "string", "enum": ["active", "locked", "deleted"]}}, False, True, id="locked"
        ),
        pytest.param({"status": {"type": "string", "enum": ["on", "off"]}}, False, False, id="other-words"),
        pytest.param({"enabled": {"type": "boolean"}}, False, False, id="enabled"),
        pytest.param({"deleted": {"type": "boolean"}}, True, False, id="deleted"),
    ],
)
def test_a_flag_deletes_only_where_its_words_are_plain(
    *, schema: dict[str, Any], flagged: bool, unclear: bool
) -> None:
    def change(told: dict[str, Any]) -> None:
        schemas(told)["User"]["allOf"][0]["properties"].pop("isDeleted")
        properties(told, "UserUpdate").update(schema)
        del told["paths"][USER]["delete"]

    findings = changed(change)
    assert (findings.objects.flag is not None) is flagged
    assert ("deleted" in findings.objects.unclear) is unclear
    told = row(findings, "delete_user")
    assert told.state is (State.FOUND if flagged else State.MISSING)
    if told.operation is not None:
        assert list(told.operation.body) == list(schema)


def without_token(told: dict[str, Any]) -> None:
    del told["paths"]["/auth/token"]


def test_a_token_that_is_not_told_of_is_the_documented_one() -> None:
    told = row(changed(without_token), "token")
    assert told.operation is not None
    assert (told.operation.path, told.operation.evidence) == ("/api/auth/token", Evidence.DOCUMENTED)


@pytest.mark.parametrize(
    "schemes",
    [
        {"o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://x/get/token"}}}},
        {"o": {"type": "oauth2", "tokenUrl": "/get/token"}},
    ],
)
def test_a_security_scheme_says_where_tokens_are(schemes: dict[str, Any]) -> None:
    def change(told: dict[str, Any]) -> None:
        without_token(told)
        told["components"]["securitySchemes"] = schemes

    told = row(changed(change), "token")
    assert told.operation is not None
    assert (told.operation.path, told.operation.form) == ("/get/token", True)


def cards(told: dict[str, Any]) -> None:
    """Make cards resources of their own, each with an id."""
    del properties(told, "UserUpdate")["cardNumbers"]
    card = thing(id="integer", number="string")
    told["paths"][f"{USER}/cards"] = {
        "get": operation(gives=listed(card)),
        "post": operation(takes=thing(number="string")),
    }
    told["paths"][f"{USER}/cards/{{cardId}}"] = {"delete": operation()}


def test_cards_may_be_resources_and_what_takes_one_away_is_to_be_chosen() -> None:
    findings = changed(cards)
    add, take = row(findings, "add_card"), row(findings, "remove_card")
    assert add.operation is not None
    assert add.operation.told == (("value", "number"),)
    assert take.state is State.AMBIGUOUS
    assert "write {value} or {entry}" in take.reasons[-1]
    listing = row(findings, "list_cards").operation
    assert listing is not None
    assert (listing.entries, listing.entry_id, listing.paging) == ("", "id", None)
    assert findings.objects.user is not None
    assert findings.objects.user.fields[Property.CARDS] == FieldShape("", "", "number")


def test_a_card_that_is_generated_cannot_be_given() -> None:
    def change(told: dict[str, Any]) -> None:
        told["paths"][f"{USER}/cards"] = {"post": operation(takes=thing(deleteOld="boolean"))}
        told["paths"][f"{USER}/pins"] = {"post": operation()}

    assert row(changed(change), "add_card").state is State.MISSING
    assert row(changed(change), "add_pin").state is State.MISSING


def test_a_pin_may_have_a_place_of_its_own() -> None:
    told = row(changed(put(f"{USER}/pins/{{pin}}", "put", operation())), "add_pin")
    assert told.operation is not None
    assert told.operation.path == "/rest/users/{user}/pins/{value}"


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [
        ("/userGroups/{groupId}/members", "userId", "user"),
        (f"{USER}/groups", "groupId", "group"),
    ],
)
def test_a_membership_may_be_made_by_an_id_in_the_body(path: str, key: str, name: str) -> None:
    told = row(changed(put(path, "post", operation(takes=thing(**{key: "integer"})))), "add_to_group")
    assert told.operation is not None
    assert told.operation.told == ((name, key),)


def test_groups_of_a_user_may_have_a_list_of_their_own() -> None:
    def change(told: dict[str, Any]) -> None:
        del properties(told, "UserUpdate")["groupPaths"]
        ref = {"$ref": "#/components/schemas/Group"}
        told["paths"][f"{USER}/userGroups"] = {"get": operation(gives=listed(ref))}

    findings = changed(change)
    assert row(findings, "list_user_groups").state is State.FOUND
    assert findings.objects.user is not None
    assert findings.objects.user.fields[Property.GROUPS] == FieldShape("", "", "fullPath")


def test_what_only_one_user_shows_is_not_compared() -> None:
    def change(told: dict[str, Any]) -> None:
        told["components"]["schemas"]["Row"] = thing(userId="integer", userName="string", fullName="string")
        properties(told, "UserPage")["items"]["items"] = {"$ref": "#/components/schemas/Row"}

    findings = changed(change)
    assert findings.objects.user is not None
    assert {prop for prop, shape in findings.objects.user.fields.items() if shape.key} == {
        Property.USER_NAME,
        Property.FULL_NAME,
    }
    assert any("email" in note and "not compared" in note for note in findings.notes)


def test_what_only_the_list_shows_is_not_read() -> None:
    def change(told: dict[str, Any]) -> None:
        held = properties(told, "UserUpdate")
        everything = dict(held)
        del held["notes"]
        told["components"]["schemas"]["Row"] = {
            "type": "object",
            "properties": everything | {"userId": {"type": "integer"}},
        }
        properties(told, "UserPage")["items"]["items"] = {"$ref": "#/components/schemas/Row"}

    findings = changed(change)
    assert any("notes is in the list of users, and not in one user" in note for note in findings.notes)


def test_a_body_that_takes_less_than_another_says_so() -> None:
    def change(told: dict[str, Any]) -> None:
        schemas(told)["UserCreate"] = thing(userName="string", fullName="string", emailAddress="string")

    told = row(changed(change), "create_user")
    assert told.operation is not None
    assert told.operation.accepts == {Property.USER_NAME, Property.FULL_NAME, Property.EMAIL}


def test_a_property_may_be_written_under_another_key() -> None:
    def change(told: dict[str, Any]) -> None:
        own = dict(properties(told, "UserUpdate"))
        own["mail"] = own.pop("emailAddress")
        schemas(told)["UserWrite"] = {"type": "object", "properties": own}
        told["paths"][USER]["patch"]["requestBody"] = body({"$ref": "#/components/schemas/UserWrite"})

    user = changed(change).objects.user
    assert user is not None
    assert user.fields[Property.EMAIL] == FieldShape("emailAddress", "mail")


def test_a_user_may_be_looked_up_by_a_query_that_gives_one() -> None:
    ref = {"$ref": "#/components/schemas/User"}
    query = [{"name": "login", "in": "query", "schema": {"type": "string"}}]
    told = row(changed(put("/users/search", "get", operation(gives=ref, parameters=query))), "find_users")
    assert told.operation is not None
    assert (told.operation.path, told.operation.paging) == ("/rest/users/search", None)


def test_without_users_there_is_nothing_to_bind() -> None:
    findings = found({"openapi": "3.0.0", "paths": {"/printers": {"get": operation()}}})
    assert findings.binding is None
    assert {each.state for each in findings.rows if each.need != "token"} == {State.MISSING}
    assert "fill this in" in binding_text(findings, "here", "x")


def test_a_user_may_be_at_the_place_of_the_name() -> None:
    ref = {"$ref": "#/components/schemas/User"}
    findings = changed(put("/account/{login}", "get", operation(gives=ref)))
    told = [one.path for one in (row(findings, "find_users").operation,) if one is not None]
    assert told == ["/rest/account/{name}"]
    assert row(findings, "get_user").state is State.FOUND


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/queues/{queueId}/users", "get"),
        ("/users/import", "post"),
        ("/users/{userId}/lock", "patch"),
        ("/users/by-badge/{badge}/{room}", "get"),
        ("/users/find/groups", "get"),
        ("/userGroups/{groupId}/users/{userId}/notify", "put"),
    ],
)
def test_an_operation_at_another_place_is_none_of_those_that_are_needed(path: str, method: str) -> None:
    ref = {"$ref": "#/components/schemas/UserCreate"}
    told = operation(takes=ref, gives=listed({"$ref": "#/components/schemas/User"}))
    before = found(document())
    assert [each.operation for each in changed(put(path, method, told)).rows] == [
        each.operation for each in before.rows
    ]


def test_cards_of_which_nobody_tells_what_they_are_are_left_to_a_person() -> None:
    def change(told: dict[str, Any]) -> None:
        cards(told)
        told["paths"][f"{USER}/cards"]["get"] = operation(gives=listed(thing(a="string", b="string")))

    assert "cards" in changed(change).objects.unclear
