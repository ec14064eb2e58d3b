"""A specification to a binding: what is found, what is missing, what a person has to choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from reconciler.core.model import INDEX, Property
from reconciler.myq.openapi.candidate import Candidate
from reconciler.myq.openapi.members import is_value
from reconciler.myq.openapi.needs import RULES, choose
from reconciler.myq.openapi.objects import Objects, objects
from reconciler.myq.openapi.paging import Cut, cut, with_deleted
from reconciler.myq.openapi.shapes import NOTHING
from reconciler.myq.openapi.spec import Specification
from reconciler.sources.myq_binding import (
    PURPOSES,
    TOKEN,
    Binding,
    Evidence,
    GroupShape,
    Operation,
    Paging,
    Style,
    UserShape,
)

_LISTS: Final = frozenset({"list_users", "list_groups"})
_NAMED: Final = {"user": "user", "group": "group"}
_OF_GROUPS: Final = frozenset(
    {"list_groups", "create_group", "move_group", "list_user_groups", "add_to_group", "remove_from_group"}
)
_ONCE: Final = frozenset({"move_group", "undelete_user"})
"""What is not sent again after a lost answer: twice, it would fail."""


class State(StrEnum):
    """How a need was met."""

    FOUND = "found"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Row:
    """What was found for one need: the operation, or those that it could be, each with why."""

    need: str
    state: State
    reasons: tuple[str, ...] = ()
    operation: Operation | None = None
    choices: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What a specification offers; `binding` has what is certain, and is None without users or a token."""

    specification: Specification
    rows: tuple[Row, ...]
    objects: Objects
    binding: Binding | None = None
    notes: tuple[str, ...] = ()
    fields: Mapping[Property, str] = field(default_factory=dict)


def bind(specification: Specification, name: str, source: str, prefix: str = "") -> Findings:
    """Return what of a specification meets the needs; `prefix` is of the server's own address.

    `source` says where the evidence is found, in the binding that is made.
    """
    made = _Binder(specification, source, prefix)
    rows = tuple(made.rows())
    found = {row.need: row.operation for row in rows if row.operation is not None}
    user = made.objects.user
    binding = None
    if user is not None and "token" in found and _has_names(user):
        group = made.objects.group or GroupShape()
        binding = Binding(name, MappingProxyType(found), user, group)
    return Findings(specification, rows, made.objects, binding, (*specification.notes, *made.objects.notes))


def _has_names(user: UserShape) -> bool:
    return {Property.USER_NAME, Property.FULL_NAME} <= {p for p, shape in user.fields.items() if shape.key}


