"""A project folder to values: every manifest read, every problem found, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from reconciler.core.policy import Policy
from reconciler.core.rules import SourceRules
from reconciler.core.tree import GroupNode
from reconciler.errors import ManifestError, Place, Problem, UsageError
from reconciler.manifest.binding import load_binding
from reconciler.manifest.check import Checked, Checker
from reconciler.manifest.compile import compile_project
from reconciler.manifest.models import SOURCES
from reconciler.manifest.target import Target
from reconciler.manifest.words import HIDDEN, did_you_mean, quoted, visible
from reconciler.manifest.yaml import MAX_BYTES, parse
from reconciler.sources.spec import SourceSpec

FOLDER = "sources.d"
_SUFFIXES = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True)
class Project:
    """What a folder of manifests says of one target, as a whole right.

    `sources` are those that the target takes, in the order of their files; with each go its rules and what
    makes its reader. `idle` are names of sources that no target takes. `digest` is over names and bytes of
    all `files`, which are relative to the project folder, whatever target they are about.
    """

    target: Target
    sources: tuple[tuple[SourceRules, SourceSpec], ...]
    policy: Policy
    groups: tuple[GroupNode, ...]
    idle: tuple[str, ...]
    digest: str
    files: tuple[str, ...]


class File(NamedTuple):
    """One manifest file as it lies there; `name` is relative to the project folder."""

    name: str
    raw: bytes


def load_project(
    folder: Path, target: str = "", sources: Mapping[str, type[SourceSpec]] = SOURCES
) -> Project:
    """Return what the folder says of one target, of the only one where none is named.

    Raises ManifestError with every problem of the whole folder, and UsageError for a target that it does not
    declare, or where it declares several and none is named.
    """
    projects = {project.target.name: project for project in load_projects(folder, sources)}
    if target in projects:
        return projects[target]
    if target:
        message, hint = f"no Target is named {quoted(target)}", did_you_mean(target, projects)
        raise UsageError(message, hint=hint, where=FOLDER)
    first, *others = projects.values()
    if others:
        message, hint = (
            f"this project has {len(projects)} targets",
            f"choose with --target: {', '.join(projects)}",
        )
        raise UsageError(message, hint=hint, where=FOLDER)
    return first


def load_projects(folder: Path, sources: Mapping[str, type[SourceSpec]] = SOURCES) -> tuple[Project, ...]:
    """Return what the folder says of each target, or raise ManifestError with every problem in order."""
    problems: list[Problem] = []
    files = read_files(folder, problems)
    projects = build(files, Checker(sources), problems)
    bindings = read_bindings(folder, projects, problems)
    if problems:
        raise ManifestError(tuple(sorted(set(problems))))
    if bindings:
        total = digest((*files, *bindings))
        projects = tuple(replace(project, digest=total) for project in projects)
    return projects


def projects_of(files: tuple[File, ...], problems: list[Problem]) -> tuple[Project, ...]:
    """Return what files say of each target; raise ManifestError with the problems, those there were too."""
    projects = build(files, Checker(SOURCES), problems)
    if problems:
        raise ManifestError(tuple(sorted(set(problems))))
    return projects


def read_bindings(folder: Path, projects: Iterable[Project], problems: list[Problem]) -> tuple[File, ...]:
    """Return the files that describe the REST interfaces of targets; what is wrong with one is a problem."""
    files: dict[str, File] = {}
    for target in [project.target for project in projects]:
        name = target.spec.rest.binding if target.spec.rest else None
        if not name:
            continue
        try:
            binding = load_binding(folder, name)
            files[name] = File(name, (folder / name).read_bytes())
        except ManifestError as error:
            problems += error.problems
            continue
        if target.spec.read == "rest" and "list_users" not in binding.operations:
            message = f"the target is read through rest, and {name} has no operation to read every user"
            hint = "add listUsers there; or export the users of MyQ, and write `csv:` and `read: csv`"
            problems.append(Problem(target.place, message, hint))
    return tuple(files[name] for name in sorted(files))


def build(files: tuple[File, ...], checker: Checker, problems: list[Problem]) -> tuple[Project, ...]:
    """Return what files say of each target, of none or some where there are problems."""
    checked: list[Checked] = []
    readable = not problems
    for file in files:
        parsed = parse(file.raw, file.name)
        problems += parsed.problems
        readable = readable and not parsed.problems
        checked += [checker.check(document) for document in parsed.documents]
    for each in checked:
        problems += each.problems
    compiled = compile_project(checked, problems, complete=readable)
    total, names = digest(files), tuple(file.name for file in files)
    return tuple(Project(*each, total, names) for each in compiled)


def read_files(folder: Path, problems: list[Problem]) -> tuple[File, ...]:
    """Return the manifest files of a project in lexical order; what cannot be read is a problem."""
    place = Place(FOLDER)
    try:
        paths = sorted(
            (each for each in (folder / FOLDER).iterdir() if is_manifest(each.name) and each.is_file()),
            key=lambda path: path.name,
        )
    except OSError as error:
        hint = "run the command in the project folder, or name that folder with -C"
        at = f" ({folder / FOLDER})" if folder != Path() else ""
        problems.append(Problem(place, f"the folder of manifests cannot be read: {error.strerror}{at}", hint))
        return ()
    if not paths:
        hint = "manifests are files whose names end in .yaml, such as sources.d/target.yaml"
        problems.append(Problem(place, "the folder holds no manifest", hint))
    return tuple(file for file in (_file(path, problems) for path in paths) if file is not None)


def is_manifest(name: str) -> bool:
    """Return whether a file of this name holds manifests."""
    return Path(name).suffix.lower() in _SUFFIXES and not name.startswith(".")


def _file(path: Path, problems: list[Problem]) -> File | None:
    name = f"{FOLDER}/{path.name}"
    if HIDDEN.search(name):
        hint = "rename it: letters, digits, hyphens"
        problems.append(Problem(Place(visible(name)), "the file's name holds hidden characters", hint))
        return None
    try:
        with path.open("rb") as file:
            return File(name, file.read(MAX_BYTES + 1))
    except OSError as error:
        hint = "let whoever runs this command read the file"
        problems.append(Problem(Place(name), f"the file cannot be read: {error.strerror}", hint))
        return None


def digest(files: Iterable[File]) -> str:
    """Return what tells one set of manifests from another: over names and bytes, each with its length."""
    total = hashlib.sha256()
    for file in files:
        for part in (file.name.encode(), file.raw):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return f"sha256:{total.hexdigest()}"
