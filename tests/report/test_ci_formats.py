"""Plans as CI shows them: few findings, beside the lines that ask, and nobody's name in them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from reconciler.core.change import Action, Change
from reconciler.core.guards import Verdict
from reconciler.core.plan import Plan
from reconciler.core.render.view import View
from reconciler.report import render_plan
from reconciler.report.ci import RULES
from support.golden import Golden
from support.plans import HOSTILE, STAMP, TARGET, a_plan, field, plans

GOLDEN = Path(__file__).parent / "golden"
DIGEST = "sha256:" + "d" * 64
ENDINGS = {"junit": "xml", "sarif": "sarif.json", "github": "github.txt"}
KEYED = View(key=b"a key of this project", file="plan.json")


def shown(plan: Plan, form: str, view: View = KEYED) -> str:
    return render_plan(plan, DIGEST, form, view=view)


def everything() -> Plan:
    return replace(a_plan(), unreachable={"update/bob": "an import cannot clear the email"})


@pytest.mark.parametrize("form", ENDINGS)
def test_a_plan_with_one_of_everything(golden: Golden, form: str) -> None:
    golden(GOLDEN / f"plan.{ENDINGS[form]}", shown(everything(), form))


@pytest.mark.parametrize("form", ENDINGS)
def test_a_plan_with_nothing_to_do(golden: Golden, form: str) -> None:
    golden(GOLDEN / f"nothing.{ENDINGS[form]}", shown(Plan(TARGET, STAMP, (), (), (), ()), form))


@pytest.mark.parametrize("form", ENDINGS)
def test_nobody_is_named(form: str) -> None:
    text = shown(everything(), form)
    for name in (*HOSTILE, "bob", "carol", "Ødegård", "lea", "moritz", "people.csv"):
        assert name not in text, name


@given(plan=plans)
def test_every_annotation_is_one_command_at_one_place(plan: Plan) -> None:
    for line in shown(plan, "github").splitlines():
        _, head, message = line.split("::", 2)
        level, _, settings = head.partition(" ")
        assert level in {"error", "warning", "notice"}
        assert settings.startswith("file=")
        assert message
        assert line.isprintable()


@given(plan=plans)
def test_junit_fails_where_a_guard_does(plan: Plan) -> None:
    suites = ET.fromstring(shown(plan, "junit"))  # noqa: S314  # it is our own
    guards = suites.find("testsuite[@name='guards']")
    assert guards is not None
    assert len(guards.findall("testcase/failure")) == len(plan.tripped)
    for suite in suites:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))


@given(plan=plans)
def test_sarif_has_the_form_of_its_standard(plan: Plan) -> None:
    (run,) = json.loads(shown(plan, "sarif"))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == list(RULES)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"].isascii()
        assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 0


def test_a_guard_is_shown_at_the_line_that_asks_for_most_of_its_source() -> None:
    def changes(source: str, line: int, count: int) -> list[Change]:
        return [
            Change(Action.UPDATE, f"{source}{n}", (field("email", "a", "b", line),), source=source)
            for n in range(count)
        ]

    verdicts = tuple(
        Verdict("updates", scope, 9, 9, "1", tripped=True, message="") for scope in ("hr", "", "unheard of")
    )
    many = (*changes("hr", 3, 2), *changes("guests", 7, 5))
    plan = Plan(TARGET, STAMP, (), verdicts, many, ())
    lines = shown(plan, "github").splitlines()[:3]
    assert [line.partition(",col")[0].rpartition("line=")[2] for line in lines] == ["3", "7", "7"]


def test_a_hundred_thousand_changes_are_a_few_findings() -> None:
    changes = tuple(
        Change(Action.UPDATE, f"user{n}", (field("email", "a", str(n), 9),), "people says otherwise")
        for n in range(100_000)
    )
    plan = Plan(TARGET, STAMP, (), (), changes, ())
    assert shown(plan, "github") == (
        "::notice file=sources.d/people.yaml,line=9,col=5,title=plan::"
        "this line would change email of 100,000 accounts\n"
    )
    assert len(json.loads(shown(plan, "sarif"))["runs"][0]["results"]) == 1
    assert len(shown(plan, "junit")) < 1_000


def test_no_more_notices_than_github_shows_and_every_guard_before_them() -> None:
    changes = tuple(
        Change(Action.UPDATE, f"user{n}", (field("email", "a", "b", n + 1),), "people says otherwise")
        for n in range(30)
    )
    verdict = Verdict("updates", "", 30, 30, "30 %", tripped=True, message="")
    lines = shown(Plan(TARGET, STAMP, (), (verdict,), changes, ()), "github").splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", *["::notice"] * 10]


def test_only_what_the_view_shows_is_told() -> None:
    view = View(sources=frozenset({"guests"}))
    assert "sources.d/people.yaml,line=9" not in shown(a_plan(), "github", view)
