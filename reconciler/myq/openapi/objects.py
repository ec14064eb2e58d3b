"""What users and groups look like in a specification, put together from what is read and what is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.core.model import Property
from reconciler.myq.openapi import groups
from reconciler.myq.openapi.candidate import Candidate
from reconciler.myq.openapi.fields import Matched, match, told
from reconciler.myq.openapi.shapes import NOTHING, Shape
from reconciler.myq.openapi.words import GONE, LIVE, plain, words
from reconciler.sources.myq_binding import (
    SEVERAL,
    Deleted,
    FieldShape,
    GroupShape,
    UserShape,
)


@dataclass(frozen=True, slots=True)
class Objects:
    """The shapes of users and groups; `unclear` says of a property, or of a part, what a person must choose.

    `flag` is the key that deletes a user when it is written, with what to write to do and to undo it.
    """

    user: UserShape | None
    group: GroupShape | None
    unclear: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    flag: tuple[str, object, object] | None = None


def objects(chosen: Mapping[str, Candidate]) -> Objects:
    """Return what users and groups look like, of the endpoints that were chosen."""
    made = _Objects(chosen)
    group, why = _group(chosen)
    unclear = {} if group is not None or not why else {"group": why}
    user = made.user()
    return Objects(user, group, {**unclear, **made.unclear}, tuple(made.notes), made.flag)


class _Objects:
    """Puts the shape of a user together."""

    def __init__(self, chosen: Mapping[str, Candidate]) -> None:
        self.unclear: dict[str, str] = {}
        self.notes: list[str] = []
        self.flag: tuple[str, object, object] | None = None
        self._chosen = chosen
        self._listed = _shape(chosen, "list_users")
        self._one = _shape(chosen, "get_user")
        self._read = self._listed or self._one or NOTHING
        self._written = [
            shape for name in ("update_user", "create_user") if (shape := _taken(chosen, name)) is not None
        ]
        self._groups = groups.keys(_shape(chosen, "list_groups") or NOTHING, _parameter(chosen, "move_group"))

    def user(self) -> UserShape | None:
        """Return the shape of a user, None where nothing shows one."""
        id_ = self._id()
        matched = match(self._read)
        if id_ is None or not matched.is_user:
            return None
        return UserShape(
            dict(self._fields(matched)),
            id=id_,
            numeric=self._read.properties[id_].kind == "number",
            deleted=self._deletion(),
            pins=self._pins(),
        )

    def _id(self) -> str | None:
        parameter = _parameter(self._chosen, "get_user", "update_user", "delete_user")
        for key in (parameter, "id", "userId", "personId"):
            if key in self._read.properties:
                return key
        return next((key for key in self._read.properties if plain(key) in {"id", "userid"}), None)

    def _fields(self, matched: Matched) -> Iterator[tuple[Property, FieldShape]]:
        writes = [match(shape) for shape in self._written]
        for prop in Property:
            if prop is Property.PINS:
                continue
            written = next((one.keys[prop] for one in writes if prop in one.keys), "")
            shape = self._field(prop, matched.keys.get(prop, ""), written)
            if shape is not None:
                yield prop, shape
            elif prop in matched.unclear and prop.value not in self.unclear:
                self.unclear[prop.value] = matched.unclear[prop]

    def _field(self, prop: Property, key: str, written: str) -> FieldShape | None:
        if key and self._one is not None and key not in self._one.properties:
            self.notes.append(f"{prop}: {key} is in the list of users, and not in one user: it is not read")
            key = ""
        source = self._read.properties.get(key)
        if source is None:
            return self._elsewhere(prop, written)
        found = told(prop, key, source, self._groups)
        if found.shape is None:
            self.unclear[prop.value] = found.why
            return None
        shape = found.shape
        return FieldShape(key, written, shape.item, shape.joined, shape.reference)

    def _elsewhere(self, prop: Property, written: str) -> FieldShape | None:
        """Return the shape of a property that a user object does not show: it may have a list of its own."""
        several = SEVERAL.get(prop)
        of_its_own = self._chosen.get(several.list) if several is not None else None
        if of_its_own is not None and of_its_own.found is not None:
            found = told(prop, "", Shape("list", items=of_its_own.found.shape), self._groups)
            if found.shape is None:
                self.unclear[prop.value] = found.why
                return None
            return FieldShape("", written, found.shape.item, "", found.shape.reference)
        if self._one is not None and self._listed is not None and match(self._one).keys.get(prop):
            self.notes.append(
                f"{prop}: one user shows it, and the list of users does not: it is not compared"
            )
        if not written:
            return None
        body = next(shape for shape in self._written if written in shape.properties)
        found = told(prop, written, body.properties[written], self._groups)
        return None if found.shape is None else FieldShape("", written, reference=found.shape.reference)

    def _deletion(self) -> Deleted | None:
        for key, shape in self._read.properties.items():
            said = words(f"{key} {shape.about}")
            gone = [word for word in shape.words if words(word) & GONE]
            if shape.kind == "boolean" and words(key) & GONE and {"deleted", "removed"} & said:
                self._flagged(key, gone=True, live=False)
                return Deleted(key)
            if shape.kind == "text" and len(gone) == 1 and {"deleted", "removed"} & words(gone[0]):
                others = [word for word in shape.words if word != gone[0]]
                if others and all(words(word) & LIVE for word in others):
                    if len(others) == 1:
                        self._flagged(key, gone=gone[0], live=others[0])
                    return Deleted(key, frozenset(gone), frozenset(others))
                self.unclear["deleted"] = f"{key} may be {', '.join(shape.words)}: who of these is deleted?"
        return None

    def _flagged(self, key: str, *, gone: object, live: object) -> None:
        body = _taken(self._chosen, "update_user")
        if body is not None and key in body.properties:
            self.flag = (key, gone, live)

    def _pins(self) -> str:
        body = _taken(self._chosen, "create_user")
        key = "" if body is None else match(body).keys.get(Property.PINS, "")
        return key if body is not None and key and body.properties[key].kind == "list" else ""


def _group(chosen: Mapping[str, Candidate]) -> tuple[GroupShape | None, str]:
    """Return the shape of a group, or why there is none."""
    shape = _shape(chosen, "list_groups")
    if shape is None:
        return None, ""
    found = groups.keys(shape, _parameter(chosen, "move_group"))
    numeric = shape.properties[found["id"]].kind == "number"
    if "path" in found:
        separator = groups.separator(shape.properties[found["path"]])
        if not separator:
            return None, f"what stands between the levels in {found['path']} is not told"
        return GroupShape(found["path"], found["id"], numeric, separator=separator), ""
    if "parent" in found:
        return GroupShape("", found["id"], numeric, found["name"], found["parent"]), ""
    return None, "a group has neither a path nor a parent: which groups are in which?"


def _shape(chosen: Mapping[str, Candidate], need: str) -> Shape | None:
    candidate = chosen.get(need)
    return candidate.found.shape if candidate is not None and candidate.found is not None else None


def _taken(chosen: Mapping[str, Candidate], need: str) -> Shape | None:
    candidate = chosen.get(need)
    return candidate.taken.shape if candidate is not None and candidate.taken is not None else None


def _parameter(chosen: Mapping[str, Candidate], *needs: str) -> str:
    for need in needs:
        if need in chosen:
            return chosen[need].place.steps[0].parameter
    return ""
