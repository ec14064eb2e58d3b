from __future__ import annotations

from typing import Literal

import pytest
from pydantic import model_validator

from reconciler.errors import Problem
from reconciler.manifest.check import Checker, _document_path
from reconciler.manifest.load import File, build
from reconciler.manifest.models import source_specs
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.spec import SourceSpec
from support.manifests import TARGET, complaints, document, source


class TwinsSpec(SourceSpec):
    """A kind of source whose model has rules of its own."""

    type: Literal["twins"]
    first: str = ""
    second: str = ""

    @model_validator(mode="after")
    def _differ(self) -> TwinsSpec:
        if self.first == self.second == "fact":
            raise ValueError("the twins are the same")
        if self.first == self.second:
            raise ValueError("the twins are the same", "name two")
        return self

    def reader(self, surroundings: Surroundings) -> Reader:
        raise NotImplementedError(surroundings)


def twins(spec: str) -> list[Problem]:
    problems: list[Problem] = []
    twin = document("Source", f"type: twins\nmapping: {{userName: U}}\n{spec}")
    text = f"{TARGET}---\n{twin}"
    build((File("a.yaml", text.encode()),), Checker(source_specs(TwinsSpec)), problems)
    return problems


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        pytest.param("first: a\nsecond: a", "name two", id="with-a-remedy"),
        pytest.param("first: fact\nsecond: fact", "see the descriptions in schemas", id="without-one"),
    ],
)
def test_a_rule_of_a_model_is_a_problem_of_the_document(spec: str, hint: str) -> None:
    (problem,) = twins(spec)
    assert problem.message == "spec: the twins are the same"
    assert problem.hint.startswith(hint)
    assert str(problem.place) == "a.yaml:11:1"


def test_one_kind_of_source_is_enough() -> None:
    assert twins("first: a") == []


def test_a_line_end_after_a_name_is_no_part_of_a_name() -> None:
    (message,) = complaints(source(mapping='"people\\n"'))
    assert message == r"spec.mapping: 'people\n' is no name"


def test_branches_of_unions_are_no_part_of_a_path() -> None:
    content = {"spec": {"mapping": {"cards": {"filters": ["first"]}}}}
    location = ("spec", "csv", "mapping", "MappingSpec", "cards", "filters", 0, "literal", 7)
    assert _document_path(location, content) == ("spec", "mapping", "cards", "filters", 0)
