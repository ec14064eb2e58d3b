"""Change the core a little, again and again, and see whether the tests notice.

``python -m tests.mutation [MODULE...] [--sample N --seed S] [--jobs N] [--at-least PERCENT]``. Each
mutant is a JSON line in a file; those that stand there as killed are not tried again, so a run that was
cut off goes on. Survivors that are no fault of the tests stand in `explained.yaml`, each with why.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import yaml

from tests.mutation.mutations import Mutant, mutants
from tests.mutation.trial import CORE, ROOT, WHOLE, Verdict, attempt, warm_up

PACKAGE = ROOT / "reconciler" / "core"
EXPLAINED = Path(__file__).with_name("explained.yaml")
PRESENTATION = ("render", "explain")
"""What only shows decisions; golden files look at it, and a changed word there removes nobody."""

_IN_A_ROW = 25

OWN_TESTS = {
    "change": ("change", "diff"),
    "missing": ("missing", "rungs", "diff"),
    "evidence": ("evidence", "missing", "history"),
    "history": ("history", "missing", "rungs"),
    "desired": ("desired", "diff"),
    "rungs": ("rungs", "missing"),
    "identity": ("identity", "diff"),
    "pairing": ("pairing", "diff"),
    "settle": ("settle", "diff"),
    "diff": ("diff", "missing", "pins", "revert"),
    "outcome": ("outcome", "revert"),
    "rules": ("rules", "desired", "mapping", "diff"),
    "assumptions": ("assumptions", "identity", "unique", "pairing"),
    "notice": ("notice", "diff"),
    "waiver": ("waivers", "approval"),
    "drift": ("drift_manifests", "drift_causes"),
    "lens": ("drift_causes",),
    "sight": ("drift_causes", "drift_manifests"),
    "marks": ("undone",),
    "moves": ("trees", "laws"),
    "moves_back": ("moves_back", "revert"),
    "tree": ("trees",),
    "columns": ("mapping",),
    "carried": ("backtest",),
    "both": ("both",),
    "groups": ("groups", "mapping"),
    "found": ("found",),
    "times": ("history", "rungs", "freshness"),
    "guards.accounting": ("guards",),
    "guards.amounts": ("guards",),
    "guards.identities": ("guards_of_identities", "guards"),
    "guards.flapping": ("undone",),
    "guards.likeness": ("lookalikes", "guards"),
    "guards.names": ("guards",),
    "guards.protected": ("guards",),
    "guards.question": ("guards", "waivers"),
    "guards.waivers": ("waivers",),
    "guards.window": ("window", "guards"),
    "guards": ("guards", "waivers"),
}
"""The tests that are asked first, where they are not named like the module."""

FARTHER = {
    "drift": ("cli/test_drift.py",),
    "found": ("myq/test_apply.py",),
    "moves_back": ("cli/test_revert.py",),
    "pins": ("pipeline/test_pins_handed_over.py",),
    "sight": ("cli/test_drift.py",),
}
"""Tests outside the core that hold a module as well; they are asked last, with the cases of whole plans."""


class Tried(NamedTuple):
    """A mutant and what the tests said."""

    mutant: Mutant
    verdict: Verdict


def main(arguments: list[str]) -> int:
    """Try what is asked for, and print the score; 1 when it is too low."""
    asked = _asked(arguments)
    excused = explained()
    known = {} if asked.afresh else _known(asked.out) | dict.fromkeys(excused, Verdict.SURVIVED)
    warm_up()
    trying = partial(_try_part, known=known, depth=asked.depth, out=asked.out)
    parts = list(_parts(chosen(asked.modules, asked.sample, asked.seed)))
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("fork")) as pool:
        tried = list(chain.from_iterable(pool.map(trying, parts)))
    text, percent = score(tried, excused)
    gone = [f"explained, and no longer there: {module}: {name}" for module, name in unmade(excused)]
    print("\n".join([*gone, text]))  # noqa: T201 - this is what it is for
    return 0 if percent >= asked.at_least and not gone else 1


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    add = parser.add_argument
    add("modules", nargs="*", help="`missing`, `guards.amounts`, ...; the whole core unless named")
    add("--sample", type=int, default=0, metavar="N", help="so many mutants, by chance; all unless given")
    add("--seed", type=int, default=1, metavar="S", help="another one draws another sample")
    add("--out", type=Path, default=ROOT / "build" / "mutation.jsonl", help="where the results are kept")
    add(
        "--afresh",
        action="store_true",
        help="try those again whose fate is known, and those that are explained",
    )
    add(
        "--depth",
        type=int,
        choices=(1, 2, 3),
        default=3,
        help="how far to ask: 1 a module's own tests, 2 all of the core, 3 the cases of whole plans",
    )
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="so many at a time")
    add("--at-least", type=float, default=0, metavar="PERCENT", help="end with 1 when fewer are killed")
    asked = parser.parse_args(arguments)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    return asked


def modules() -> dict[str, Path]:
    """Return the modules that decide, by their names below `reconciler.core`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name and parts[0] not in PRESENTATION:
            found[name] = path
    return found


def mutants_of(name: str) -> Iterator[tuple[Mutant, ast.Module]]:
    """Yield the mutants of a module, and the tree that each is while it is yielded."""
    tree = ast.parse(modules()[name].read_text(encoding="utf-8"))
    for mutant in mutants(tree, name):
        yield mutant, tree


