"""The tables of examples in docs/ say what happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.core.change import Value
from reconciler.core.guards import NAMES, describe
from reconciler.core.mapping import map_batch
from reconciler.core.model import MANY, Batch, Cell, Doubt, Property, User
from reconciler.core.policy import Limit, Policy
from reconciler.core.rules import Mode, SourceRules
from reconciler.core.settle import settle
from reconciler.errors import SourceDataError
from support.manifests import project, source

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))

Row = tuple[str, ...]


def table(page: str, *head: str) -> list[Row]:
    """Return the rows below this header line, cells without their marks of code."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    start = lines.index(f"| {' | '.join(head)} |") + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        rows.append(tuple(cell.strip().replace(r"\|", "|") for cell in cells))
    return rows


def spans(cell: str) -> tuple[str, ...]:
    """Return the pieces of code in a cell; the word `nothing` has none."""
    return tuple(re.findall(r"`([^`]*)`", cell))


def named(rows: list[Row]) -> list[Any]:
    return [pytest.param(*row, id=f"{number}: {row[0]}") for number, row in enumerate(rows, 1)]


def rules_of(more: str = "", mapping: str = "{userName: USERNAME}") -> SourceRules:
    return project(source(more, mapping)).sources[0][0]


def mapped(rules: SourceRules, record: dict[str, Any]) -> User:
    """Return the user that the rules make of one record."""
    columns = tuple((cell_of(record.get(name, "somebody")),) for name in rules.attributes)
    users, _ = map_batch(rules, Batch(("people.csv:2",), columns))
    return users[0]


def cell_of(value: Any) -> Cell:  # noqa: ANN401  # whatever a table holds
    return tuple(value) if isinstance(value, list) else value


def values(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else tuple(value)


def check(rules: SourceRules, record: dict[str, Any], prop: Property, expected: str) -> None:
    if expected.startswith("stops: "):
        with pytest.raises(SourceDataError, match=re.escape(spans(expected)[0])):
            mapped(rules, record)
    else:
        found: Value = getattr(mapped(rules, record), re.sub("([A-Z])", r"_\1", prop.value).lower())
        assert values(found) == spans(expected)


@pytest.mark.parametrize(
    ("said", "record", "expected"),
    named(table("mapping.md", "in the mapping", "the record says", "the user gets")),
)
def test_a_template_makes_what_the_page_says(said: str, record: str, expected: str) -> None:
    (written,) = spans(said)
    prop = Property(written.partition(":")[0])
    rules = rules_of(mapping=f"\n  userName: USERNAME\n  {written}")
    check(rules, yaml.safe_load(spans(record)[0]), prop, expected)


@pytest.mark.parametrize(
    ("step", "record", "expected"), named(table("mapping.md", "filter", "the record says", "the user gets"))
)
def test_a_filter_makes_what_the_page_says(step: str, record: str, expected: str) -> None:
    rules = rules_of(mapping=f"\n  userName: USERNAME\n  aliases: {{from: it, filters: [{spans(step)[0]}]}}")
    check(rules, {"it": list(spans(record))}, Property.ALIASES, expected)


@pytest.mark.parametrize(
    ("way", "record", "expected"),
    named(table("mapping.md", "in the manifest", "the record says", "the user's groups")),
)
def test_a_way_to_import_groups_makes_what_the_page_says(way: str, record: str, expected: str) -> None:
    rules = rules_of(f"groups: {{import: [{spans(way)[0]}]}}")
    check(rules, yaml.safe_load(spans(record)[0]), Property.GROUPS, expected)


@pytest.mark.parametrize(
    ("option", "record", "expected"),
    named(table("mapping.md", "option", "the record says", "the user name")),
)
def test_an_option_shapes_the_user_name_as_the_page_says(option: str, record: str, expected: str) -> None:
    more = f"options: {{{', '.join(spans(option))}}}" if spans(option) else ""
    check(rules_of(more), {"USERNAME": spans(record)[0]}, Property.USER_NAME, expected)


@pytest.mark.parametrize(
    ("prop", "mode", "says", "has", "expected"),
    named(table("mapping.md", "property", "mode", "the source says", "MyQ has", "MyQ will have")),
)
def test_a_mode_settles_as_the_page_says(prop: str, mode: str, says: str, has: str, expected: str) -> None:
    many = Property(spans(prop)[0]) in MANY
    want, have = (spans(cell) if many else "".join(spans(cell)) for cell in (says, has))
    assert values(settle(Mode(spans(mode)[0]), want, have)) == spans(expected)


def test_every_mode_is_explained() -> None:
    assert [spans(row[0])[0] for row in table("mapping.md", "mode", "in MyQ", "says")] == list(Mode)


def guards() -> Iterator[Row]:
    usual = Policy()
    for name in NAMES:
        limit = getattr(usual, name.replace("-", "_"), None)
        if name == "maximum-users":
            yield f"`{name}`", describe(Limit())
        else:
            yield f"`{name}`", "none" if limit is None or isinstance(limit, frozenset) else describe(limit)


def test_every_guard_is_explained_with_its_limit() -> None:
    rows = table("safety.md", "guard", "trips when", "limit unless written")
    assert [(row[0], row[2]) for row in rows] == list(guards())


def test_every_doubt_is_explained() -> None:
    assert [spans(row[0])[0] for row in table("safety.md", "doubt", "means")] == list(Doubt)


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in links(page) if not leads(page, link)]
    assert broken == []


def links(page: Path) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [link for link in found if "://" not in link]


def leads(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    other = page.parent / name if name else page
    return other.exists() and (not anchor or anchor in anchors(other))


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
