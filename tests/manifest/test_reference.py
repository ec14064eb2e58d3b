from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from reconciler.errors import Problem
from reconciler.manifest.load import File, build
from reconciler.manifest.models import SOURCES, SPECS
from reconciler.manifest.reference import Row, reference, rows
from reconciler.manifest.reference_sources import IN_MYQ, TYPES
from reconciler.manifest.schema import manifest_schema
from support.golden import Golden
from support.manifests import CHECKER

PAGE = Path(__file__).parents[2] / "docs" / "manifests.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", reference(), re.MULTILINE | re.DOTALL)
DOCUMENTS = [text for text in EXAMPLES if "kind:" in text]
KEYS = re.findall(r"^\| `(.+?)` \| .* \|$", reference(), re.MULTILINE)


def test_the_reference_is_current(golden: Golden) -> None:
    golden(PAGE, reference())


def test_the_examples_are_a_project_without_a_mistake() -> None:
    problems: list[Problem] = []
    file = File("sources.d/all.yaml", "---\n".join(DOCUMENTS).encode())
    (project,) = build((file,), CHECKER, problems)
    assert problems == []
    assert {rules.kind for rules, _ in project.sources} == SOURCES.keys()


def test_every_kind_has_an_example() -> None:
    kinds = [yaml.safe_load(text)["kind"] for text in DOCUMENTS]
    assert set(kinds) == {"Source", *SPECS}


def test_every_kind_of_source_is_introduced() -> None:
    assert SOURCES.keys() <= TYPES.keys()


def test_every_key_has_a_meaning() -> None:
    silent = re.findall(
        r"^\| `([^`]+)` \| [^|]* \| [^|]* \|  \|", reference().replace(r"\|", "/"), re.MULTILINE
    )
    assert silent == []


@pytest.mark.parametrize("section", [pytest.param(each, id=each) for each in IN_MYQ])
def test_what_myq_calls_a_key_is_told_of_a_key_there_is(section: str) -> None:
    assert set(IN_MYQ[section]) <= set(KEYS)


def test_a_model_in_itself_is_told_once() -> None:
    paths = [row.path for row in told("GroupTreeSpec")]
    assert paths == ["under", "groups", "groups[].name", "groups[].previously", "groups[].groups", "targets"]


def test_of_alternatives_each_says_what_it_requires() -> None:
    unwritten = {row.path: row.unwritten for row in told("EntraSpec") if row.path.startswith("signIn")}
    assert unwritten["signIn"] == "**required**"
    assert unwritten["signIn.secret"] == unwritten["signIn.certificate"] == "one of these"
    assert unwritten["signIn.certificate.file"] == "**required**"
    assert unwritten["signIn.certificate.passphrase"] == ""


@pytest.mark.parametrize(
    ("model", "path", "sort", "unwritten"),
    [
        pytest.param("CsvSpec", "type", "`csv`", "**required**", id="a word that must be this one"),
        pytest.param("CsvSpec", "delimiter", "`,`, `;`, `|`, `tab`", "`,`", id="words to choose from"),
        pytest.param("CsvSpec", "encodingCheck", "`true` or `false`", "`true`", id="yes or no"),
        pytest.param("GraceSpec", "days", "number 0 to 3650", "`1`", id="a number with limits"),
        pytest.param(
            "Expect", "minimumRecords", "whole number 0 or more", "`1`", id="a number from a least one"
        ),
        pytest.param("Lookup", "table", "table: text to text", "**required**", id="a table"),
        pytest.param("SourceOptions", "importGroupsUnder", "group path", "", id="a path of groups"),
        pytest.param("SourceOptions", "pairBy[]", "", "", id="a list has no key of its own"),
        pytest.param(
            "RestAccess",
            "clientSecret",
            "where a secret is found",
            "**required**",
            id="a reference to a secret",
        ),
        pytest.param(
            "CsvSpec", "mapping", "keys of a [Mapping](#mapping) or name", "**required**", id="a link"
        ),
    ],
)
def test_a_key_is_told_in_words(model: str, path: str, sort: str, unwritten: str) -> None:
    found = [row for row in told(model) if row.path == path]
    assert [(row.sort, row.unwritten) for row in found] == ([(sort, unwritten)] if sort else [])


def told(model: str) -> list[Row]:
    return rows(manifest_schema()["definitions"], model)
