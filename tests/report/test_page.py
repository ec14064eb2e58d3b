"""The page as text: well formed, closed to the world, and holding only what its reader may see."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from reconciler.core.attribution import Attribution, Impact
from reconciler.core.census import GroupCount
from reconciler.core.change import Action, Change
from reconciler.core.notice import Kind, Notice
from reconciler.core.plan import Plan
from reconciler.core.render.view import View
from reconciler.report import render_plan
from support.canaries import PERSONAL, PUBLIC, canaries
from support.golden import Golden
from support.plans import STAMP, TARGET, a_plan, field, plans

GOLDEN = Path(__file__).parent / "golden"
DIGEST = "sha256:" + "d" * 64
KEYED = View(key=b"a key of this project", file="plan.json")
MASKED = replace(KEYED, masked=True)
EMPTY = Plan(TARGET, STAMP, (), (), (), ())
VOID = {"br", "input", "meta"}


def a_page(plan: Plan, view: View = KEYED) -> str:
    return render_plan(plan, DIGEST, "html", view=view)


def data_of(html: str) -> dict[str, Any]:
    """What the script is given."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    document: dict[str, Any] = json.loads(found[1])
    return document


def without_assets(html: str) -> str:
    """The page without the style and the script that are files of their own."""
    html = re.sub(r"<style>.*?</style>", "<style>page.css</style>", html, flags=re.DOTALL)
    html = re.sub(r"<script>.*?</script>", "<script>page.js</script>", html, flags=re.DOTALL)
    return re.sub(r"sha256-[A-Za-z0-9+/]{43}=", "sha256-...", html)


