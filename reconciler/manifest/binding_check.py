"""What is wrong with a binding file that its schema cannot see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from reconciler.core.model import INDEX, MANY, Property
from reconciler.errors import Problem
from reconciler.manifest.binding_models import (
    BindingSpec,
    FieldSpec,
    OperationSpec,
    PagingSpec,
    UserShapeSpec,
)
from reconciler.manifest.document import Places
from reconciler.manifest.words import quoted
from reconciler.sources.myq_binding import PURPOSES
from reconciler.sources.strict import camel

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "find_users": ("name",),
        "get_user": ("user",),
        "update_user": ("user",),
        "delete_user": ("user",),
        "undelete_user": ("user",),
        "move_group": ("group",),
        "list_user_groups": ("user",),
        "list_cards": ("user",),
        "list_aliases": ("user",),
        "add_to_group": ("user", "group"),
        "remove_from_group": ("user", "group"),
        "add_card": ("user", "value"),
        "remove_card": ("user", "value|entry"),
        "add_alias": ("user", "value"),
        "remove_alias": ("user", "value|entry"),
        "add_pin": ("user", "value"),
    }
)
"""What each operation has to have a place for, in its path, `asked` or `told`."""

_LISTS: Final = ("list_users", "list_groups")
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def operations_of(spec: BindingSpec) -> Iterator[tuple[str, OperationSpec]]:
    """Yield the operations that are written, by name."""
    for name in PURPOSES:
        each = getattr(spec.operations, name)
        if each is not None:
            yield name, each


def fields_of(spec: UserShapeSpec) -> Iterator[tuple[Property, FieldSpec]]:
    """Yield where the properties stand that are written; a bare text is a key."""
    for prop in INDEX:
        each = getattr(spec.fields, prop.name.lower())
        if each is not None:
            yield prop, FieldSpec(key=each) if isinstance(each, str) else each


def wrong(spec: BindingSpec, places: Places) -> Iterator[Problem]:
    """Yield what the schema alone cannot see."""
    for name, each in operations_of(spec):
        yield from _wrong_operation(name, each, places)
    yield from _wrong_fields(spec, places)
    group = spec.group
    if group is not None and [group.path, group.name, group.parent].count(None) != (2 if group.path else 1):
        place, hint = places.key(("spec", "group")), "write path, or name and parent"
        yield Problem(place, "spec.group: a group has a path, or a name and a parent", hint)
    if spec.operations.token is None:  # type: ignore[attr-defined]  # a model made of a table
        place = places.key(("spec", "operations"))
        yield Problem(place, "spec.operations: there is no token operation", "every other needs a token")


def _wrong_operation(name: str, spec: OperationSpec, places: Places) -> Iterator[Problem]:
    at = ("spec", "operations", camel(name))
    known = {one for need in _NEEDED.get(name, ()) for one in need.split("|")}
    there = {*_BRACES.findall(spec.path), *spec.asked, *spec.told}
    for unknown in sorted(there - known):
        hint = f"it is about {', '.join(sorted(known))}" if known else "it takes nothing from us"
        yield Problem(places.key((*at, "path")), f"{camel(name)}: {quoted(unknown)} is not known here", hint)
    for need in _NEEDED.get(name, ()):
        if not there & set(need.split("|")):
            hint = f"put {{{need.partition('|')[0]}}} into the path, or name its parameter in asked or told"
            yield Problem(places.key(at), f"{camel(name)}: it has no place for the {need}", hint)
    if spec.body is not None and not _is_object(spec.body):
        hint = "write a JSON object in single quotes, such as '{\"deleted\": true}'"
        yield Problem(places.value((*at, "body")), f"{camel(name)}: the body is no JSON object", hint)
    if spec.paging is not None:
        yield from _wrong_paging(name, spec.paging, places)
    elif name in _LISTS:
        hint = "write `paging: {style: ...}`: without it nothing proves that the list was read to its end"
        yield Problem(places.key(at), f"{camel(name)}: it says nothing of paging", hint)


def _wrong_paging(name: str, paging: PagingSpec, places: Places) -> Iterator[Problem]:
    place = places.key(("spec", "operations", camel(name), "paging"))
    if paging.style in {"offset", "page", "cursor"} and paging.start is None:
        yield Problem(
            place,
            f"{camel(name)}: paging by {paging.style} needs a parameter",
            "write `start:` with the name of the query parameter that says where a page begins",
        )
    if paging.style == "cursor" and paging.next is None:
        yield Problem(
            place,
            f"{camel(name)}: paging by cursor needs the key of the next one",
            "write `next:` with the key of the answer that holds it",
        )
    if paging.style == "none" and paging.count is None and not paging.trusted and name in _LISTS:
        yield Problem(
            place,
            f"{camel(name)}: nothing proves that one answer is all there is",
            "write `count:` with the key of the count; or, if it is certain, `trusted: true`",
        )


def _wrong_fields(spec: BindingSpec, places: Places) -> Iterator[Problem]:
    at = ("spec", "user", "fields")
    fields = dict(fields_of(spec.user))
    for prop in (Property.USER_NAME, Property.FULL_NAME):
        if prop not in fields or fields[prop].key is None:
            yield Problem(places.key(at), f"spec.user.fields: {prop} has no key", f"write `{prop}: KEY`")
    for prop, each in fields.items():
        if each.joined is not None and prop not in MANY:
            place = places.key((*at, prop.value, "joined"))
            yield Problem(place, f"{prop} has one value, and nothing to join", "remove `joined`")
    shown = {prop for prop, each in fields.items() if not each.read_only}
    for name, operation in operations_of(spec):
        for position, word in enumerate(operation.accepts or ()):
            if word not in shown:
                place = places.value(("spec", "operations", camel(name), "accepts", position))
                hint = f"say under spec.user.fields where {word} stands, or remove it here"
                yield Problem(place, f"{camel(name)}: {word} has no key to write it under", hint)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
