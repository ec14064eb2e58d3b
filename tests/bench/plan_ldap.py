"""How long a plan takes as a whole process: people from a directory, MyQ's state from a CSV export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.bench import people, plan_csv
from tests.bench.directory import BASE, FILTER
from tests.bench.figure import Figure, spent

SOURCE = """\
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: people
spec:
  type: ldap
  directory: openLdap
  servers: ["ldap://127.0.0.1:{port}"]
  startTls: false
  bind: anonymous
  baseDns: ["{base}"]
  filter: {filter}
  mapping:
    userName: uid
    fullName: cn
    email: mail
    cards:
      from: carLicense
      mode: replace
    personalNumber: employeeNumber
    phone: telephoneNumber
    notes: "%givenName% %sn%"
  options:
    addNewUsers: true
  groups:
    mode: add
    import:
      - attribute: University|%l%|%ou%
"""
SIZES = {100_000: "100k", 1_000_000: "1m"}
GOALS = {"plan_ldap_100k_seconds": 8.0}


def figures(folder: Path, port: int, size: int, rounds: int) -> Iterator[Figure]:
    """Yield time and memory of a plan from the directory on this port."""
    manifests = folder / "sources.d"
    manifests.mkdir(parents=True)
    target, _, policy = plan_csv.PROJECT.split("---\n")
    source = SOURCE.format(port=port, base=BASE, filter=FILTER)
    (manifests / "university.yaml").write_text(f"{target}---\n{source}---\n{policy}", encoding="utf-8")
    people.write(folder / "export.csv", people.a_while_ago(people.people(size)))
    words = ["plan", "-C", str(folder), "--out", str(folder / "out.plan.json")]
    yield from spent(words, f"plan_ldap_{SIZES.get(size, size)}", size, rounds, GOALS)
