"""A binding file to a binding: strict like the manifests, every mistake with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from reconciler.errors import ManifestError, Place, Problem
from reconciler.manifest.binding_check import fields_of, operations_of, wrong
from reconciler.manifest.binding_models import (
    BindingFile,
    DeletedSpec,
    FieldSpec,
    GroupShapeSpec,
    OperationSpec,
    PagingSpec,
    UserShapeSpec,
)
from reconciler.manifest.document import Document
from reconciler.manifest.schema import Schema, Shapes, file_schema
from reconciler.manifest.typed import typed
from reconciler.manifest.yaml import MAX_BYTES, parse
from reconciler.sources.myq_binding import (
    Binding,
    Deleted,
    Evidence,
    FieldShape,
    GroupShape,
    Operation,
    Paging,
    Reference,
    Style,
    UserShape,
)

MAX_PROBLEMS = 100

EVIDENCE: Final[Mapping[str, Evidence]] = MappingProxyType(
    {
        "documented": Evidence.DOCUMENTED,
        "seen": Evidence.SEEN,
        "assumed": Evidence.ASSUMED,
        "specification": Evidence.SPECIFIED,
        "chosen": Evidence.CHOSEN,
    }
)


def load_binding(folder: Path, name: str) -> Binding:
    """Return the binding of a file of the project; raise ManifestError with all that is wrong with it."""
    try:
        with (folder / name).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        hint = "`reconciler doctor --spec SPEC --out FILE` writes one; the name is relative to the project"
        raise ManifestError(
            (Problem(Place(name), f"the binding cannot be read: {error.strerror}", hint),)
        ) from None
    problems: list[Problem] = []
    binding = read_binding(raw, name, problems)
    if binding is None or problems:
        raise ManifestError(tuple(sorted(set(problems))))
    return binding


def read_binding(raw: bytes, file: str, problems: list[Problem]) -> Binding | None:
    """Return the binding that a file holds, None and problems where it holds none."""
    parsed = parse(raw, file)
    problems += parsed.problems
    if parsed.problems:
        return None
    if len(parsed.documents) != 1:
        hint = "`reconciler doctor --spec SPEC --out FILE` writes one"
        problems.append(Problem(Place(file), "a binding file holds one document of kind RestBinding", hint))
        return None
    document = parsed.documents[0]
    checked = _checked(document, problems)
    if checked is None:
        return None
    problems += wrong(checked.spec, document.places)
    if problems:
        return None
    spec = checked.spec
    operations = {name: _operation(each) for name, each in operations_of(spec)}
    return Binding(
        checked.metadata.name,
        MappingProxyType(operations),
        _user(spec.user),
        GroupShape() if spec.group is None else _group(spec.group),
    )


@cache
def binding_schema() -> Schema:
    """Return the JSON Schema of binding files."""
    return file_schema(BindingFile, "A binding: how one installation's REST interface is spoken.")


def _checked(document: Document, problems: list[Problem]) -> BindingFile | None:
    schema = binding_schema()
    shapes = Shapes(schema)
    content = typed(shapes, schema, document.content)
    try:
        return BindingFile.model_validate_json(json.dumps(content))
    except ValidationError as error:
        # The schema's library costs a tenth of a second to import, and a right file has no use for it.
        from reconciler.manifest.translate import explained  # noqa: PLC0415  # the reason is above

        found = list(islice(explained(schema, shapes, content, document.places), MAX_PROBLEMS))
        if not found:
            said = error.errors(include_url=False, include_input=False)[0]["msg"]
            found = [Problem(document.places.value(()), said, "see schemas/binding.schema.json")]
        problems += found
        return None


def _operation(spec: OperationSpec) -> Operation:
    body: Mapping[str, Any] = json.loads(spec.body) if spec.body else {}
    return Operation(
        spec.method,
        spec.path,
        EVIDENCE[spec.evidence],
        spec.source,
        repeatable=spec.method != "POST" if spec.repeatable is None else spec.repeatable,
        query=tuple(spec.query.items()),
        body=MappingProxyType(dict(body)),
        asked=tuple(spec.asked.items()),
        told=tuple(spec.told.items()),
        entries=spec.entries,
        entry_id=spec.entry_id,
        entity=spec.entity,
        wrap=spec.wrap,
        whole=spec.whole,
        carried=spec.carried,
        accepts=None if spec.accepts is None else frozenset(spec.accepts),
        form=spec.form,
        paging=None if spec.paging is None else _paging(spec.paging),
    )


def _paging(spec: PagingSpec) -> Paging:
    return Paging(
        Style(spec.style),
        start=spec.start or "",
        size=spec.size or "",
        first=spec.first,
        count=spec.count or "",
        next=spec.next or "",
        trusted=spec.trusted,
    )


def _user(spec: UserShapeSpec) -> UserShape:
    return UserShape(
        MappingProxyType({prop: _field(each) for prop, each in fields_of(spec)}),
        id=spec.id,
        numeric=spec.id_type == "number",
        deleted=None if spec.deleted is None else _deleted(spec.deleted),
        pins=spec.pins or "",
    )


def _field(spec: FieldSpec) -> FieldShape:
    key = spec.key or ""
    return FieldShape(
        key,
        "" if spec.read_only else spec.written or key,
        item=spec.item or "",
        joined=spec.joined or "",
        reference=Reference(spec.by),
    )


def _deleted(spec: DeletedSpec) -> Deleted:
    return Deleted(spec.key, frozenset(spec.when), frozenset(spec.otherwise))


def _group(spec: GroupShapeSpec) -> GroupShape:
    return GroupShape(
        path=spec.path or "",
        id=spec.id,
        numeric=spec.id_type == "number",
        name=spec.name or "",
        parent=spec.parent or "",
        separator=spec.separator,
    )
