from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Place, Problem
from reconciler.manifest.report import RENDERERS
from support.golden import Golden

REPORTS = Path(__file__).parent / "reports"

PROBLEMS = (
    Problem(Place("sources.d"), "the folder holds no manifest", "write one"),
    Problem(Place("sources.d/a b,c:d.yaml", 3), "unknown key 'sorce'", "did you mean 'source'?"),
    Problem(
        Place("sources.d/a.yaml", 4, 7), "50 % of <b>'x' & \"y\"</b>\x1b[31m\r\n::error::z", "a\u202eb\ud800"
    ),
)
EXTENSIONS = {"text": "txt", "json": "json", "sarif": "sarif.json", "junit": "xml", "github": "github.txt"}

anything = st.text(st.characters(), max_size=30)
problems = st.lists(
    st.builds(
        Problem,
        st.builds(Place, anything, st.integers(0, 99), st.integers(0, 99)),
        anything,
        anything,
    ),
    max_size=4,
)


@pytest.mark.parametrize("form", list(RENDERERS))
def test_reports(form: str, golden: Golden) -> None:
    golden(REPORTS / f"problems.{EXTENSIONS[form]}", RENDERERS[form](PROBLEMS))


@pytest.mark.parametrize("form", list(RENDERERS))
def test_reports_of_nothing(form: str, golden: Golden) -> None:
    golden(REPORTS / f"nothing.{EXTENSIONS[form]}", RENDERERS[form](()))


@given(problems)
def test_a_text_report_has_two_lines_a_problem(found: list[Problem]) -> None:
    lines = RENDERERS["text"](found).split("\n")
    assert len(lines) == 2 * len(found) + 1
    assert all(line.startswith("  hint: ") for line in lines[1::2])


@pytest.mark.parametrize("form", list(RENDERERS))
@given(found=problems)
def test_no_report_holds_what_a_terminal_would_obey(form: str, found: list[Problem]) -> None:
    report = RENDERERS[form](found)
    assert not any(
        ord(character) < 32 or 127 <= ord(character) < 160 for character in report.replace("\n", "")
    )
    report.encode("utf-8")


@given(problems)
def test_every_annotation_is_one_command(found: list[Problem]) -> None:
    lines = RENDERERS["github"](found).splitlines()
    assert len(lines) == len(found)
    for line, problem in zip(lines, found, strict=True):
        command, settings, _ = line.removeprefix("::").split(":", 1)[0], line.split("::")[1], line
        assert command.startswith("error file=")
        assert settings.count(",") == (2 if problem.place.line else 0)


@given(problems)
def test_junit_counts_what_failed(found: list[Problem]) -> None:
    suite = ET.fromstring(RENDERERS["junit"](found))[0]  # noqa: S314  # it is our own
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) == str(len(found))
    assert suite.get("tests") == str(len(suite.findall("testcase"))) == str(max(1, len(found)))


@given(problems)
def test_json_holds_every_problem(found: list[Problem]) -> None:
    report = json.loads(RENDERERS["json"](found))
    assert [(each["line"], each["column"]) for each in report["problems"]] == [
        (each.place.line, each.place.column) for each in found
    ]
    assert all(set(each) == {"file", "line", "column", "message", "hint"} for each in report["problems"])


@given(problems)
def test_sarif_has_the_form_of_its_standard(found: list[Problem]) -> None:
    report = json.loads(RENDERERS["sarif"](found))
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == len(found)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] == "error"
        assert isinstance(result["message"]["text"], str)
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"].isascii()
        assert " " not in place["artifactLocation"]["uri"]
        if "region" in place:
            assert place["region"]["startLine"] >= 1
            assert place["region"]["startColumn"] >= 1
