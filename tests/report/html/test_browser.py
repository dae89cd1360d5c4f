"""The page in Chromium: no error, no request, no horizontal scrolling; what is clicked reacts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.report.html.compare import compare_runs
from hawx_hw.report.html.compare_content import ComparedRun
from hawx_hw.report.html.glossary import definitions
from hawx_hw.report.html.render import comparison_page, page
from hawx_hw.report.metrics import summary_result
from tests.chromium import running_chromium, watched_tab
from tests.report.html.pages import ALL, CONFIG, HOSTILE, whole_content, whole_summary

axe = pytest.importorskip("axe_playwright_python.sync_playwright")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    path = folder / "report.html"
    path.write_text(page(whole_content(folder)), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with running_chromium() as running:
        yield running


def opened(browser, report: Path, *, width: int = 1440, scheme: str = "light"):
    """The page once it is drawn, and everything that went wrong meanwhile."""
    own = ("file:", "data:")
    tab, problems = watched_tab(
        browser, lambda url: url.startswith(own), width=width, scheme=scheme
    )
    tab.goto(report.as_uri())
    tab.wait_for_selector("html[data-ready=true]")
    return tab, problems


@pytest.fixture(scope="module")
def shared(browser, report: Path):
    """One page for all tests that only use it."""
    tab, problems = opened(browser, report)
    yield tab, problems
    tab.context.close()


def check_drawn(tab, problems: list[str], width: int) -> None:
    """No complaint, no scrolling to the side, every chart drawn, no violation of axe-core."""
    assert problems == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for chart in tab.query_selector_all(".chart"):
        assert chart.query_selector("svg.main-svg") is not None, chart.get_attribute("id")
    violations = axe.Axe().run(tab).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_is_drawn_without_a_complaint(browser, report: Path, width: int, scheme: str) -> None:
    tab, problems = opened(browser, report, width=width, scheme=scheme)
    check_drawn(tab, problems, width)
    assert tab.query_selector_all("#machine-drawing rect")
    tab.context.close()


def test_nothing_moves_once_it_is_shown(shared) -> None:
    tab, _ = shared
    shift = tab.evaluate(
        """new Promise((done) => {
          let sum = 0;
          new PerformanceObserver((list) => list.getEntries().forEach((each) => {
            sum += each.value;
          })).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => done(sum), 300);
        })"""
    )
    assert shift < 0.02


#: Where design ``number`` of the front is drawn, in the window.
POINT = """(number) => {
  const chart = document.getElementById('front-chart');
  const trace = chart.data.find((each) => each.customdata && each.customdata.includes(number));
  const place = trace.customdata.indexOf(number), { xaxis, yaxis } = chart._fullLayout;
  const box = chart.getBoundingClientRect();
  return [box.left + xaxis._offset + xaxis.l2p(trace.x[place]),
          box.top + yaxis._offset + yaxis.l2p(trace.y[place])];
}"""


def test_a_click_on_a_point_of_the_front_shows_that_design(shared) -> None:
    tab, problems = shared
    assert "Design 1" in tab.inner_text("#front-panel")
    tab.locator("#front-chart").scroll_into_view_if_needed()
    tab.mouse.move(*tab.evaluate(POINT, 0))
    tab.wait_for_selector("#front-chart .hovertext", state="attached")
    assert "Design 0: exact blocks" in tab.text_content("#front-chart .hoverlayer")
    tab.mouse.down()
    tab.mouse.up()
    tab.wait_for_function("!document.getElementById('front-panel').innerText.includes('Design 1')")
    assert "Design 0: exact blocks" in tab.inner_text("#front-panel")
    tab.locator("#front-table button.show").nth(1).press("Enter")
    assert "hawx run tiny.yaml --index 1" in tab.inner_text("#front-panel")
    # The map of its cells, each with the blocks that it holds.
    assert tab.locator("#front-panel svg.map rect").count() == 6
    assert problems == []


def test_the_axes_of_the_front_can_be_chosen_and_all_is_reached_by_the_keyboard(
    shared,
) -> None:
    tab, problems = shared
    drawn = "document.getElementById('front-chart')"
    assert tab.evaluate(f"{drawn}.layout.xaxis.title.text") == "energy of an image, nJ"
    names = f"{drawn}.data.map((each) => each.name)"
    assert "best of all 4 assignments" in tab.evaluate(names)
    tab.select_option("#front-metric", "area_um2")
    assert tab.evaluate(f"{drawn}.layout.xaxis.title.text") == "area without memories, µm²"
    # All assignments are known by the search's objective alone.
    assert "best of all 4 assignments" not in tab.evaluate(names)
    marks = f"{drawn}.data.filter((each) => each.customdata).flatMap((each) => each.customdata)"
    assert sorted(tab.evaluate(marks)) == [0, 1, 2]
    tab.select_option("#front-basis", "test")
    # Nothing of these was run on test images.
    assert tab.evaluate(marks) == []
    tab.select_option("#front-basis", "search")
    # A design far beyond the constraint is shown when it is asked for.
    high = f"{drawn}.layout.yaxis.range[1]"
    before = tab.evaluate(high)
    tab.locator("#front-all").press("Space")
    assert before < 5
    assert tab.evaluate(high) > 9
    tab.locator("#front-design").focus()
    tab.keyboard.press("ArrowUp")
    assert "Design 0" in tab.inner_text("#front-panel")
    assert problems == []


def test_tables_sort_by_numbers_and_layers_change(shared) -> None:
    tab, problems = shared
    energies = (
        "[...document.querySelectorAll('#front-table tbody tr')].map((l) => l.cells[5].innerText)"
    )
    head = tab.locator("#front-table thead button", has_text="energy")
    head.click()
    assert tab.evaluate(energies) == ["3.0", "6.0", "9.0"]
    head.click()
    assert tab.evaluate(energies) == ["9.0", "6.0", "3.0"]
    shown = "document.getElementById('scores-activations').data[0].y"
    layers = "JSON.parse(document.getElementById('data').textContent).scores.layers"
    assert tab.evaluate(shown) == tab.evaluate(f"{layers}[0].activations")
    tab.select_option("#scores-layer", "1")
    assert tab.evaluate(shown) == tab.evaluate(f"{layers}[1].activations")
    tab.click("#theme")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    assert problems == []


def test_a_table_is_copied_as_csv(shared) -> None:
    tab, problems = shared
    # A page of a file may not reach the clipboard in all browsers: then there is a field.
    tab.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error(); }; }")
    figure = tab.locator("figure.table", has=tab.locator("#front-table"))
    figure.locator("button.copy").click()
    lines = list(csv.reader(io.StringIO(figure.locator("textarea").input_value())))
    assert lines[0][:3] == ["number", "blocks", "kind"]
    assert lines[0][-1] == "area without memories, µm²"
    assert [line[1] for line in lines[1:]] == ["exact blocks", "drum(k=4)", HOSTILE]
    assert lines[3][-2:] == ["3.0", "30"]
    tab.evaluate(
        "() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"
    )
    figure.locator("button.copy").click()
    assert next(csv.reader(io.StringIO(tab.evaluate("window.copied")))) == lines[0]
    assert problems == []


def test_definitions_are_shown_on_hover_and_on_focus(shared) -> None:
    tab, problems = shared
    tip = tab.locator(".tip")
    assert not tip.is_visible()
    tab.locator(".numbers button.term", has_text="energy of an image").hover()
    assert tip.inner_text() == definitions()["energy of an image"]
    tab.keyboard.press("Escape")
    assert not tip.is_visible()
    tab.locator("#front-table thead button", has_text="drop, search").focus()
    assert tip.inner_text() == definitions()["accuracy drop"]
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1440
    assert problems == []


def test_a_page_is_printed_in_light_whatever_the_theme_is(
    browser, report: Path, tmp_path: Path
) -> None:
    # As wide as paper.
    tab, problems = opened(browser, report, width=720, scheme="dark")
    path = tmp_path / "page.pdf"
    tab.pdf(path=str(path), format="A4")
    assert path.stat().st_size > 50_000
    # Only while it is printed.
    assert tab.evaluate("document.documentElement.dataset.theme") is None
    tab.emulate_media(media="print")
    assert not tab.locator("nav").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 720
    assert problems == []
    tab.context.close()


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("comparison")
    summary = whole_summary(folder)
    numbers = summary_result(CONFIG, folder, ALL)
    runs = [
        ComparedRun(CONFIG.model_copy(update={"name": name}), name, summary.results, numbers)
        for name in ("one", "other")
    ]
    path = folder / "compare.html"
    path.write_text(comparison_page(compare_runs(runs)), "utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_a_comparison_is_drawn_without_a_complaint(
    browser, comparison: Path, width: int, scheme: str
) -> None:
    tab, problems = opened(browser, comparison, width=width, scheme=scheme)
    check_drawn(tab, problems, width)
    shown = "document.getElementById('fronts-chart').layout.xaxis.title.text"
    assert tab.evaluate(shown) == "energy of an image, nJ"
    tab.select_option("#fronts-metric", "area_um2")
    assert tab.evaluate(shown) == "area without memories, µm²"
    tab.locator("#side-by-side button.term").first.focus()
    assert tab.locator(".tip").is_visible()
    tab.context.close()
