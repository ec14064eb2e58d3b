"""A copy of the example project whose target is the running simulator, and the command line in-process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.app import run
from support.simulator import Simulator

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "sources.d"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command line came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder, and what runs commands on it; `myq` is its server."""

    folder: Path
    myq: Simulator
    capture: Callable[[], tuple[str, str]]

    def __call__(self, *arguments: str, code: int | None = 0) -> Ended:
        """Run ``reconciler ARGUMENTS -C FOLDER``; fail unless it ends with the code (None: any)."""
        self.capture()
        ended = run([*arguments, *self._where(arguments[0])])
        out, err = self.capture()
        if code is not None and ended != code:
            pytest.fail(f"{arguments} ended with {ended}, not {code}\n{out}\n{err}")
        return Ended(ended, out, err)

    def path(self, name: str) -> Path:
        """Return a file of the project."""
        return self.folder / name

    def manifest(self, name: str, old: str, new: str) -> None:
        """Change a manifest, in one place that must be there."""
        path = self.folder / "sources.d" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    def planned(self, *arguments: str, code: int | None = None) -> str:
        """Make a plan file and return its path."""
        path = str(self.path("a.plan.json"))
        self("plan", "--out", path, *arguments, code=code)
        return path

    def approved(self, *arguments: str) -> str:
        """Plan, approve it as told, and return the approval's path."""
        plan = self.planned()
        path = str(self.path("a.approval.json"))
        self("approve", plan, "--out", path, "--by", "colleague@uni.example", *arguments)
        return path

    def ids(self) -> list[str]:
        """Return the ids of all changes that are needed now."""
        return [*self.effects()]

    def effects(self) -> dict[str, str]:
        """Return the effects of all changes that are needed now, by ids; those follow an account's name."""
        plan = self.planned()
        changes = json.loads(Path(plan).read_bytes())["changes"]
        return {change["id"]: change["effect"] for change in changes}

    def _where(self, command: str) -> list[str]:
        return [] if command in {"approve", "show", "schema"} else ["-C", str(self.folder)]


@pytest.fixture
def project(
    tmp_path: Path,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Project:
    """The example, its people in the simulator, nothing applied yet."""
    shutil.copytree(EXAMPLE, tmp_path / "sources.d")
    seed = json.loads((EXAMPLE / "data" / "myq.json").read_bytes())
    simulator.seed(seed["users"], seed["groups"])
    monkeypatch.setenv("MYQ_CLIENT_SECRET", simulator.client_secret)
    for name in ("RECONCILER_DIRECTORY", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    made = Project(tmp_path, simulator, capfd.readouterr)
    made.manifest("target.yaml", "http://127.0.0.1:8090", simulator.url)
    return made
