"""The built site: complete, the same bytes each time, and nothing fetched from elsewhere."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.chromium import running_chromium, watched_tab
from tests.docs.pages import ROOT

pytest.importorskip("mkdocs")
#: A page of each kind.
PAGES = ("index.html", "tutorial.html", "reference/config.html", "reference/api.html", "simt.html")


def built(folder: Path) -> Path:
    """The site, as ``make docs`` builds it."""
    (command,) = re.findall(
        r"^docs:.*\n\t@(.*) \$\(BIN\)/python -P -m (mkdocs .*)$",
        (ROOT / "Makefile").read_text("utf-8"),
        re.MULTILINE,
    )
    variables = dict(each.split("=") for each in command[0].split())
    subprocess.run(
        [sys.executable, "-P", "-m", *command[1].split(), "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, **variables},
        check=True,
        timeout=600,
    )
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("site"))


def test_every_page_is_there(site: Path) -> None:
    sources = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    assert len(sources) > 30
    missing = [path for path in sources if not (site / path.with_suffix(".html")).is_file()]
    assert missing == []


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pattern = re.compile(
        r"""(?:<(?:script|img|iframe|source)\b[^>]*\bsrc|<link\b[^>]*\bhref)=["']?(?:https?:)?//"""
        r"""|url\(\s*["']?(?:https?:)?//|@import"""
    )
    texts = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(texts) > 30
    for path in texts:
        assert pattern.search(path.read_text("utf-8")) is None, path


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("index.html", "make accel CONFIG=lenet5.yaml"),
        ("index.html", "verified  20 images bit for bit"),
        ("results.html", "64 lanes, 2 warps SIMT"),
        ("reference/api.html", "from hawx_hw.api import Project"),
    ],
)
def test_what_is_included_from_other_files_is_there(site: Path, page: str, text: str) -> None:
    assert text in html.unescape(re.sub(r"<[^>]+>", "", (site / page).read_text("utf-8")))


def test_no_inclusion_is_left(site: Path) -> None:
    assert [path for path in site.rglob("*.html") if "--8&lt;--" in path.read_text("utf-8")] == []


@pytest.mark.slow
def test_the_same_bytes_each_time(site: Path, tmp_path: Path) -> None:
    again = built(tmp_path / "site")
    files = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    assert files == {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    for path in sorted(files):
        assert (site / path).read_bytes() == (again / path).read_bytes(), path


# In Chromium ----------------------------------------------------------------------------------


class Silent(SimpleHTTPRequestHandler):
    """A server of files that prints nothing."""

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with running_chromium() as running:
        yield running


def opened(browser, address: str, *, width: int = 1440, scheme: str = "light"):
    """A tab, and everything that goes wrong in it."""
    own = (address, "data:", "blob:")
    return watched_tab(browser, lambda url: url.startswith(own), width=width, scheme=scheme)


#: The sizes and schemes, with the pages that a usual run looks at.
VIEWS = [(1440, "light", ["index.html"]), (390, "dark", ["reference/config.html"])]
WHOLE = [(width, scheme, PAGES) for width in (1440, 390) for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    ("width", "scheme", "pages"),
    [*VIEWS, *(pytest.param(*view, marks=pytest.mark.slow) for view in WHOLE)],
    ids=lambda value: str(len(value)) if isinstance(value, (list, tuple)) else str(value),
)
def test_pages_in_a_browser(
    browser, address: str, width: int, scheme: str, pages: Sequence[str]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tab, problems = opened(browser, address, width=width, scheme=scheme)
    for page in pages:
        tab.goto(address + page)
        tab.wait_for_selector("body[data-md-color-scheme]")
        assert problems == [], page
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, page
        assert tab.evaluate("document.body.dataset.mdColorScheme") == (
            "slate" if scheme == "dark" else "default"
        )
        violations = axe.Axe().run(tab).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == [], page
    tab.context.close()


def test_search_works_without_a_server(browser, site: Path) -> None:
    tab, problems = opened(browser, "file:")
    tab.goto((site / "index.html").as_uri())
    tab.fill(".md-search__input", "requantization")
    tab.wait_for_selector(".md-search-result__item")
    assert "requantization" in tab.inner_text(".md-search-result__list").lower()
    assert problems == []
    tab.context.close()
