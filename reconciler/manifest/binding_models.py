"""What a binding file may hold: one installation's REST interface, as `doctor --spec` finds it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, create_model

from reconciler.core.model import INDEX, Property
from reconciler.manifest.models import Metadata
from reconciler.sources.myq_binding import PURPOSES
from reconciler.sources.strict import Strict, Text, camel

Key = Text
"""A key of a JSON object; dots lead into objects."""

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[^?#\s]*$")]
"""Where an operation is, from the server's address: no query, and what it is about in braces."""

EvidenceWord = Literal["documented", "seen", "assumed", "specification", "chosen"]


class PagingSpec(Strict):
    """How a list is cut into pages, and what proves that it was read to its end."""

    style: Literal["offset", "page", "cursor", "link", "none"] = Field(
        description="By offset, by page number, by cursor, by the next page's address, or not at all."
    )
    start: Text | None = Field(
        default=None, description="The query parameter of the offset, page number or cursor."
    )
    size: Text | None = Field(
        default=None, description="The query parameter that says how much a page may hold."
    )
    first: Annotated[int, Field(ge=0, le=1)] = Field(default=0, description="The number of the first page.")
    count: Key | None = Field(default=None, description="The key of the answer that counts all there are.")
    next: Key | None = Field(
        default=None,
        description="The key of the next cursor or address; of a link unwritten, the header `Link`.",
    )
    trusted: bool = Field(
        default=False, description="A person vouches that a list with no proof of its end is complete."
    )


class OperationSpec(Strict):
    """One request, and what is in its answer."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: UrlPath = Field(
        description="Where it is, such as `/api/users/{user}`; in braces user, group, name, value or entry."
    )
    evidence: EvidenceWord = Field(
        default="chosen", description="How sure it is that the server has it; `chosen` is by a person."
    )
    source: str = Field(default="", description="Where that evidence is found.")
    repeatable: bool | None = Field(
        default=None, description="It may be sent twice without harm; unwritten, all but POST may."
    )
    query: dict[Text, str] = Field(default_factory=dict, description="Query parameters that are always sent.")
    body: str | None = Field(
        default=None, description="A JSON object that is always in the body, such as `'{\"deleted\": true}'`."
    )
    asked: dict[Text, Text] = Field(
        default_factory=dict, description="What goes into the query: our name (`name`), the parameter."
    )
    told: dict[Text, Text] = Field(
        default_factory=dict, description="What goes into the body: our name (`user`, `group`, ...), the key."
    )
    entries: str = Field(default="", description="The key of the list in the answer; unwritten, it is all.")
    entry_id: Key = Field(default="id", description="The key of the id in what the list holds.")
    entity: str = Field(default="", description="The key of the object in the answer; unwritten, it is all.")
    wrap: str = Field(default="", description="The key of the object in the body; unwritten, it is all.")
    whole: bool = Field(
        default=False, description="The body replaces the object: it is read, changed and sent back (PUT)."
    )
    carried: tuple[Text, ...] = Field(
        default=(), description="With `whole`: the keys that are sent back; all but the id if unwritten."
    )
    accepts: tuple[Property, ...] | None = Field(
        default=None, description="The properties that the body may hold; unwritten, all that can be written."
    )
    form: bool = Field(default=False, description="The body of the token request is a form, not JSON.")
    paging: PagingSpec | None = Field(default=None, description="How its list is read to the end.")


class FieldSpec(Strict):
    """Where a property of a user stands."""

    key: Key | None = Field(default=None, description="Its key in answers; unwritten, it cannot be read.")
    written: Key | None = Field(default=None, description="Its key in bodies, where that is another.")
    read_only: bool = Field(default=False, description="It cannot be written with the user's own object.")
    item: Key | None = Field(default=None, description="Its key inside, where a value is an object.")
    joined: Text | None = Field(
        default=None, description="The separator, where several values are one text, such as `;`."
    )
    by: Literal["path", "id", "name"] = Field(default="path", description="What names groups here.")


class DeletedSpec(Strict):
    """How an object says that its user is deleted."""

    key: Key = Field(description="Such as `deleted` or `status`.")
    when: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("true", "1"), description="What stands there when the user is deleted."
    )
    otherwise: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("false", "0", ""), description="What stands there when not; '' is null or nothing."
    )


FieldsSpec: type[Strict] = create_model(
    "FieldsSpec",
    __base__=Strict,
    __doc__="Where each property of a user stands; one that is unwritten is neither read nor written.",
    **{
        _name: (
            Text | FieldSpec | None,
            Field(
                default=None,
                alias=prop.value,
                description="The key, where answers and bodies have the same; else where it stands.",
            ),
        )
        for prop in INDEX
        for _name in [prop.name.lower()]
    },  # type: ignore[call-overload]  # pydantic's types do not know such a mapping
)


class UserShapeSpec(Strict):
    """What a user object looks like."""

    id: Key = Field(default="id", description="The key of the id.")
    id_type: Literal["number", "text"] = Field(default="text", description="How bodies have the id.")
    deleted: DeletedSpec | None = Field(
        default=None, description="How a deleted user is told; unwritten, that cannot be seen."
    )
    pins: Key | None = Field(default=None, description="The key that takes PINs when a user is made.")
    fields: FieldsSpec = Field(description="Where each property stands.")  # type: ignore[valid-type]  # made above


class GroupShapeSpec(Strict):
    """What a group object looks like: with its whole path, or with its name and its parent's id."""

    id: Key = Field(default="id", description="The key of the id.")
    id_type: Literal["number", "text"] = Field(default="text", description="How bodies have the id.")
    path: Key | None = Field(default=None, description="The key of the whole path.")
    name: Key | None = Field(default=None, description="The key of the name, where there is no path.")
    parent: Key | None = Field(default=None, description="The key of the parent's id, beside `name`.")
    separator: Annotated[str, StringConstraints(min_length=1, max_length=3)] = Field(
        default="|", description="What stands between the levels of a path."
    )


OperationsSpec: type[Strict] = create_model(
    "OperationsSpec",
    __base__=Strict,
    __doc__="The operations there are; what is unwritten cannot be done through this interface.",
    **{
        name: (
            OperationSpec | None,
            Field(default=None, alias=camel(name), description=f"To {purpose}."),
        )
        for name, purpose in PURPOSES.items()
    },  # type: ignore[call-overload]  # pydantic's types do not know such a mapping
)


class BindingSpec(Strict):
    """The REST interface of one installation."""

    user: UserShapeSpec
    group: GroupShapeSpec | None = Field(default=None, description="Unwritten where groups are not shown.")
    operations: OperationsSpec  # type: ignore[valid-type]  # made above


class BindingFile(Strict):
    """A binding file: how one installation's REST interface is spoken."""

    api_version: Literal["myq.reconciler/v1"] = Field(description="The format of the document.")
    kind: Literal["RestBinding"] = Field(description="What the document declares.")
    metadata: Metadata
    spec: BindingSpec
