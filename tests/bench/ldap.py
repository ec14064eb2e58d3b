"""How fast a directory is read and mapped, beside ldap3 as it comes and beside `ldapsearch`."""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from ldap3 import NONE, SUBTREE, Connection, Server

from reconciler.core.mapping import map_batch
from reconciler.core.model import MANY, Property
from reconciler.core.rules import GroupWay, Mode, Rule, SourceRules
from reconciler.core.template import parse_template
from reconciler.errors import Place
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.ldap import LdapSpec
from tests.bench import plan_ldap
from tests.bench.directory import ATTRIBUTES, BASE, FILTER, directory, program
from tests.bench.figure import Figure, run

PAGE = 1000
MAPPED = {
    Property.USER_NAME: "uid",
    Property.FULL_NAME: "cn",
    Property.EMAIL: "mail",
    Property.CARDS: "carLicense",
    Property.PERSONAL_NUMBER: "employeeNumber",
    Property.PHONE: "telephoneNumber",
    Property.NOTES: "%givenName% %sn%",
}


def figures(size: int, rounds: int) -> Iterator[Figure]:
    """Yield what reading so many people costs, each pair measured in turn, and what a plan costs."""
    with tempfile.TemporaryDirectory() as name, directory(Path(name), size) as port:
        ours, bare, command = [], [], []
        for _ in range(rounds):
            ours.append(_seconds(lambda: read(port, size), size))
            bare.append(_seconds(lambda: read_bare(port), size))
            ours.append(_seconds(lambda: read(port, size), size))
            command.append(_seconds(lambda: ldapsearch(port, size), size))
        yield Figure("ldap_vs_bare_ratio", _ratio(ours[::2], bare), "", 0.35, size)
        yield Figure("ldap_vs_ldapsearch_ratio", _ratio(ours[1::2], command), "", 3.5, size)
        for who, seconds in (("read", ours), ("bare", bare), ("ldapsearch", command)):
            yield Figure(f"ldap_{who}_seconds", round(median(seconds), 3), "s", None, size)
        few = max(size // 10, PAGE)
        least = _megabytes(port, few)
        yield Figure("ldap_read_mb", round(least, 1), "MB", None, few)
        yield Figure("ldap_read_mb", round(_megabytes(port, size), 1), "MB", round(least * 1.1, 1), size)
        yield from plan_ldap.figures(Path(name) / "project", port, size, rounds)


def read(port: int, most: int) -> int:
    """Read and map so many people as a plan does, garbage collector off; return how many there were."""
    rules = _rules()
    count = 0
    gc.disable()
    with closing(_source(port).read(rules.attributes)) as batches:
        for batch in batches:
            users, _ = map_batch(rules, batch)
            count += len(users)
            if count >= most:
                break
    gc.enable()
    return count


def read_bare(port: int) -> int:
    """Read everybody with ldap3 as it comes, its options set for speed."""
    connection = Connection(
        Server("127.0.0.1", port=port, get_info=NONE),
        auto_bind=True,
        check_names=False,
        return_empty_attributes=False,
        raise_exceptions=True,
    )
    found = connection.extend.standard.paged_search(
        BASE, FILTER, SUBTREE, attributes=ATTRIBUTES, paged_size=PAGE, generator=True
    )
    count = sum(1 for _ in found)
    connection.unbind()
    return count


def ldapsearch(port: int, size: int) -> int:
    """Let `ldapsearch` read everybody and throw it away."""
    where = ("-H", f"ldap://127.0.0.1:{port}", "-b", BASE, "-E", f"pr={PAGE}/noprompt")
    run([program("ldapsearch"), "-x", "-LLL", *where, FILTER, *ATTRIBUTES])
    return size


def _source(port: int) -> Reader:
    settings = {
        "type": "ldap",
        "directory": "openLdap",
        "servers": [f"ldap://127.0.0.1:{port}"],
        "startTls": False,
        "bind": "anonymous",
        "baseDns": [BASE],
        "filter": FILTER,
        "pageSize": PAGE,
        "mapping": "people",
    }
    return LdapSpec.model_validate_json(json.dumps(settings)).reader(Surroundings(Path(), str))


def _rules() -> SourceRules:
    place = Place("sources.d/university.yaml", 1)
    rules = (
        Rule(prop, parse_template(template, several=prop in MANY), Mode.REPLACE, place)
        for prop, template in MAPPED.items()
    )
    ways = (GroupWay(parse_template("University|%l%|%ou%", tree=True), place),)
    return SourceRules("people", "ldap", "people", place, tuple(rules), ways=ways, groups_mode=Mode.REPLACE)


def _seconds(work: Callable[[], int], size: int) -> float:
    begin = time.perf_counter()
    count = work()
    seconds = time.perf_counter() - begin
    if count != size:
        sys.exit(f"{count} of {size} people were read")
    return seconds


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return round(median(one / other for one, other in zip(ours, theirs, strict=True)), 3)


def _megabytes(port: int, most: int) -> float:
    return run([sys.executable, "-m", "tests.bench.ldap", "--read", str(port), str(most)]).megabytes


def main(arguments: list[str]) -> None:
    """Print the figures, or (for the memory) only read."""
    if arguments[:1] == ["--read"]:
        read(*map(int, arguments[1:]))
        return
    for size, rounds in ((100_000, 3), (1_000_000, 1))[: 2 if "--million" in arguments else 1]:
        for figure in figures(size, rounds):
            print(figure, flush=True)  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
