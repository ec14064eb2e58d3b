"""How long a plan takes as a whole process: people from a CSV file, MyQ's state from a CSV export."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench import people
from tests.bench.figure import Figure, spent

PROJECT = """\
apiVersion: myq.reconciler/v1
kind: Target
metadata:
  name: university
spec:
  release: "10.2"
  read: csv
  csv:
    export: export.csv
---
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: people
spec:
  type: csv
  file: people.csv
  mapping:
    userName: USERNAME
    fullName: FULLNAME
    aliases: ALIASES
    email: {email}
    cards:
      from: CARDS
      mode: replace
    personalNumber: CODE
    scanStorage: SCANSTORAGE
  options:
    addNewUsers: true
  groups:
    mode: replace
    import:
      - branches: GROUPS
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata:
  name: measured
spec:
  guards:
    updates:
      percent: 100
    groupMembers:
      percent: 100
"""
"""Every documented column is mapped but the PIN, which no plan holds."""

LARGE = 100_000
"""Above it one round is enough, and a plan that changes everybody is no plan that anybody reads."""

EVERYBODY = "{from: EMAIL, filters: [upper]}"
GOALS = {"plan_csv_100k_seconds": 2.5, "plan_csv_100k_mb": 300, "plan_csv_100k_all_changed_seconds": 6}
GOALS_OF_A_MILLION = {"plan_csv_1m_seconds": 25, "plan_csv_1m_mb": 2500}


def figures(folder: Path, sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    """Yield time and memory of a plan for each size, with one in a hundred changed, and with all changed."""
    for name, size in sizes.items():
        project = a_project(folder / name, size)
        large = size > LARGE
        yield from _plan(project, f"plan_csv_{name}", size, 1 if large else rounds)
        if not large:
            write_manifests(project, EVERYBODY)
            yield from _plan(project, f"plan_csv_{name}_all_changed", size, rounds)
        shutil.rmtree(project)


def a_project(folder: Path, size: int) -> Path:
    folder.mkdir(parents=True)
    people.write(folder / "people.csv", people.people(size))
    people.write(folder / "export.csv", people.a_while_ago(people.people(size)))
    write_manifests(folder, "EMAIL")
    return folder


def write_manifests(folder: Path, email: str) -> None:
    manifests = folder / "sources.d"
    manifests.mkdir(exist_ok=True)
    (manifests / "university.yaml").write_text(PROJECT.replace("{email}", email), encoding="utf-8")


def _plan(project: Path, name: str, size: int, rounds: int) -> Iterator[Figure]:
    words = ["plan", "-C", str(project), "--out", str(project / "out.plan.json")]
    yield from spent(words, name, size, rounds, {**GOALS, **GOALS_OF_A_MILLION})
