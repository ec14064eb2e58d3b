"""The mutation run: what it changes, what it counts, and that it knows a test that fails."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import (
    OWN_TESTS,
    Tried,
    chosen,
    explained,
    modules,
    mutants_of,
    nearest,
    score,
    unmade,
)
from tests.mutation.mutations import Mutant, mutants
from tests.mutation.trial import Verdict

ROOT = Path(__file__).parent.parent


def _made(code: str) -> list[str]:
    tree = ast.parse(code)
    return [ast.unparse(tree) for _ in mutants(tree, "m")]


@pytest.mark.parametrize(
    ("code", "made"),
    [
        pytest.param("x = a == b", ["x = a != b"], id="an-equality"),
        pytest.param("x = a < b", ["x = a <= b"], id="a-limit-moves-by-one"),
        pytest.param("x = a >= b", ["x = a > b"], id="a-limit-from-below"),
        pytest.param("x = a is b", ["x = a is not b"], id="an-identity"),
        pytest.param("x = a in b", ["x = a not in b"], id="a-membership"),
        pytest.param("x = a < b < c", [], id="chains-are-left-alone"),
        pytest.param(
            "x = a and b and c", ["x = b and c", "x = a and c", "x = a and b"], id="a-condition-is-left-out"
        ),
        pytest.param("x = a or b", ["x = b", "x = a"], id="an-alternative-is-left-out"),
        pytest.param("x = not a", ["x = a"], id="a-negation"),
        pytest.param("x = a | b", ["x = a", "x = a & b"], id="a-union"),
        pytest.param("x = a - b", ["x = a"], id="a-difference"),
        pytest.param("x = a + b", ["x = a", "x = b"], id="a-sum"),
        pytest.param("x = a * b", ["x = a", "x = a / b"], id="a-product"),
        pytest.param("x = True", ["x = False"], id="a-truth"),
        pytest.param("x = 5", ["x = 6"], id="a-number"),
        pytest.param("x = 'word'", ["x = 'word-mutated'"], id="a-word"),
        pytest.param("x = 'a sentence'", [], id="sentences-are-for-golden-files"),
        pytest.param("x = any(a)", ["x = all(a)"], id="one-or-all"),
        pytest.param("x = sorted(a, key=k)", ["x = list(a)", "x = sorted(a)"], id="an-order"),
        pytest.param("x = a.issubset(b)", ["x = a.issuperset(b)"], id="a-method"),
        pytest.param("x = a.strip()", ["x = a"], id="a-method-that-cleans"),
        pytest.param("x = f(a, b=c)", ["x = f(a)"], id="an-argument-is-left-to-its-default"),
        pytest.param("x = f(a, strict=True)", [], id="what-only-checks-ourselves"),
        pytest.param("x = {a, b}", ["x = {b}", "x = {a}"], id="a-member-of-a-set"),
        pytest.param("x = {a: b, c: d}", ["x = {c: d}", "x = {a: b}"], id="a-pair-of-a-mapping"),
        pytest.param("X = (a, b)", ["X = (b,)", "X = (a,)"], id="a-row-of-a-table"),
        pytest.param("a.append(b)", ["pass"], id="a-statement"),
        pytest.param("raise a", ["pass"], id="an-error"),
        pytest.param("if a:\n    b = c", ["if not a:\n    b = c"], id="a-branch"),
        pytest.param("while a:\n    b = c", ["while not a:\n    b = c"], id="a-loop"),
        pytest.param(
            "for a in b:\n    continue",
            ["for a in b:\n    pass", "for a in b:\n    break"],
            id="what-is-passed-over",
        ),
        pytest.param("x = [a for a in b if c(a)]", ["x = [a for a in b if not c(a)]"], id="a-filter"),
        pytest.param("x = a if b else c", ["x = a if not b else c"], id="a-choice"),
        pytest.param("def f():\n    return g(a)", ["def f():\n    return None"], id="an-answer"),
        pytest.param("x = f'of {a + b} m'", ["x = f'of {a} m'", "x = f'of {b} m'"], id="within-a-text"),
        pytest.param("'''What it is.'''", [], id="docstrings-decide-nothing"),
        pytest.param("def f(a: b | c) -> b | c:\n    pass", [], id="nor-do-annotations"),
        pytest.param("@dataclass(frozen=True)\nclass A:\n    pass", [], id="nor-do-decorators"),
    ],
)
def test_what_is_changed(code: str, made: list[str]) -> None:
    assert _made(code) == made


def test_the_tree_is_as_it_was_after_all_changes() -> None:
    path = modules()["missing"]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    before = ast.dump(tree)
    assert {ast.dump(tree) == before for _ in mutants(tree, "missing")} == {False}
    assert ast.dump(tree) == before


def test_a_mutant_keeps_its_name_when_lines_move() -> None:
    code = "def f(a):\n    return a == 1 or a == 1\n"
    names = [one.name for one in mutants(ast.parse(code), "m")]
    assert names == [one.name for one in mutants(ast.parse(f"\n\n{code}"), "m")]
    assert len(set(names)) == len(names)
    assert "f: a == 1 -> a != 1 #2" in names


def test_what_is_explained_and_can_no_longer_be_made_is_told() -> None:
    there = next(one.name for one, _ in mutants_of("times"))
    excused = {("times", there): "why", ("times", "f: x -> y"): "why", ("nowhere", "f: x -> y"): "why"}
    assert unmade(excused) == [("times", "f: x -> y"), ("nowhere", "f: x -> y")]
    assert all(why for why in explained().values())


def test_every_module_of_the_core_that_decides_has_tests_that_are_asked_first() -> None:
    assert OWN_TESTS.keys() <= modules().keys()
    asked = [one for name in modules() for one in nearest(name)]
    assert [one for one in asked if not (ROOT / one).exists()] == []


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    first = chosen(["times", "reach"], 5, 1)
    assert sum(map(len, first.values())) == 5
    assert first == chosen(["times", "reach"], 5, 1)
    assert first != chosen(["times", "reach"], 5, 2)


def test_the_score_counts_what_nobody_explains() -> None:
    tried = [
        Tried(Mutant("a", 1, "f: x"), Verdict.KILLED),
        Tried(Mutant("a", 2, "f: y"), Verdict.SURVIVED),
        Tried(Mutant("b", 3, "f: z"), Verdict.SURVIVED),
        Tried(Mutant("b", 4, "f: w"), Verdict.TIMEOUT),
    ]
    text, percent = score(tried, {("b", "f: z"): "it changes nothing"})
    assert text.splitlines() == [
        "survived: a:2: f: y",
        "    1 of     2  a",
        "    1 of     1  b",
        "    2 of     3  killed, 66.7 %; 1 explained",
    ]
    assert percent == pytest.approx(66.67, abs=0.01)
    assert score([], {})[1] == 0


def test_a_run_tells_who_is_killed_and_ends_with_1_below_the_score(tmp_path: Path) -> None:
    out = tmp_path / "mutation.jsonl"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.mutation", "times", "--sample", "2", "--depth", "2"]
        command += ["--out", str(out), *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)

    ended = run("--at-least", "100")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "    2 of     2  times\n    2 of     2  killed, 100.0 %; 0 explained\n"
    assert out.read_text(encoding="utf-8").count('"verdict": "killed"') == 2
    assert run("--at-least", "101").returncode == 1
