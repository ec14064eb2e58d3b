"""Projects made from text, without a folder."""

from __future__ import annotations

from textwrap import dedent

from reconciler.errors import ManifestError, Problem
from reconciler.manifest.check import Checker
from reconciler.manifest.load import File, Project, build
from reconciler.manifest.models import SOURCES

CHECKER = Checker(SOURCES)

TARGET = """
apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: print-one}
spec:
  rest: {url: 'https://myq.example.org:8090', clientId: reconciler, clientSecret: 'env:MYQ_SECRET'}
"""


def document(kind: str, spec: str, name: str = "it") -> str:
    """Return a document of a kind; *spec* is the text below ``spec:``, indented or not."""
    lines = dedent(spec).strip("\n").splitlines()
    body = "\n".join(f"  {line}" for line in lines)
    return f"apiVersion: myq.reconciler/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{body}\n"


def source(more: str = "", mapping: str = "{userName: USERNAME}", name: str = "staff") -> str:
    """Return a CSV source; *more* are further lines of its spec."""
    spec = f"type: csv\nfile: people.csv\nmapping: {mapping}\n{dedent(more)}"
    return document("Source", spec, name)


def built(*documents: str) -> tuple[Project | None, list[Problem]]:
    """Return what one file with these documents and a target comes to, and its problems."""
    made, problems = built_all(TARGET, *documents)
    return made[0] if made else None, problems


def built_all(*documents: str) -> tuple[tuple[Project, ...], list[Problem]]:
    """Return what one file with these documents says of each target, and its problems."""
    problems: list[Problem] = []
    raw = "\n---\n".join(documents).encode()
    return build((File("sources.d/a.yaml", raw),), CHECKER, problems), problems


def project(*documents: str) -> Project:
    """Return the project of these documents; they must be right."""
    made, problems = built(*documents)
    if made is None or problems:
        raise ManifestError(tuple(problems))
    return made


def complaints(*documents: str) -> list[str]:
    """Return what is said against these documents."""
    return [problem.message for problem in built(*documents)[1]]
