"""The order of properties, which everything that takes a user apart relies on."""

from __future__ import annotations

from reconciler.core.model import INDEX, MANY, ActualState, Property, User

FIELDS = {
    Property.USER_NAME: "user_name",
    Property.FULL_NAME: "full_name",
    Property.ALIASES: "aliases",
    Property.EMAIL: "email",
    Property.CARDS: "cards",
    Property.PERSONAL_NUMBER: "personal_number",
    Property.SCAN_STORAGE: "scan_storage",
    Property.PHONE: "phone",
    Property.LANGUAGE: "language",
    Property.NOTES: "notes",
    Property.GROUPS: "groups",
    Property.DEFAULT_GROUP: "default_group",
    Property.DEPARTMENT: "department",
    Property.AUTHENTICATION_SERVER: "authentication_server",
    Property.OBJECT_ID: "object_id",
    Property.SYNCHRONIZATION_SOURCE: "source",
}


def test_every_property_stands_at_the_field_that_holds_it() -> None:
    assert {prop: User._fields[at] for prop, at in INDEX.items()} == FIELDS


def test_which_properties_hold_many_values() -> None:
    assert {Property.ALIASES, Property.CARDS, Property.GROUPS, Property.PINS} == MANY


def test_a_server_shows_sources_and_deleted_accounts_and_no_rights_unless_it_says_otherwise() -> None:
    bare = ActualState((), frozenset(), frozenset())
    assert (bare.knows_source, bare.knows_deleted, bare.knows_rights) == (True, True, False)


def test_pins_have_no_field_anywhere() -> None:
    assert Property.PINS not in INDEX
    assert len(INDEX) == len(User._fields)
    assert not any("pin" in field for field in User._fields)


def test_what_holds_many_values_is_empty_without_them_and_text_is_empty_text() -> None:
    bare = User("ada")
    for prop, at in INDEX.items():
        if prop is not Property.USER_NAME:
            assert bare[at] == (() if prop in MANY else "")