class Reader(HTMLParser):
    """Reads a page and minds what a browser would forgive."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.meant: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        assert len(said) == len(attrs), f"an attribute of {tag} is there twice"
        self.attributes |= said.keys()
        if said.get("id"):
            self.ids[said["id"] or ""] += 1
        for key in ("aria-labelledby", "for", "list"):
            self.meant.update((said.get(key) or "").split())
        self.links.update(said[key] or "" for key in ("href", "src") if key in said)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize(
    ("name", "plan", "view"),
    [
        pytest.param("plan", a_plan(), KEYED, id="everything"),
        pytest.param("masked", a_plan(), MASKED, id="masked"),
        pytest.param("nothing", EMPTY, KEYED, id="nothing-to-do"),
    ],
)
def test_the_page_of(golden: Golden, name: str, plan: Plan, view: View) -> None:
    golden(GOLDEN / f"{name}.html", without_assets(a_page(plan, view)))


@given(plan=plans)
def test_the_page_of_any_plan_is_well_formed_and_closed(plan: Plan) -> None:
    for view in (KEYED, MASKED):
        html = without_assets(a_page(plan, view))
        reader = read(html)
        assert [one for one, times in reader.ids.items() if times > 1] == []
        assert reader.meant <= reader.ids.keys()
        assert not any(name.startswith("on") or name == "style" for name in reader.attributes)
        assert all(link.startswith("#") for link in reader.links)
        assert html.count("<script") == 2


@given(plan=plans)
def test_the_data_of_any_plan_holds_its_changes_in_their_order(plan: Plan) -> None:
    data = data_of(a_page(plan))
    words = [data["actions"][row[0]]["word"] for row in data["changes"]]
    assert words == [change.action for change in plan.changes]
    assert [row[7] for row in data["changes"]] == [change.pins for change in plan.changes]
    assert [len(row[9]) for row in data["changes"]] == [len(change.fields) for change in plan.changes]
    for row in data["changes"]:
        for name, rule, *values in row[9]:
            assert name < len(data["fields"])
            assert rule < len(data["rules"])
            assert len({type(one) for one in values}) == 1


def test_the_policy_lets_in_this_style_and_this_script_and_nothing_else() -> None:
    html = a_page(a_plan())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    for name in ("style", "script"):
        inside = re.search(f"<{name}>(.*?)</{name}>", html, re.DOTALL)
        assert inside
        hashed = b64encode(sha256(inside[1].encode()).digest()).decode()
        assert f"{name}-src &#x27;sha256-{hashed}&#x27;;" in policy[1]
    assert policy[1].startswith("default-src &#x27;none&#x27;;")
    assert "unsafe" not in policy[1]


def test_the_script_never_makes_markup_of_text() -> None:
    script = a_page(EMPTY).rpartition("<script>")[2]
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
    ):
        assert word not in script


def test_the_same_plan_gives_the_same_page_in_any_order() -> None:
    turned = replace(a_plan(), changes=a_plan().changes[::-1], groups=a_plan().groups[::-1])
    assert a_page(turned) == a_page(a_plan())


def test_secrets_are_in_no_page_and_people_in_no_masked_one() -> None:
    for view in (KEYED, MASKED):
        told = json.dumps(data_of(a_page(a_plan(), view))["changes"])
        assert not any(secret in told for secret in ("3333", "4444", '"1111"', '"007"', '"008"', "04AF12C3"))
    masked = without_assets(a_page(a_plan(), MASKED))
    for name in ("carol", "Ødegård", "bob@", "Builder", "people.csv", "moritz", "evil.example", "zoë"):
        assert name not in masked, name


def test_no_value_of_a_person_is_in_a_masked_page() -> None:
    html = without_assets(a_page(canaries(), MASKED))
    assert [name for name in PERSONAL if f"old-{name}" in html or f"new-{name}" in html] == []
    assert "the-name" not in html
    assert [name for name in PUBLIC if f"old-{name}" not in html or f"new-{name}" not in html] == []


def test_of_whom_the_page_shows_it_shows_no_secret() -> None:
    fields = json.dumps([row[9] for row in data_of(a_page(canaries()))["changes"]])
    shown = [name for name in PERSONAL if f"old-{name}" in fields and f"new-{name}" in fields]
    assert set(PERSONAL) - set(shown) == {"cards", "personalNumber", "pins"}


def test_what_cannot_be_applied_says_why_and_each_change_its_cause() -> None:
    attribution = Attribution(
        "main",
        altered={"update/bob": ("email",)},
        anyway=frozenset({"deactivate/ada"}),
        gone=(Change(Action.UPDATE, "kim", (), "no longer"),),
        impact=(Impact("sources.d/people.yaml:9:5", Action.UPDATE, "fullName", 14),),
    )
    plan = replace(a_plan(), attribution=attribution, unreachable={"update/bob": "an import cannot clear it"})
    html = a_page(plan)
    data = data_of(html)
    told = {row[1]: row[10:] for row in data["changes"]}
    assert told["bob"] == ["an import cannot clear it", 1, ["email"]]
    assert told["ada"] == ["", 2, []]
    assert told["carol"] == ["", 0, []]
    assert "1 change is needed, and cannot be applied through this target." in html
    assert len(data["causes"]) == 3
    assert "What this change of the manifests causes" in html
    assert "change <code>fullName</code> of 14 accounts" in html
    assert "1 change is no longer needed, by these manifests" in html


def test_beside_a_base_that_cannot_be_planned_no_change_has_a_cause() -> None:
    html = a_page(replace(a_plan(), attribution=Attribution("main", problem="sources.d/a.yaml:1: no")))
    data = data_of(html)
    assert data["causes"] == []
    assert all(len(row) == 10 for row in data["changes"])
    assert "which cannot be planned" in html


def test_a_narrowed_page_says_so_and_holds_no_more() -> None:
    html = a_page(a_plan(), replace(KEYED, actions=frozenset({"deactivate"})))
    assert "Only a part is shown: 2 of 23 changes; 21 are hidden." in html
    assert len(data_of(html)["changes"]) == 2


def test_a_need_that_is_not_in_the_page_is_named() -> None:
    html = a_page(a_plan(), replace(KEYED, users=frozenset({"bob"})))
    assert data_of(html)["changes"][0][8] == ["create/eve", "group-create/Staff/Sales"]


def test_of_very_many_groups_those_that_stay_are_counted() -> None:
    still = tuple(GroupCount(f"Still|{n:04}", f"Still|{n:04}", 1, 1) for n in range(3_000))
    html = a_page(replace(EMPTY, groups=(*still, GroupCount("New", "", 0, 1))))
    assert "1 of 3,001 groups change, or have people come or go. 3,000 groups that stay" in html
    assert "0001" not in html
    assert "0001" in a_page(replace(EMPTY, groups=still))


def test_the_largest_sources_have_bars_and_the_others_are_one() -> None:
    changes = tuple(
        Change(Action.UPDATE, f"user{n}", (field("email", "a", "b", n + 1),), source=f"source{n:02}")
        for n in range(60)
    )
    html = a_page(replace(EMPTY, changes=changes))
    assert "source14 1, all others 45." in html
    assert "... and 10 more, each with fewer changes." in html


def test_notices_that_have_no_room_are_counted() -> None:
    notices = tuple(Notice(Kind.KEPT, f"user{n:03}", "stays") for n in range(205))
    html = a_page(replace(EMPTY, notices=notices))
    assert "... and 5 more, in the plan&#x27;s file" in html or "... and 5 more, in the plan's file" in html
    assert "user204" not in html


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        pytest.param(EMPTY, "nothing to do", id="nothing"),
        pytest.param(replace(a_plan(), verdicts=()), "waits for approval", id="changes"),
        pytest.param(
            replace(a_plan(), verdicts=(), target=replace(TARGET, writable=False)),
            "to be looked at only",
            id="not-writable",
        ),
        pytest.param(a_plan(), "3 guards in the way", id="guards"),
    ],
)
def test_the_light_on_top_says(plan: Plan, told: str) -> None:
    assert f">{told}</span>" in a_page(plan).partition("<h1>")[0]
