"""A repository as an organization has it: this tool, its manifests, its workflows, a forge, a MyQ."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.actions import Event, Ran, Runner, git
from support.github import REPOSITORY, GitHub
from support.https import Certificates, HttpsServer
from support.project import Project
from support.simulator import Simulator

ROOT = Path(__file__).parent.parent.parent
NUMBER = 7


@dataclass
class Repository:
    """The repository, and what happens around it."""

    folder: Path
    forge: GitHub
    runner: Runner
    myq: Simulator
    reviews: list[dict[str, Any]] = field(default_factory=list)

    def write(self, name: str, old: str, new: str) -> None:
        """Change a file in one place that must be there, and commit."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")
        self.commit(f"Change {name}")

    def commit(self, words: str) -> str:
        git("add", "--all", folder=self.folder)
        git("commit", "--quiet", "-m", words, folder=self.folder)
        return self.head

    @property
    def head(self) -> str:
        return git("rev-parse", "HEAD", folder=self.folder).strip()

    def branch(self, name: str) -> None:
        """Begin a branch at main."""
        git("checkout", "--quiet", "-B", name, "main", folder=self.folder)

    def pull_request(self, branch: str, *, fork: bool = False) -> dict[str, Ran]:
        """Open or renew the pull request of a branch: run the plan of what would be merged."""
        head = git("rev-parse", branch, folder=self.folder).strip()
        base = git("rev-parse", "main", folder=self.folder).strip()
        git("checkout", "--quiet", "--detach", "main", folder=self.folder)
        git("merge", "--quiet", "--no-ff", "-m", "as it would be merged", branch, folder=self.folder)
        merged = self.head
        git("checkout", "--quiet", branch, folder=self.folder)
        where = "mallory/printing" if fork else REPOSITORY
        about = {"number": NUMBER, "head": {"sha": head, "repo": {"full_name": where}}, "base": {"sha": base}}
        self.forge.pulls[NUMBER] = about
        payload = {"pull_request": about}
        ref = f"refs/pull/{NUMBER}/merge"
        return self.runner.run("plan", Event("pull_request", payload, merged, ref, head=head, fork=fork))

    def queued(self, branch: str) -> dict[str, Ran]:
        """Put the pull request into the merge queue."""
        base = git("rev-parse", "main", folder=self.folder).strip()
        self.branch("queue")
        git("merge", "--quiet", "--no-ff", "-m", "in the queue", branch, folder=self.folder)
        name = f"refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{base}"
        payload = {"merge_group": {"head_ref": name, "base_sha": base}}
        return self.runner.run("queue", Event("merge_group", payload, self.head, name))

    def merge(self, branch: str) -> Event:
        """Merge the branch into main; return the push that this is."""
        git("checkout", "--quiet", "main", folder=self.folder)
        git("merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", branch, folder=self.folder)
        return self.pushed()

    def pushed(self) -> Event:
        """Return the push of main as it is now."""
        return Event("push", {"ref": "refs/heads/main"}, self.head, "refs/heads/main")

    def nightly(self) -> dict[str, Ran]:
        """Run what runs every night."""
        git("checkout", "--quiet", "main", folder=self.folder)
        return self.runner.run("drift", Event("schedule", {}, self.head, "refs/heads/main"))

    def approve(self, login: str = "colleague", words: str = "") -> None:
        """Let reviewers of the environment `myq` approve from now on."""
        about = {"user": {"login": login}, "state": "approved", "environments": [{"name": "myq"}]}
        self.reviews.append(about | {"comment": words})
        self.runner.review = self._reviewed

    def refuse(self) -> None:
        """Let the reviewers of the environment `myq` refuse from now on."""
        self.runner.review = lambda _, environment: environment != "myq"

    @property
    def comments(self) -> list[str]:
        return [one["body"] for one in self.forge.comments.get(NUMBER, [])]

    def _reviewed(self, run: int, environment: str) -> bool:
        if environment == "myq":
            self.forge.approvals[run] = list(self.reviews)
        return True


@pytest.fixture
def repository(
    project: Project,
    certificates: Certificates,
    https_server: Callable[..., HttpsServer],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Repository:
    """The example's project in a repository of its own, its MyQ already as the sources want it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(_bundle(tmp_path_factory.mktemp("trust"), certificates)))
    approval = project.approved("--waive", "identities-moved", "--reason", "the desk has a new owner")
    project("apply", "--approval", approval)
    folder = tmp_path_factory.mktemp("repository")
    _copy_tool(folder)
    shutil.copytree(project.folder / "sources.d", folder / "sources.d", dirs_exist_ok=True)
    git("init", "--quiet", "-b", "main", ".", folder=folder)
    git("config", "uploadpack.allowAnySHA1InWant", "true", folder=folder)
    forge = GitHub()
    forge.server = https_server(forge.answer)
    runner = Runner(forge, folder, tmp_path_factory.mktemp("machines"), (ROOT / "build" / "uv" / "bin",))
    hidden = {"MYQ_CLIENT_SECRET": project.myq.client_secret, "RECONCILER_PSEUDONYM_KEY": "a key"}
    runner.secrets = {"myq-plan": dict(hidden), "myq": dict(hidden)}
    made = Repository(folder, forge, runner, project.myq)
    made.commit("Begin")
    return made


def _copy_tool(folder: Path) -> None:
    """Copy what git tracks of this project, as it is now, but for its tests and example."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  git of the PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "sources.d/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _bundle(folder: Path, certificates: Certificates) -> Path:
    """Write a bundle of the authorities that this machine trusts and the one of the tests."""
    usual = ssl.get_default_verify_paths().cafile
    known = Path(usual).read_text(encoding="utf-8") if usual else ""
    path = folder / "bundle.pem"
    path.write_text(known + certificates.ca.read_text(encoding="utf-8"), encoding="utf-8")
    return path
