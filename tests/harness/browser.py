"""A headless Chromium for tests: skipped with a clear line where none is installed, required where CI=true."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebError, expect, sync_playwright

Scheme = Literal["light", "dark"]
_idle: dict[tuple[int, int, Scheme], Page] = {}
# The first has no window and takes a fifth less of the processor's time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PATIENCE = 20_000  # Milliseconds; a busy machine takes its time.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI=true needs Chromium: apt-get install chromium-headless-shell, or chromium")
        pytest.skip("no Chromium here: apt-get install chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        _idle.clear()
        browser.close()


@contextmanager
def page_of(browser: Browser, width: int = 1280, height: int = 800, scheme: Scheme = "light") -> Iterator[Page]:
    """A page, whose context makes further windows; errors of their scripts fail the test when the block ends.

    It is used again: a new one takes a second of CPU. Where its block ended with an error it is closed.
    """
    how, errors = (width, height, scheme), list[str]()
    page = _idle.pop(how, None) or _new_page(browser, width, height, scheme)
    try:
        with _noted(page.context, errors):
            yield page
        _leave(page, width, height, scheme)
    except BaseException:
        page.context.close()
        raise
    _idle[how] = page
    assert errors == []


@contextmanager
def _noted(context: BrowserContext, errors: list[str]) -> Iterator[None]:
    def note(error: WebError) -> None:
        errors.append(str(error.error))

    context.on("weberror", note)
    yield
    context.remove_listener("weberror", note)


def _new_page(browser: Browser, width: int, height: int, scheme: Scheme) -> Page:
    # What moves is drawn sixty times a second, which takes a fifth of the browser's time.
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return context.new_page()


def _leave(page: Page, width: int, height: int, scheme: Scheme) -> None:
    """As it was when it was new; what a page keeps for itself belongs to the address of its test's own server."""
    for window in page.context.pages:
        if window is not page:
            window.close()
    page.unroute_all()
    page.evaluate("() => sessionStorage.clear()")
    page.goto("about:blank")
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
