"""One document against the schema and its model: every mistake with its place, the fact and a remedy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reconciler.errors import Place, Problem
from reconciler.manifest.document import Document, Path, Places
from reconciler.manifest.models import SPECS, Envelope, SourceType
from reconciler.manifest.schema import Shapes, manifest_schema
from reconciler.manifest.typed import typed
from reconciler.manifest.words import spelled_path
from reconciler.sources.spec import SourceSpec
from reconciler.sources.strict import Strict

MAX_PROBLEMS = 100
"""More problems than this in one document are not listed."""


class Manifest(NamedTuple):
    """A document that is right as far as it alone can tell."""

    kind: str
    name: str
    spec: Strict
    places: Places

    def place(self, *path: str | int) -> Place:
        """Return the place of the key at a path below `spec`, or of the nearest value around it."""
        return self.places.key(("spec", *path))

    @property
    def named_at(self) -> Place:
        """The place of the document's name."""
        return self.places.value(("metadata", "name"))


class Checked(NamedTuple):
    """A document's manifest, or None, and the problems that made it so.

    `kind` and `name` are what a document with problems at least seems to be, for the sake of
    those that refer to it.
    """

    manifest: Manifest | None
    problems: tuple[Problem, ...]
    kind: str
    name: str


class Checker:
    """Checks documents against the kinds there are."""

    def __init__(self, sources: Mapping[str, type[SourceSpec]]) -> None:
        self._sources = sources
        self._schema = manifest_schema(sources)
        self._shapes = Shapes(self._schema)

    def check(self, document: Document) -> Checked:
        """Return the document as a manifest, or what is wrong with it."""
        content = typed(self._shapes, self._schema, document.content)
        kind, name = _text(content, "kind"), _text(content, "metadata", "name")
        try:
            Envelope.model_validate_json(json.dumps(content))
        except ValidationError as error:
            return Checked(None, self._problems(content, document.places, error, ()), kind, name)
        spec = content["spec"]
        model = self._sources.get(_text(spec, "type"), SourceType) if kind == "Source" else SPECS[kind]
        try:
            # As JSON: lists become tuples and words become enums there, while all else stays strict.
            parsed = model.model_validate_json(json.dumps(spec))
        except ValidationError as error:
            return Checked(None, self._problems(content, document.places, error, ("spec",)), kind, name)
        return Checked(Manifest(kind, name, parsed, document.places), (), kind, name)

    def _problems(
        self, content: dict[str, Any], places: Places, error: ValidationError, at: Path
    ) -> tuple[Problem, ...]:
        """Return what is wrong in the words of the schema, or, where it sees nothing, of the model."""
        # The schema's library costs a tenth of a second to import, and a right project has no use for it.
        from reconciler.manifest.translate import explained  # noqa: PLC0415  # the reason is above

        found = list(islice(explained(self._schema, self._shapes, content, places), MAX_PROBLEMS))
        if len(found) == MAX_PROBLEMS:
            message = f"{MAX_PROBLEMS} problems were found in this document; there may be more"
            found.append(Problem(places.value(()), message, "mend the others first"))
        if found:
            return tuple(found)
        errors = error.errors(include_url=False, include_input=False)
        return tuple(_model_problem(each, (*at, *each["loc"]), content, places) for each in errors)


def _text(content: Any, *path: str) -> str:  # noqa: ANN401  # a document not known to be right
    for key in path:
        content = content.get(key) if isinstance(content, dict) else None
    return content if isinstance(content, str) else ""


def _model_problem(error: ErrorDetails, location: Path, content: dict[str, Any], places: Places) -> Problem:
    """Return the problem that a model's own rule speaks of: ``ValueError(fact, remedy)``."""
    path = _document_path(location, content)
    raised = error.get("ctx", {}).get("error")
    said = [str(part) for part in raised.args] if isinstance(raised, ValueError) else [error["msg"]]
    hint = said[1] if len(said) > 1 else "see the descriptions in schemas/manifest.schema.json"
    return Problem(places.key(path), f"{spelled_path(path)}: {said[0]}", hint)


def _document_path(location: Path, content: dict[str, Any]) -> Path:
    """Return the path in the document; a location also names the branches of unions, which are left out."""
    path: list[str | int] = []
    value: Any = content
    for step in location:
        inside = (
            step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
        )
        if inside:
            value = value[step]
            path.append(step)
    return tuple(path)