class _Binder:
    """Turns what was chosen into operations."""

    def __init__(self, specification: Specification, source: str, prefix: str) -> None:
        self._source = source
        self._prefix = prefix.rstrip("/")
        self._token_urls = specification.token_urls
        self._choices = {need: choose(need, specification.endpoints) for need in RULES}
        self._chosen = {
            need: choice.chosen for need, choice in self._choices.items() if choice.chosen is not None
        }
        self.objects = objects(self._chosen)

    def rows(self) -> Iterator[Row]:
        """Yield what was found for each need, in the order of the needs."""
        for need in PURPOSES:
            chosen, rivals = self._choices[need]
            if rivals:
                yield self._ambiguous(need, rivals)
            elif chosen is None:
                yield self._other_way(need)
            else:
                yield self._found(need, chosen)

    def _ambiguous(self, need: str, rivals: tuple[Candidate, ...]) -> Row:
        reasons = tuple(f"{one.endpoint.name}: {', '.join(one.reasons)}" for one in rivals)
        return Row(
            need, State.AMBIGUOUS, reasons, None, tuple(self._operation(need, one)[0] for one in rivals)
        )

    def _found(self, need: str, candidate: Candidate) -> Row:
        operation, why = self._operation(need, candidate)
        if need in _OF_GROUPS and self.objects.group is None:
            why = self.objects.unclear.get("group", "no list of groups tells what a group looks like")
        reasons = (candidate.endpoint.name, *candidate.reasons)
        if why:
            return Row(need, State.AMBIGUOUS, (*reasons, why), None, (operation,))
        if operation.paging is not None and need in _LISTS:
            reasons = (*reasons, self._cut(candidate).why)
        return Row(need, State.FOUND, reasons, operation)

    def _other_way(self, need: str) -> Row:
        """Return what stands in for an operation that has no endpoint of its own."""
        if need == "token":
            return self._documented_token()
        update = self._chosen.get("update_user")
        flag = self.objects.flag
        if need not in {"delete_user", "undelete_user"} or update is None or flag is None:
            return Row(need, State.MISSING)
        key, gone, live = flag
        value = gone if need == "delete_user" else live
        operation = replace(self._operation("update_user", update)[0], body={key: value}, accepts=frozenset())
        return Row(need, State.FOUND, (update.endpoint.name, f"sets {key} to {value}"), operation)

    def _documented_token(self) -> Row:
        if self._token_urls:
            path = urlsplit(self._token_urls[0]).path
            told = replace(TOKEN, path=path, form=True, evidence=Evidence.SPECIFIED, source=self._source)
            return Row("token", State.FOUND, (f"POST {path}", "the file's security scheme names it"), told)
        return Row("token", State.FOUND, (f"POST {TOKEN.path}", "not in the file; MyQ documents it"), TOKEN)

    def _operation(self, need: str, candidate: Candidate) -> tuple[Operation, str]:
        """Return the operation that a candidate makes, and what about it is not clear."""
        endpoint = candidate.endpoint
        whole = endpoint.method == "PUT" and need == "update_user"
        made = Operation(
            endpoint.method,
            self._path(need, candidate),
            Evidence.SPECIFIED,
            f"{self._source}: {endpoint.id or endpoint.name}",
            repeatable=endpoint.method != "POST" and need not in _ONCE,
            wrap="" if candidate.taken is None else candidate.taken.key,
            whole=whole,
            carried=tuple(candidate.taken.shape.properties) if whole and candidate.taken else (),
            accepts=self._accepts(need, candidate),
            form=endpoint.form,
        )
        if need in {"list_users", "list_groups", "find_users"}:
            return self._listing(need, candidate, made)
        if need in {"list_user_groups", "list_cards", "list_aliases"}:
            return self._of_one(candidate, made)
        if need.startswith(("add_", "remove_")):
            return self._several(need, candidate, made)
        entity = "" if candidate.found is None else candidate.found.key
        return replace(made, entity=entity), ""

    def _listing(self, need: str, candidate: Candidate, made: Operation) -> tuple[Operation, str]:
        found = candidate.found
        query = with_deleted(candidate.endpoint)
        by_query = candidate.value and f"{{{candidate.value}}}" not in candidate.endpoint.path
        asked = (("name", candidate.value),) if need == "find_users" and by_query else ()
        made = replace(made, query=query, asked=asked)
        if found is None or found.shape is candidate.endpoint.gives or found.holder is NOTHING:
            is_list = candidate.endpoint.gives.kind == "list"
        else:
            is_list = found.holder.properties[found.key.removeprefix(found.prefix)].kind == "list"
        if not is_list:
            return replace(made, entity="" if found is None else found.key), ""
        told = self._cut(candidate)
        made = replace(made, entries="" if found is None else found.key, paging=told.paging)
        if told.paging is None and need in _LISTS:
            return replace(made, paging=Paging(Style.NONE, size="", count="")), told.why
        if need == "list_users" and "may answer nothing" in " ".join(candidate.reasons):
            return made, "whether it lists every user when nobody is asked for is not told"
        return made, ""

    def _of_one(self, candidate: Candidate, made: Operation) -> tuple[Operation, str]:
        found = candidate.found
        told = self._cut(candidate)
        ids = [key for key in (found.shape.properties if found else {}) if key.lower().endswith("id")]
        entry_id = ids[0] if len(ids) == 1 else "id"
        return replace(made, entries=found.key if found else "", paging=told.paging, entry_id=entry_id), ""

    def _several(self, need: str, candidate: Candidate, made: Operation) -> tuple[Operation, str]:
        if candidate.in_body:
            last = candidate.place.steps[-1].entity
            return replace(made, told=((_NAMED.get(last, "value"), candidate.value),)), ""
        if need in {"remove_card", "remove_alias"} and "{value}" in made.path:
            return made, "" if is_value(candidate.value) else self._by_what(candidate.value)
        return made, ""

    def _by_what(self, name: str) -> str:
        return (
            f"whether {{{name}}} is the value itself or an id of it is not told: write {{value}} or {{entry}}"
        )

    def _path(self, need: str, candidate: Candidate) -> str:
        path = candidate.endpoint.path
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        where = candidate.place
        for step in where.steps:
            ours = _NAMED.get(step.entity, "value")
            if need == "find_users":
                ours = "name"
            path = path.replace(f"{{{step.parameter}}}", f"{{{ours}}}") if step.parameter else path
        return path.replace(f"{{{where.parameter}}}", "{name}") if where.parameter else path

    def _accepts(self, need: str, candidate: Candidate) -> frozenset[Property] | None:
        """Return which properties a body takes, None where it takes all that can be written."""
        user = self.objects.user if need in {"create_user", "update_user"} else None
        if user is None or candidate.taken is None:
            return None
        written = {prop for prop in INDEX if prop in user.fields and user.fields[prop].written}
        taken = {prop for prop in written if user.fields[prop].written in candidate.taken.shape.properties}
        return None if taken == written else frozenset(taken)

    def _cut(self, candidate: Candidate) -> Cut:
        found = candidate.found
        if found is None:
            return Cut(None, "")
        return cut(candidate.endpoint, found.holder, found.prefix)
