"""How long the HTML page of a large plan takes: to be written, to open in a browser, to scroll, to search."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, sync_playwright

from reconciler.core.change import Action, Change, FieldChange, sort_key
from reconciler.core.plan import Plan, Stamp, TargetIdentity
from reconciler.core.render.view import View
from reconciler.report import render_plan
from tests.bench import people
from tests.bench.figure import Figure

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
RULES = "sources.d/people.yaml"

SCROLLED = """async () => {
    const list = document.getElementById("window"), spent = [];
    for (let step = 0; step < 60; step += 1) {
        const begin = performance.now();
        list.scrollTop = (step * 7919 % 60) / 60 * list.scrollHeight;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        spent.push(performance.now() - begin);
    }
    return spent;
}"""
"""Jumps through the whole list; a jump is done when the frame after it was drawn."""

SEARCHED = """async () => {
    const begin = performance.now(), before = document.getElementById("count").textContent;
    const field = document.getElementById("search");
    field.value = "example 99";
    field.dispatchEvent(new Event("input", {bubbles: true}));
    while (document.getElementById("count").textContent === before) await new Promise(requestAnimationFrame);
    return performance.now() - begin;
}"""


def figures(folder: Path, sizes: dict[str, int], rounds: int) -> Iterator[Figure]:
    """Yield what the page of the largest of the sizes costs."""
    name, size = max(sizes.items(), key=lambda pair: pair[1])
    plan, file = a_plan(size), folder / "page.html"
    begin = time.perf_counter()
    html = render_plan(plan, "sha256:" + "0" * 64, "html", view=View())
    file.write_text(html, encoding="utf-8", newline="\n")
    yield Figure(f"html_{name}_write_seconds", round(time.perf_counter() - begin, 2), "s", 5, size)
    yield Figure(f"html_{name}_mb", round(file.stat().st_size / 1e6, 1), "MB", 40, size)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        told = [_opened(browser, file, size) for _ in range(rounds)]
        browser.close()
    yield Figure(f"html_{name}_open_seconds", round(median(one[0] for one in told), 2), "s", 2, size)
    yield Figure(f"html_{name}_scroll_ms", round(median(one[1] for one in told)), "ms", 100, size)
    yield Figure(f"html_{name}_search_ms", round(median(one[2] for one in told)), "ms", 1000, size)


def a_plan(size: int) -> Plan:
    """Return a plan of so many changes: of ten people seven change, two come and one goes."""
    changes = [_change(number, person) for number, person in enumerate(people.people(size))]
    return Plan(
        TargetIdentity("university", "university", "10.2"),
        Stamp("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "bench", ""),
        (),
        (),
        tuple(sorted(changes, key=sort_key)),
        (),
    )


def _change(number: int, person: people.Person) -> Change:
    name, kind = person.names.partition(",")[0], number % 10
    groups = tuple(person.groups.split(","))
    if kind == 0:
        fields = (FieldChange("groups", groups, (), f"{RULES}:20:5"),)
        return Change(
            Action.DEACTIVATE, name, fields, "no longer in people", "", "people", str(number), "People"
        )
    fields = (
        FieldChange(
            "fullName", "" if kind < 3 else f"{person.full_name} (new)", person.full_name, f"{RULES}:9:5"
        ),
        FieldChange("groups", (), groups, f"{RULES}:14:5"),
    )
    if kind >= 3:
        return Change(
            Action.UPDATE,
            name,
            fields,
            "people says otherwise",
            f"people.csv:{number}",
            "people",
            str(number),
        )
    fields += (
        FieldChange("email", "", person.email, f"{RULES}:10:5"),
        FieldChange("cards", (), tuple(person.cards.split(",")), f"{RULES}:11:5"),
        FieldChange("personalNumber", "", person.code, f"{RULES}:12:5"),
        FieldChange("scanStorage", "", person.scan_storage, f"{RULES}:13:5"),
    )
    return Change(Action.CREATE, name, fields, "in people, not in MyQ", f"people.csv:{number}", "people")


def _opened(browser: Browser, file: Path, size: int) -> tuple[float, float, float]:
    """Return how long it took until the list was there, how long a jump in it takes, and a first search."""
    page = browser.new_page()
    begin = time.perf_counter()
    page.goto(file.as_uri())
    page.locator("#rows [role=row]").first.wait_for()
    opened = time.perf_counter() - begin
    if page.locator("#count").text_content() != f"{size:,} changes":
        raise SystemExit("the page does not show all changes")
    jumps = quantiles(page.evaluate(SCROLLED), n=20)[-1]
    searched = float(page.evaluate(SEARCHED))
    page.close()
    return opened, jumps, searched
