"""The page in Chromium: no error, no request, no horizontal scrolling; what is clicked reacts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.report.html.render import page
from tests.report.html.pages import whole_content

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="apt-get install chromium")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    path = folder / "report.html"
    path.write_text(page(whole_content(folder)), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


def opened(browser, report: Path, *, width: int = 1440, scheme: str = "light"):
    """The page once it is drawn, and everything that went wrong meanwhile."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab, problems = context.new_page(), []
    tab.on("console", lambda message: problems.append(message.text))
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on(
        "request",
        lambda request: (
            None if request.url.startswith(("file:", "data:")) else problems.append(request.url)
        ),
    )
    tab.goto(report.as_uri())
    tab.wait_for_selector("html[data-ready=true]")
    return tab, problems


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_is_drawn_without_a_complaint(browser, report: Path, width: int, scheme: str) -> None:
    tab, problems = opened(browser, report, width=width, scheme=scheme)
    assert problems == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for chart in tab.query_selector_all(".chart"):
        assert chart.query_selector("svg.main-svg") is not None, chart.get_attribute("id")
    assert tab.query_selector_all("#machine-drawing rect")
    violations = axe.Axe().run(tab).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
    tab.context.close()


def test_a_click_on_a_point_of_the_front_shows_that_design(browser, report: Path) -> None:
    tab, problems = opened(browser, report)
    assert "Design 1" in tab.inner_text("#front-panel")
    tab.locator("#front-chart").scroll_into_view_if_needed()
    mark = tab.locator("#front-chart .trace.scatter path.point").last.bounding_box()
    tab.mouse.move(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    tab.wait_for_timeout(200)
    tab.mouse.down()
    tab.mouse.up()
    tab.wait_for_function("!document.getElementById('front-panel').innerText.includes('Design 1')")
    tab.locator("#front-table button.show").nth(1).press("Enter")
    assert "hawx run tiny.yaml --index 1" in tab.inner_text("#front-panel")
    assert problems == []
    tab.context.close()


def test_tables_sort_by_numbers_and_layers_change(browser, report: Path) -> None:
    tab, problems = opened(browser, report)
    energies = (
        "[...document.querySelectorAll('#front-table tbody tr')].map((l) => l.cells[4].innerText)"
    )
    head = tab.locator("#front-table thead button", has_text="energy")
    head.click()
    assert tab.evaluate(energies) == ["3", "6", "9"]
    head.click()
    assert tab.evaluate(energies) == ["9", "6", "3"]
    shown = "document.getElementById('scores-activations').data[0].y"
    layers = "JSON.parse(document.getElementById('data').textContent).scores.layers"
    assert tab.evaluate(shown) == tab.evaluate(f"{layers}[0].activations")
    tab.select_option("#scores-layer", "1")
    assert tab.evaluate(shown) == tab.evaluate(f"{layers}[1].activations")
    tab.click("#theme")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    assert problems == []
    tab.context.close()
