"""A real browser for tests of pages; a test without one is skipped."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

__all__ = ["running_chromium", "watched_tab"]


@contextmanager
def running_chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by playwright."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def watched_tab(
    browser: Any, may_request: Callable[[str], bool], *, width: int, scheme: str
) -> tuple[Any, list[str]]:
    """A new tab, and what goes wrong in it: messages, errors, requests that it may not make."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab, problems = context.new_page(), []
    tab.on("console", lambda message: problems.append(message.text))
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("request", lambda each: may_request(each.url) or problems.append(each.url))
    return tab, problems
