"""The manifests that a plan is held against: those of a git ref, or of another folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import ManifestError, Problem, UsageError
from reconciler.manifest.load import FOLDER, File, Project, is_manifest, projects_of, read_files
from reconciler.manifest.yaml import MAX_BYTES
from reconciler.pipeline.git import ask, contents, listed


@dataclass(frozen=True, slots=True)
class Base:
    """The base as it was named, and what it says of the same target: None when it says nothing of it.

    With a `problem`, nobody can say what it would bring.
    """

    name: str
    commit: str = ""
    project: Project | None = None
    problem: str = ""


def load_base(name: str, folder: Path, project: Project) -> Base:
    """Return the base that a folder or a git ref is; raise UsageError where neither is there.

    Of a ref only the manifests are taken, and no file of the work tree changes.
    """
    problems: list[Problem] = []
    if Path(name).is_dir():
        if Path(name).resolve().name == FOLDER:
            raise UsageError(
                f"{name} holds the manifests themselves", hint="name the folder that it is in", where="--base"
            )
        commit, there = "", (Path(name) / FOLDER).is_dir()
        files = read_files(Path(name), problems) if there else ()
    else:
        commit = _commit(name, folder)
        files = _files_at(commit, folder)
    if not files and not problems:
        return Base(name, commit)
    return _of_target(Base(name, commit), files, problems, project)


def _of_target(base: Base, files: tuple[File, ...], problems: list[Problem], project: Project) -> Base:
    target = project.target
    try:
        projects = {one.target.name: one for one in projects_of(files, problems)}
    except ManifestError as error:
        first, more = error.problems[0], len(error.problems) - 1
        others = f", and {more} more" if more else ""
        told = f"its manifests have problems: {first.place}: {first.message}{others}"
        return Base(base.name, base.commit, problem=told)
    # A target that got another name is known by its server; one that is neither is new.
    same = {one.target.identity: one for one in projects.values()}
    found = projects.get(target.name, same.get(target.identity))
    if found is not None and found.target.identity != target.identity:
        return Base(base.name, base.commit, problem=f"it is about another server, {found.target.identity}")
    return Base(base.name, base.commit, found)


def _commit(name: str, folder: Path) -> str:
    commit = ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", folder=folder)
    if not commit:
        raise UsageError(
            f"{name} is neither a folder nor a git ref",
            hint="fetch it where git has not got it, such as `git fetch origin main`; in GitHub Actions, "
            "check out with `fetch-depth: 0`",
            where="--base",
        )
    return commit


def _files_at(commit: str, folder: Path) -> tuple[File, ...]:
    """Return the manifests of a commit, in the order in which a folder's are read."""
    entries = [entry for entry in listed(commit, FOLDER, folder) if entry.is_file and is_manifest(entry.name)]
    entries.sort(key=lambda entry: entry.name)
    held = contents([entry.blob for entry in entries], folder)
    return tuple(
        File(f"{FOLDER}/{entry.name}", raw[: MAX_BYTES + 1]) for entry, raw in zip(entries, held, strict=True)
    )
