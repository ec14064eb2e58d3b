"""A real Chromium without a window, and pages in it that take note of everything that goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",  # as root there is none to be had
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Visit:
    """Opens pages from files, and keeps what went wrong in them."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.troubles: list[str] = []
        self.contexts: list[BrowserContext] = []
        self._browser = browser
        self._folder = folder

    def __call__(self, html: str, **settings: Any) -> Page:  # noqa: ANN401 - what a context takes
        file = self._folder / f"page-{len(self.contexts)}.html"
        file.write_text(html, encoding="utf-8", newline="\n")
        self.contexts.append(self._browser.new_context(**settings))
        page = self.contexts[-1].new_page()
        page.on("console", lambda message: self.troubles.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self._note(request.url, file))
        page.goto(file.as_uri())
        return page

    def _dismiss(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, url: str, file: Path) -> None:
        if url.partition("#")[0] != file.as_uri():
            self.troubles.append(f"request: {url}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module; where it is missing, they fail.

    Not for all tests: while it runs, no other test of the process can run an event loop.
    """
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing\n  hint: tests/install-servers installs it")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """Open a page from a file: ``visit(html, viewport={...}, color_scheme="dark")``.

    When the test ends, the console has to be silent, nothing may have asked for the network, and no
    dialog may have been opened.
    """
    visits = Visit(browser, tmp_path)
    yield visits
    for context in visits.contexts:
        context.close()
    assert visits.troubles == []
