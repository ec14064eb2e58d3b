"""The page as people use it: a real Chromium looks at it, types, clicks, scrolls, prints."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from reconciler.core.attribution import Attribution
from reconciler.core.change import Action, Change
from reconciler.core.plan import Plan
from reconciler.core.render.view import View
from reconciler.report import render_plan
from support.browser import Visit
from support.plans import CHANGES, EVIDENCE, HOSTILE, STAMP, TARGET, VERDICTS, a_plan, field

pytestmark = pytest.mark.browser

DIGEST = "sha256:" + "d" * 64
MASKED = View(masked=True, key=b"a key of this project", file="plan.json")
LIGHT = {"viewport": {"width": 1360, "height": 900}, "color_scheme": "light"}
DARK = {**LIGHT, "color_scheme": "dark"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"}
EMPTY = Plan(TARGET, STAMP, (), (), (), ())


def a_page(plan: Plan | None = None, view: View = View(file="plan.json")) -> str:  # noqa: B008 - frozen
    return render_plan(plan or a_plan(), DIGEST, "html", view=view)


def many(count: int) -> Plan:
    changes = (
        Change(
            Action.UPDATE,
            f"user{number:06}",
            (field("fullName", f"Name {number}", f"Other name {number}", 9),),
            "people says otherwise",
            f"people.csv:{number}",
            "people",
        )
        for number in range(count)
    )
    return Plan(TARGET, STAMP, EVIDENCE, VERDICTS, tuple(changes), ())


def rows(page: Page) -> list[str]:
    """What is in the second column, from top to bottom, of the rows that are drawn."""
    texts = page.locator("#rows [role=row]").evaluate_all(
        "rows => rows.map(row => [Number(row.dataset.at), row.children[1].textContent])"
    )
    return [name for _, name in sorted(texts)]


@pytest.mark.parametrize("settings", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"])
@pytest.mark.parametrize(
    "html",
    [
        pytest.param(a_page(), id="everything"),
        pytest.param(a_page(view=MASKED), id="masked"),
        pytest.param(a_page(EMPTY), id="nothing-to-do"),
    ],
)
def test_axe_finds_nothing_serious(visit: Visit, html: str, settings: dict[str, Any]) -> None:
    page = visit(html, **settings, bypass_csp=True)  # the checker is a script that the page does not know
    if page.locator("#rows").count():
        page.locator("#rows [role=row]").nth(3).click()
    found = Axe().run(page).response["violations"]
    grave = [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
    assert grave == []


@pytest.mark.parametrize("settings", [LIGHT, PHONE], ids=["wide", "phone"])
def test_nothing_is_wider_than_the_window(visit: Visit, settings: dict[str, Any]) -> None:
    page = visit(a_page(), **settings)
    page.locator("#rows [role=row]").nth(3).click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_names_from_outside_are_text_and_nothing_else(visit: Visit) -> None:
    worst = ("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "--><svg onload=alert(1)>")
    changes = [
        Change(
            Action.UPDATE,
            name,
            (field("fullName", name, f"{name}!"), field("groups", (), (name,))),
            name,
            name,
            name,
        )
        for name in (*HOSTILE, *worst)
    ]
    page = visit(a_page(a_plan(changes)), **LIGHT)
    for row in range(len(changes)):
        page.locator(f"#rows [data-at='{row}']").click()
    assert page.locator("#detail img, #detail script, #rows img, #rows script, main svg[onload]").count() == 0
    assert page.locator("script").count() == 2
    page.locator("#search").fill("onerror")
    expect(page.locator("#count")).to_have_text(f"2 of {len(changes)} changes")


def test_the_policy_of_the_page_stops_a_script_that_got_in(visit: Visit) -> None:
    """What is tried here would be markup injected by a defect; the policy is what is left then."""
    page = visit(a_page(), **LIGHT)
    refused = page.evaluate(
        """() => {
            const tried = [];
            addEventListener("securitypolicyviolation", event => tried.push(event.effectiveDirective));
            try { document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=alert(1)>"); }
            catch (error) { tried.push(error.name); }
            const script = document.createElement("script");
            try { script.textContent = "window.broken = true"; document.body.append(script); }
            catch (error) { tried.push(error.name); }
            return [tried.filter(name => name === "TypeError").length, window.broken === undefined];
        }"""
    )
    assert refused == [2, True]
    assert all("TrustedHTML" in one or "TrustedScript" in one for one in visit.troubles)
    assert len(visit.troubles) == 2
    visit.troubles.clear()


def test_the_filters_choose_and_say_how_many(visit: Visit) -> None:
    page = visit(a_page(), **LIGHT)
    count = page.locator("#count")
    expect(count).to_have_text("23 changes")
    page.get_by_label("Kind", exact=True).select_option(label="deactivate account (2)")
    expect(count).to_have_text("2 of 23 changes")
    assert rows(page) == ["ada", "zoë"]
    page.get_by_label("Source", exact=True).select_option(label="guests (1)")
    expect(count).to_have_text("1 of 23 changes")
    page.get_by_role("button", name="Show all").click()
    expect(count).to_have_text("23 changes")
    page.get_by_label("Group, and those below").fill("Staff|Sales")
    expect(count).to_have_text("5 of 23 changes")
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Search").fill("people.csv:3 BUILDER")
    expect(count).to_have_text("1 of 23 changes")
    assert rows(page) == ["bob"]


def test_what_somebody_causes_is_shown_first(visit: Visit) -> None:
    anyway = frozenset(change.id for change in CHANGES if change.name not in {"bob", "eve"})
    base = Attribution("main", altered={"update/bob": ("email",)}, anyway=anyway)
    plan = replace(a_plan(), attribution=base, unreachable={"deactivate/ada": "the import cannot"})
    page = visit(a_page(plan), **LIGHT)
    expect(page.locator("#count")).to_have_text("2 of 23 changes")
    assert rows(page) == ["eve", "bob"]
    page.locator("#rows [role=row]").last.click()
    expect(page.locator("#detail")).to_contain_text("altered by this change of the manifests: email")
    page.get_by_label("Standing").select_option(label="cannot be applied (1)")
    expect(page.locator("#count")).to_have_text("1 of 23 changes")
    page.locator("#rows [role=row]").first.click()
    expect(page.locator("#detail")).to_contain_text("Cannot be applied: the import cannot")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#count")).to_have_text("23 changes")
    page.get_by_label("Search").fill("nobody is called so")
    expect(page.locator("#count")).to_have_text("0 of 23 changes: nothing is like that")
    assert rows(page) == []


def test_a_tile_and_a_manifest_line_lead_to_their_changes(visit: Visit) -> None:
    page = visit(a_page(), **LIGHT)
    page.get_by_role("button", name="2 deactivate accounts").click()
    expect(page.locator("#count")).to_have_text("2 of 23 changes")
    page.get_by_role("button", name="Show changes by sources.d/people.yaml:10:5 of cards").click()
    expect(page.locator("#count")).to_have_text("2 of 23 changes")
    assert rows(page) == ["eve", "bob"]


def test_one_change_is_shown_whole_and_secrets_are_not(visit: Visit) -> None:
    page = visit(a_page(), **LIGHT)
    page.locator("#search").fill("builder")
    page.locator("#rows [role=row]").first.click()
    detail = page.locator("#detail")
    for told in (
        "update account",
        "bob",
        "people.csv:3",
        "Bob <b>Builder</b>",
        "R&D",
        "2 handed over, never shown",
    ):
        expect(detail).to_contain_text(told)
    expect(detail.locator("tr", has_text="cards")).to_contain_text("(2 more, 1 fewer)")
    content = page.content()
    assert not any(secret in content for secret in ("3333", "4444", "1111", '"007"', "04AF12C3"))


def test_what_has_to_come_first_can_be_gone_to(visit: Visit) -> None:
    page = visit(a_page(), **LIGHT)
    page.locator("#search").fill("builder")
    page.locator("#rows [role=row]").first.click()
    page.locator("#detail").get_by_role("button", name="create/eve").click()
    expect(page.locator("#detail h3")).to_have_text("eve")
    expect(page.locator("#count")).to_have_text("23 changes")


def test_a_link_leads_to_its_change(visit: Visit) -> None:
    page = visit(a_page(), **LIGHT)
    page.locator("#rows [role=row]", has_text="carol").click()
    page.locator("#detail").get_by_role("link", name="Link to this change").click()
    page.reload()
    expect(page.locator("#detail h3")).to_have_text("carol")


def test_the_list_is_worked_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit(a_page(many(1000)), **LIGHT)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the changes"
    page.keyboard.press("Enter")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "row":
            break
    focused = "document.activeElement.children[1].textContent"
    assert page.evaluate(focused) == "user000000"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "user000001"
    page.keyboard.press("End")
    assert page.evaluate(focused) == "user000999"
    assert page.evaluate("document.activeElement.getAttribute('aria-rowindex')") == "1001"
    page.keyboard.press("PageUp")
    assert page.evaluate(focused) < "user000999"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "detail"
    expect(page.locator("#detail h3")).to_have_text("user000000")
    page.keyboard.press("Escape")
    assert page.evaluate(focused) == "user000000"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_follow_the_system_until_somebody_switches(visit: Visit, scheme: str) -> None:
    page = visit(a_page(), color_scheme=scheme)
    color = "getComputedStyle(document.body).backgroundColor"
    expected = {"light": "rgb(245, 246, 248)", "dark": "rgb(15, 19, 25)"}
    assert page.evaluate(color) == expected[scheme]
    button = page.get_by_role("button", name="Colours")
    button.click()
    assert page.evaluate(color) == expected["light"]
    button.click()
    expect(button).to_have_text("Colours: dark")
    assert page.evaluate(color) == expected["dark"]
    button.click()
    assert page.evaluate(color) == expected[scheme]


def test_the_groups_show_what_changes_and_all_when_asked(visit: Visit) -> None:
    page = visit(a_page(), **LIGHT)
    after = page.locator("section[aria-label='Groups after']")
    expect(after.get_by_text("was Old|Lab; \N{MINUS SIGN}1")).to_be_visible()
    expect(after.locator("li.still.same").first).to_be_hidden()
    page.get_by_label("Only those that change").uncheck()
    expect(after.locator("li.still.same").first).to_be_visible()


def test_paper_gets_the_first_of_each_kind_and_a_note(visit: Visit, tmp_path: Path) -> None:
    page = visit(a_page(many(250), View(limit=20)), **LIGHT)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    printed = page.locator("#printed")
    assert printed.locator("tbody tr").count() == 20
    expect(printed).to_contain_text("... and 230 more, not printed")
    expect(page.locator("#grid")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert printed.locator("tr").count() == 0
    page.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("count", [20_000, 100_000], ids=["as-tall-as-they-are", "taller-than-browsers-can"])
def test_very_many_changes_scroll_to_their_last(visit: Visit, count: int) -> None:
    page = visit(a_page(many(count)), **LIGHT)
    page.evaluate("document.getElementById('window').scrollTop = 1e9")
    expect(page.locator(f"#rows [data-at='{count - 1}']")).to_be_visible()
    assert rows(page)[-1] == f"user{count - 1:06}"
    assert page.locator("#rows [role=row]").count() < 60
    box = page.locator(f"#rows [data-at='{count - 1}']").bounding_box()
    frame = page.locator("#window").bounding_box()
    assert box
    assert frame
    assert abs(box["y"] + box["height"] - frame["y"] - frame["height"]) < 2
    page.locator("#search").fill(f"user{count - 2:06}")
    expect(page.locator("#count")).to_have_text(f"1 of {count:,} changes")
    page.locator("#rows [role=row]").first.click()
    expect(page.locator("#detail h3")).to_have_text(f"user{count - 2:06}")


def test_without_a_script_the_page_says_what_is_missing(visit: Visit) -> None:
    page = visit(a_page(), java_script_enabled=False)
    expect(page.get_by_text("The list of changes needs JavaScript")).to_be_visible()
    expect(page.get_by_role("code").filter(has_text="reconciler apply --approval")).to_be_visible()
    expect(page.get_by_role("button", name="Copy").first).to_be_hidden()


def test_the_ids_are_those_that_commands_take(visit: Visit) -> None:
    page = visit(a_page(), **LIGHT)
    shown = page.evaluate(
        """() => [...Array(23).keys()].map(at => {
            document.querySelector(`#rows [data-at="${at}"]`).click();
            return document.querySelector("#detail .except code").textContent;
        })"""
    )
    assert shown == [f"--except {change.id}" for change in a_plan().changes]
    assert len(shown) == len(CHANGES)


def test_a_masked_page_holds_nobody(visit: Visit) -> None:
    page = visit(a_page(view=MASKED), **LIGHT)
    html = page.content()
    for secret in ("Ødegård", "bob@example.org", "carola", "people.csv:3", "Builder"):
        assert secret not in html
    assert json.loads(page.locator("#data").text_content() or "")["changes"]
