"""Situations of real life, a folder each: what comes in, and the plan that must come out, in every format.

A folder holds manifests and files, and MyQ's side as ``export.csv`` or as ``state.json``, which is loaded
into the simulator. ``RECONCILER_REWRITE_GOLDENS=1`` writes the plans anew.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.app import run
from support.golden import Golden
from support.simulator import Simulator

CASES = Path(__file__).parent / "cases"
NOW = "1790000000"
FORMATS = {"json": "plan.json", "text": "plan.txt", "markdown": "plan.md"}
_CHANGING = ("commit", "created", "digest", "expires", "manifests", "tool")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_OF_BYTES = re.compile(r"; (?:bytes: \d+|sha256: [0-9a-f]{12}\.\.\.)")
"""What says how a file's lines end, which another system may have changed."""


@pytest.fixture
def project(
    request: pytest.FixtureRequest, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the case, with a simulator that holds its state."""
    case: Path = request.param
    shutil.copytree(case, tmp_path, dirs_exist_ok=True)
    state = case / "state.json"
    if state.exists():
        held = json.loads(state.read_bytes())
        simulator.seed(held["users"], held["groups"])
        target = tmp_path / "sources.d" / "target.yaml"
        text = target.read_text(encoding="utf-8").replace("http://127.0.0.1:8090", simulator.url)
        target.write_text(text, encoding="utf-8", newline="\n")
    monkeypatch.setenv("MYQ_CLIENT_SECRET", simulator.client_secret)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", NOW)
    monkeypatch.setenv("RECONCILER_PSEUDONYM_KEY", "a key of the tests")
    return tmp_path


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("case", "project"),
    [pytest.param(each, each, id=each.name) for each in sorted(CASES.iterdir())],
    indirect=["project"],
)
def test_the_plan_of(
    case: Path, project: Path, form: str, golden: Golden, capfd: pytest.CaptureFixture[str]
) -> None:
    code = run(["plan", "-C", str(project), "--format", form, "--limit", "0"])
    out, err = capfd.readouterr()
    assert code in {0, 3}, err
    plain = _OF_BYTES.sub("", _DIGEST.sub("sha256:...", out))
    told = _lasting(out) if form == "json" else f"{plain}\n[exit code {code}]\n"
    golden(case / FORMATS[form], told)


def _lasting(out: str) -> str:
    """Return a plan without what another day or another machine would change."""
    document: dict[str, Any] = json.loads(out)
    for key in _CHANGING:
        del document[key]
    for source in document["sources"]:
        source["facts"] = [fact for fact in source["facts"] if fact["name"] not in {"bytes", "sha256"}]
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


@pytest.mark.parametrize(
    ("case", "project"),
    [
        pytest.param(each, each, id=each.name)
        for each in sorted(CASES.iterdir())
        if (each / "state.json").exists()
    ],
    indirect=["project"],
)
def test_what_is_approved_of_it_is_applied_and_nothing_is_left(
    case: Path, project: Path, tmp_path: Path
) -> None:
    tripped = {
        guard["guard"]
        for guard in json.loads((case / "plan.json").read_bytes())["guards"]
        if guard["tripped"]
    }
    waived = [word for guard in sorted(tripped) for word in ("--waive", guard)]
    why = ["--reason", "it is meant"] if waived else []
    plan, approval = str(tmp_path / "a.plan.json"), str(tmp_path / "a.approval.json")
    where = ["-C", str(project)]
    assert run(["plan", *where, "--out", plan]) == (3 if waived else 0)
    assert run(["approve", plan, "--out", approval, "--by", "colleague@uni.example", *waived, *why]) == 0
    assert run(["apply", *where, "--approval", approval]) == 0
    assert run(["plan", *where, "--detailed-exitcode"]) == 0
