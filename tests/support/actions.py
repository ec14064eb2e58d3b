"""Runs workflows of GitHub Actions as they are written: their conditions, their steps, their shell.

The shell steps are real, in folders of their own, with nothing of this process's environment but the path.
What GitHub itself does is played: checkouts, artifacts, environments with reviewers, tokens and secrets,
which a fork's pull request does not get (GitHub's *Events that trigger workflows*, `pull_request`).
"""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from support.expressions import Expression
from support.github import REPOSITORY, GitHub

SECONDS = 300
Review = Callable[[int, str], bool]
"""Asked with the run and the environment: whether its reviewers let the job go on."""


@dataclass(frozen=True)
class Event:
    """What started a run: its name, its payload, the commit it is of, and whether a fork sent it."""

    name: str
    payload: Mapping[str, Any]
    sha: str
    ref: str
    head: str = ""
    fork: bool = False


@dataclass
class Ran:
    """How a job ended: its log, its summary, its outputs."""

    result: str
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """A repository on the forge, and machines that run its workflows."""

    forge: GitHub
    repository: Path
    folder: Path
    tools: tuple[Path, ...] = ()
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    review: Review = lambda _, __: True
    _queues: dict[str, threading.Lock] = field(default_factory=dict)
    _running: dict[str, int] = field(default_factory=dict)
    _most: dict[str, int] = field(default_factory=dict)

    def run(self, workflow: str, event: Event) -> dict[str, Ran]:
        """Run a workflow of the event's commit; return how its jobs ended, by name.

        Of the runs of one concurrency group one runs at a time (GitHub's *Control workflow concurrency*).
        """
        shown = git("show", f"{event.sha}:.github/workflows/{workflow}.yml", folder=self.repository)
        parsed = yaml.safe_load(shown)
        group = Expression({"github": {"event": event.payload, "ref": event.ref}}, {}).filled(
            parsed["concurrency"]["group"]
        )
        with self._queues.setdefault(group, threading.Lock()):
            self._running[workflow] = self._running.get(workflow, 0) + 1
            self._most[workflow] = max(self._most.get(workflow, 0), self._running[workflow])
            try:
                return self._run(parsed, event)
            finally:
                self._running[workflow] -= 1

    def most_at_once(self, workflow: str) -> int:
        """Return how many runs of a workflow there were at the same time, at the most."""
        return self._most[workflow]

    def _run(self, parsed: Mapping[str, Any], event: Event) -> dict[str, Ran]:
        number = self.forge.next_id()
        ended: dict[str, Ran] = {}
        waiting = dict(parsed["jobs"])
        while waiting:
            name = next(one for one in waiting if set(_needs(waiting[one])) <= ended.keys())
            ended[name] = _Job(self, number, event, parsed, waiting.pop(name), ended).run(name)
        return ended