def chosen(names: list[str], sample: int, seed: int) -> dict[str, list[str]]:
    """Return the names of the mutants to try, by module."""
    everywhere = {name: [one.name for one, _ in mutants_of(name)] for name in names or modules()}
    if not sample:
        return everywhere
    all_of_them = [(module, name) for module, found in everywhere.items() for name in found]
    drawn: dict[str, list[str]] = {module: [] for module in everywhere}
    chance = random.Random(seed)  # noqa: S311 - it guards nothing
    for module, name in chance.sample(all_of_them, min(sample, len(all_of_them))):
        drawn[module].append(name)
    return {module: found for module, found in drawn.items() if found}


def nearest(name: str) -> list[str]:
    """Return the tests that are asked first of a module: those of its name, or those that `OWN_TESTS` has."""
    near = OWN_TESTS.get(name, (name.rpartition(".")[2],))
    named = [f"tests/core/test_{one}.py" for one in near]
    there = [one for one in named if name in OWN_TESTS or (ROOT / one).exists()] or [
        "tests/core/test_laws.py"
    ]
    return [*there, "tests/core/test_words_of_files.py"]


def explained() -> dict[tuple[str, str], str]:
    """Return why some mutants need no test, by module and name."""
    entries = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))
    return {(entry["module"], entry["mutant"]): entry["why"] for entry in entries}


def unmade(excused: dict[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Return the mutants that are explained, and that no module gives any more."""
    made = {
        module: {one.name for one, _ in mutants_of(module)} for module, _ in excused if module in modules()
    }
    return [(module, name) for module, name in excused if name not in made.get(module, ())]


def score(tried: list[Tried], excused: dict[tuple[str, str], str]) -> tuple[str, float]:
    """Return the score of each module and the survivors in words, and the percentage of all."""
    totals: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    survivors: list[str] = []
    equivalent = 0
    for mutant, verdict in tried:
        if verdict is Verdict.SURVIVED and (mutant.module, mutant.name) in excused:
            equivalent += 1
            continue
        totals[mutant.module] += 1
        if verdict is Verdict.SURVIVED:
            survivors.append(f"survived: {mutant.module}:{mutant.line}: {mutant.name}")
        else:
            killed[mutant.module] += 1
    percent = 100 * killed.total() / totals.total() if totals else 0.0
    lines = [f"{killed[module]:5} of {count:5}  {module}" for module, count in totals.items()]
    lines.append(f"{killed.total():5} of {totals.total():5}  killed, {percent:.1f} %; {equivalent} explained")
    return "\n".join([*survivors, *lines]), percent


def _known(out: Path) -> dict[tuple[str, str], Verdict]:
    """Return who was killed in a run before; who survived is tried again, since there may be a test now."""
    if not out.exists():
        return {}
    lines = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    ended = {(line["module"], line["name"]): Verdict(line["verdict"]) for line in lines}
    return {key: verdict for key, verdict in ended.items() if verdict is not Verdict.SURVIVED}


def _parts(wanted: dict[str, list[str]]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the mutants of each module, so many of them as one process tries in a row."""
    for name, mutants_wanted in wanted.items():
        for at in range(0, len(mutants_wanted), _IN_A_ROW):
            yield name, frozenset(mutants_wanted[at : at + _IN_A_ROW])


def _try_part(
    part: tuple[str, frozenset[str]], *, known: dict[tuple[str, str], Verdict], depth: int, out: Path
) -> list[Tried]:
    """Try some mutants of one module, and write down each verdict at once."""
    tried = []
    with out.open("a", encoding="utf-8") as lines:
        for one in _try_module(*part, known, depth=depth):
            tried.append(one)
            print(json.dumps({**one.mutant._asdict(), "verdict": one.verdict}), file=lines, flush=True)
    return tried


def _try_module(
    name: str, wanted: frozenset[str], known: dict[tuple[str, str], Verdict], *, depth: int
) -> Iterator[Tried]:
    stages = [
        (*CORE, *nearest(name)),
        (*CORE, "--ignore=tests/core/render", "tests/core"),
        (*WHOLE, "tests/test_cases_of_plans.py", *(f"tests/{one}" for one in FARTHER.get(name, ()))),
    ][:depth]
    limits: dict[int, int] = {}
    for mutant, tree in mutants_of(name):
        if mutant.name in wanted and (name, mutant.name) in known:
            yield Tried(mutant, known[name, mutant.name])
        elif mutant.name in wanted:
            code = compile(tree, str(modules()[name]), "exec", dont_inherit=True)
            yield Tried(mutant, _verdict(f"reconciler.core.{name}", code, stages, limits))


def _verdict(module: str, code: CodeType, stages: list[tuple[str, ...]], limits: dict[int, int]) -> Verdict:
    """Ask the nearest tests first, and further ones only of what has survived so far."""
    for at, tests in enumerate(stages):
        if at not in limits:
            limits[at] = _allowance(tests)
        trial = attempt(tests, module, code, seconds=limits[at])
        if trial.verdict is not Verdict.SURVIVED:
            return trial.verdict
    return Verdict.SURVIVED


def _allowance(tests: tuple[str, ...]) -> int:
    """Return how long a mutant may compute; the program as it is must pass, or no verdict means anything."""
    trial = attempt(tests)
    if trial.verdict is not Verdict.SURVIVED:
        sys.exit(f"without any change these tests fail: {' '.join(tests)}")
    return int(trial.seconds * 4) + 5


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