@dataclass
class _Job:
    runner: Runner
    number: int
    event: Event
    workflow: Mapping[str, Any]
    job: Mapping[str, Any]
    before: Mapping[str, Ran]
    failed: bool = False
    path: list[str] = field(default_factory=list)
    steps: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    summary: str = ""

    def run(self, name: str) -> Ran:
        self.failed = any(self.before[one].result != "success" for one in _needs(self.job))
        if not self._holds(self.job.get("if", "success()")):
            return Ran("skipped")
        environment = self.job.get("environment")
        if environment and not self.runner.review(self.number, environment):
            return Ran("failure", "rejected")
        self.failed = False
        self.folder = self.runner.folder / f"run-{self.number}-{name}"
        self.work, self.temp = self.folder / "work", self.folder / "temp"
        self.work.mkdir(parents=True)
        self.temp.mkdir()
        (self.folder / "event.json").write_text(json.dumps(self.event.payload), encoding="utf-8")
        self.token = self.runner.forge.token(self._permissions())
        for step in self.job["steps"]:
            self._step(step, {}, self.work)
        outputs = {key: self._said(value) for key, value in self.job.get("outputs", {}).items()}
        return Ran("failure" if self.failed else "success", "".join(self.log), self.summary, outputs)

    def _permissions(self) -> dict[str, str]:
        """Return what the job's token may do; of a fork's pull request it may read, at the most."""
        asked = self.job.get("permissions", self.workflow.get("permissions", {}))
        return {name: "read" for name in asked if name != "id-token"} if self.event.fork else dict(asked)

    def _contexts(self) -> dict[str, Any]:
        environment = self.job.get("environment", "")
        hidden = {} if self.event.fork else self.runner.secrets
        return {
            "github": {
                "event": self.event.payload,
                "repository": REPOSITORY,
                "ref": self.event.ref,
                "sha": self.event.sha,
                "workflow": self.workflow["name"],
                "token": getattr(self, "token", ""),
            },
            "env": self._environment({}),
            "vars": self.runner.variables,
            "secrets": {**hidden.get("", {}), **hidden.get(environment, {})},
            "needs": {one: {"outputs": self.before[one].outputs} for one in _needs(self.job)},
            "steps": self.steps,
            "runner": {"temp": str(getattr(self, "temp", ""))},
        }

    def _expression(self, extra: Mapping[str, Any]) -> Expression:
        status = {
            "always": True,
            "success": not self.failed,
            "failure": self.failed,
            "cancelled": False,
        }
        found = self._contexts()
        found["github"] |= extra.get("github", {})
        return Expression({**found, "inputs": extra.get("inputs", {})}, status)

    def _holds(self, condition: object) -> bool:
        if isinstance(condition, str) or condition is None:
            # The environment of a job is not there for its own condition.
            return self._expression({}).holds(condition)
        return bool(condition)

    def _said(self, template: object, extra: Mapping[str, Any] | None = None) -> str:
        return self._expression(extra or {}).filled(template)

    def _environment(self, extra: Mapping[str, Any]) -> dict[str, str]:
        hidden = {} if self.event.fork else self.runner.secrets
        place = self.job.get("environment", "")
        contexts = {
            "secrets": {**hidden.get("", {}), **hidden.get(place, {})},
            "vars": self.runner.variables,
            "github": {
                "event": self.event.payload,
                "repository": REPOSITORY,
                "token": getattr(self, "token", ""),
            },
            "needs": {one: {"outputs": self.before[one].outputs} for one in _needs(self.job)},
            **extra,
        }
        expression = Expression(contexts, {})
        written = {**self.workflow.get("env", {}), **self.job.get("env", {})}
        return {name: expression.filled(_yaml_text(value)) for name, value in written.items()}

    def _step(self, step: Mapping[str, Any], extra: Mapping[str, Any], folder: Path) -> None:
        if not self._expression(extra).holds(step.get("if", "success()")):
            return
        given = {name: self._said(_yaml_text(value), extra) for name, value in step.get("with", {}).items()}
        uses = step.get("uses", "")
        if not uses:
            self._shell(step, extra, folder)
        elif uses.startswith("./"):
            self._composite(self.work / uses, given)
        else:
            _ACTIONS[uses.partition("@")[0]](self, given)

    def _composite(self, folder: Path, given: Mapping[str, str]) -> None:
        action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
        defaults = {name: about.get("default", "") for name, about in action.get("inputs", {}).items()}
        extra = {"inputs": {**defaults, **given}, "github": {"action_path": str(folder)}}
        for step in action["runs"]["steps"]:
            self._step(step, extra, self.work)

    def _shell(self, step: Mapping[str, Any], extra: Mapping[str, Any], folder: Path) -> None:
        said = {name: self.folder / name for name in ("output", "path", "summary")}
        for path in said.values():
            path.write_text("", encoding="utf-8")
        script = self.folder / "step.sh"
        script.write_text(self._said(step["run"], extra), encoding="utf-8")
        own = {name: self._said(_yaml_text(value), extra) for name, value in step.get("env", {}).items()}
        environment = {**self._machine(said), **self._environment({}), **own}
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],  # noqa: S607  bash of the PATH
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        self.log.append(f"$ {step.get('name', '')} -> {ended.returncode}\n{ended.stdout}")
        self.failed = self.failed or ended.returncode != 0
        self.summary += said["summary"].read_text(encoding="utf-8")
        self.path += said["path"].read_text(encoding="utf-8").split()
        if "id" in step:
            pairs = (line.split("=", 1) for line in said["output"].read_text(encoding="utf-8").splitlines())
            self.steps[step["id"]] = {"outputs": dict(pairs)}

    def _machine(self, said: Mapping[str, Path]) -> dict[str, str]:
        """Return what GitHub sets for a step (its *Variables reference*), on a machine with nothing else."""
        path = [*reversed(self.path), *map(str, self.runner.tools), os.environ["PATH"]]
        url = self.runner.forge.server.url
        kept = ("HOME", "LANG", "UV_CACHE_DIR", "PIP_CERT", "SSL_CERT_FILE", "PIP_INDEX_URL", "UV_INDEX_URL")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": os.pathsep.join(path),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(self.number),
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_OUTPUT": str(said["output"]),
            "GITHUB_PATH": str(said["path"]),
            "GITHUB_STEP_SUMMARY": str(said["summary"]),
            "RUNNER_TEMP": str(self.temp),
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/oidc?run={self.number}",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.token,
            "PYTHONUTF8": "1",
        }

    def _checkout(self, given: Mapping[str, str]) -> None:
        target = self.work / given.get("path", ".")
        target.mkdir(exist_ok=True)
        depth = int(given.get("fetch-depth", "1"))
        git("init", "--quiet", ".", folder=target)
        wanted = given.get("ref") or self.event.sha
        limit = [f"--depth={depth}"] if depth else []
        git("fetch", "--quiet", *limit, f"file://{self.runner.repository}", wanted, folder=target)
        git("checkout", "--quiet", "--detach", "FETCH_HEAD", folder=target)

    def _upload(self, given: Mapping[str, str]) -> None:
        folder, _, pattern = given["path"].strip().rpartition("/")
        there = self.work / folder
        names = sorted(path.name for path in there.iterdir()) if there.is_dir() else []
        files = {name: (there / name).read_bytes() for name in fnmatch.filter(names, pattern)}
        if not files:
            if given.get("if-no-files-found", "warn") == "error":
                self.failed = True
            return
        head = self.event.head or self.event.sha
        self.runner.forge.keep(self.number, head, given["name"], files, fork=self.event.fork)

    def _download(self, given: Mapping[str, str]) -> None:
        target = self.work / given.get("path", ".")
        target.mkdir(exist_ok=True)
        for name, content in self.runner.forge.kept(self.number, given["name"]).items():
            (target / name).write_bytes(content)


_ACTIONS: Mapping[str, Callable[[_Job, Mapping[str, str]], None]] = {
    "actions/checkout": _Job._checkout,
    "actions/setup-python": lambda _, __: None,
    "actions/upload-artifact": _Job._upload,
    "actions/download-artifact": _Job._download,
}


def git(*words: str, folder: Path) -> str:
    """Run git in a folder, as somebody; return what it prints."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@uni.example", "-c", "commit.gpgsign=false")
    ended = subprocess.run(
        ["git", *who, *words],  # noqa: S607  git of the PATH
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, f"git {words}: {ended.stderr}"
    return ended.stdout


def _needs(job: Mapping[str, Any]) -> tuple[str, ...]:
    needs = job.get("needs", ())
    return (needs,) if isinstance(needs, str) else tuple(needs)


def _yaml_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
