"""The drawing and the timelines in Chromium: legible, in reach of the keyboard, as the plan is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan as simt_plan
from hawx_hw.architectures.systolic.plan import plan as systolic_plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.design.drawing_result import drawing_result
from hawx_hw.design.program import LayerMultiplications, ProgramCycles, ProgramLayer
from hawx_hw.power.result import LayerPower
from hawx_hw.report.html import drawing_svg
from hawx_hw.report.html.drawing_svg import picture
from hawx_hw.report.html.machine import MachineContent, machine_content
from hawx_hw.report.html.render import page
from hawx_hw.report.run_results import RunResults
from tests.architectures.serial import Serial, SerialConfig, graph
from tests.architectures.simt.networks import lenet5
from tests.chromium import running_chromium
from tests.report.html.pages import whole_content
from tests.report.html.test_browser import opened
from tests.report.samples import EMIT, POWER

ASSETS = Path(drawing_svg.__file__).parent / "assets"


@cache
def mixed() -> Assignment:
    """Three blocks in turn, by filter."""
    blocks = [by_name(name) for name in ("exact", "drum(4)", "array(ha=1,hb=0,v=4)")]
    assignment = {}
    for node in lenet5().nodes:
        weight = getattr(node, "weight", None)
        if isinstance(weight, np.ndarray):
            own = [blocks[number % 3] for number in range(len(weight))]
            assignment[node.name] = LayerBlocks.by_filter(own, weight.shape)
    return assignment


def systolic(rows: int, columns: int, **more: Any) -> Plan:
    blocks = mixed() if columns > 2 else {}
    return systolic_plan(lenet5(), ArrayShape.complete(rows, columns, **more), blocks)


def simt(**keys: Any) -> Plan:
    return simt_plan(lenet5(), SimtConfig.model_validate(keys), mixed())


def machine_of(plan: Plan, folder: Path) -> MachineContent:
    """The content of a plan's section; of its energy all parts and blocks have something."""
    drawn = drawing_result(plan)
    drawn.write(folder)
    report = plan.cycles()
    layers = tuple(
        ProgramLayer(
            name=each.name, total=each.total, macs=each.macs, causes={},
            utilization=each.macs / report.multipliers / each.total,
        )
        for each in report.layers
    )  # fmt: skip
    parts = {unit.part: 500.0 for unit in drawn.drawing.units if unit.part}
    parts |= {"clock": 900.0, "memories": 800.0, "blocks": 300.0}
    (sample,) = POWER.layers
    power = tuple(
        LayerPower(
            **{
                **sample.model_dump(),
                "name": each.name,
                "cycles": each.total,
                "energy_pj": sum(parts.values()),
                "parts": parts,
                "blocks": {block.module: 100.0 for block in drawn.drawing.blocks},
            }
        )
        for each in layers
    )
    emit = EMIT.model_copy(
        update={
            "title": drawn.drawing.title,
            "multipliers": plan.multipliers,
            "cycles": ProgramCycles(core=report.core, layers=layers),
            "multiplications": tuple(
                LayerMultiplications(layer=each.layer, blocks=each.blocks)
                for each in plan.multiplications()
            ),
        }
    )
    results = RunResults(
        folder, (), emit=emit, power=POWER.model_copy(update={"layers": power, "memories": ()})
    )
    made = machine_content(results, "any")
    assert made is not None
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_chromium() as running:
        yield running


def opened_with(browser: Any, plan: Plan, folder: Path, **view: Any) -> tuple[Any, list[str]]:
    """A page that has the machine of a plan, and of the other sections what takes no charts.

    So it can do without the library that draws these, which takes the longest to be read.
    """
    others = {"front": None, "scores": None, "accuracy": None, "bars": ()}
    content = whole_content(folder).model_copy(
        update={**others, "machine": machine_of(plan, folder)}
    )
    path = folder / "report.html"
    library = (ASSETS / "plotly-cartesian.min.js").read_text("utf-8")
    text = page(content)
    assert library in text
    path.write_text(text.replace(library, ""), "utf-8")
    return opened(browser, path, **view)


@pytest.fixture(scope="module")
def array(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page of an array on a screen, and what went wrong on it."""
    tab, problems = opened_with(browser, systolic(8, 8), tmp_path_factory.mktemp("array"))
    yield tab, problems
    tab.context.close()


@pytest.fixture(scope="module")
def unit(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page of a SIMT unit on a phone, dark, and what went wrong on it."""
    folder = tmp_path_factory.mktemp("unit")
    tab, problems = opened_with(browser, simt(lanes=8), folder, width=390, scheme="dark")
    yield tab, problems
    tab.context.close()


#: Texts of a drawing that meet another one, or reach out of their box.
BAD_TEXTS = """() => {
  const boxes = [...document.querySelectorAll('svg.machine text')].map((each) => {
    const box = each.getBBox();
    return { each, text: each.textContent, left: box.x, right: box.x + box.width,
             top: box.y + 0.2 * box.height, bottom: box.y + 0.85 * box.height };
  });
  const meet = (one, other) => one.left < other.right && other.left < one.right &&
    one.top < other.bottom && other.top < one.bottom;
  const bad = [];
  boxes.forEach((one, index) => {
    for (const other of boxes.slice(index + 1)) {
      if (meet(one, other)) bad.push([one.text, other.text]);
    }
    const holder = one.each.closest('[data-unit]');
    const page = one.each.ownerSVGElement.viewBox.baseVal;
    const box = holder ? holder.querySelector('rect').getBBox() : page;
    const wide = one.left < box.x || one.right > box.x + box.width;
    if (wide || one.bottom > box.y + box.height) bad.push([one.text, 'its box']);
  });
  return bad;
}"""


@pytest.mark.parametrize(
    "make",
    [
        lambda: systolic(8, 8),
        lambda: systolic(1, 1),
        lambda: systolic(16, 16, loadable=True),
        lambda: systolic(64, 4),
        lambda: simt(lanes=16),
        lambda: simt(lanes=13, warps=8),
        lambda: simt(lanes=64, parameters="loaded"),
        lambda: Serial().plan(graph(), SerialConfig(), {}),
    ],
)
def test_no_text_meets_another_one(browser: Any, make: Any) -> None:
    tab = browser.new_page(viewport={"width": 600, "height": 900})
    tab.set_content(picture(make().drawing()))
    assert tab.evaluate(BAD_TEXTS) == []
    tab.close()


IDLE = """[...document.querySelectorAll('#machine-drawing [data-cell]')].map(
  (each) => each.querySelectorAll('rect.idle').length)"""
FILL = "(name) => getComputedStyle(document.querySelector(`#machine-drawing ${name} rect`)).fill"


def test_the_layer_is_chosen_by_the_keyboard(array: Any) -> None:
    tab, problems = array
    assert tab.locator("#machine-drawing [data-cell]").count() == 64
    assert tab.inner_text("#machine-name") == "conv1 + pool1"
    before = tab.evaluate(IDLE)
    tab.focus("#machine-layer")
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    assert tab.inner_text("#machine-name") == "fc3"
    assert tab.get_attribute("#machine-layer", "aria-valuetext") == "fc3"
    layers = tab.locator(".gantt:not([hidden])").all()
    assert [each.get_attribute("data-layer") for each in layers] == ["4"]
    assert tab.evaluate(IDLE) == tab.evaluate(
        """(({ cells, uses }) => cells.map(
          (use) => uses[use].busy.filter((share) => !share).length))(hawx.data.machine.layers[4])"""
    )
    assert tab.evaluate(IDLE) != before
    assert tab.inner_text("#machine-panel h3") == "fc3"
    tab.keyboard.press("Home")
    assert tab.evaluate(IDLE) == before
    assert problems == []


def test_cells_and_units_are_colored_by_use_and_energy(array: Any) -> None:
    tab, problems = array
    blocks, unit = (tab.evaluate(FILL, f"[{name}]") for name in ("data-cell", "data-unit=issuer"))
    tab.select_option("#machine-color", "busy")
    colors = tab.evaluate(
        """new Set([...document.querySelectorAll('#machine-drawing .block')].map(
          (each) => getComputedStyle(each).fill)).size"""
    )
    shares = tab.evaluate(
        "new Set(hawx.data.machine.layers[0].uses.flatMap((use) => use.busy)).size"
    )
    assert colors == shares > 1
    assert tab.evaluate(FILL, "[data-unit=issuer]") == unit
    assert "100 % of the layer's cycles" in tab.inner_text("#machine-scale")
    tab.select_option("#machine-color", "energy")
    assert tab.evaluate(FILL, "[data-unit=issuer]") != unit
    assert "nJ" in tab.inner_text("#machine-scale")
    tab.select_option("#machine-color", "block")
    assert tab.evaluate(FILL, "[data-cell]") == blocks
    assert tab.is_hidden("#machine-scale") and tab.is_visible("#machine-blocks")
    assert problems == []


def test_a_click_shows_what_is_known_of_a_place(unit: Any) -> None:
    tab, problems = unit
    tab.locator("#machine-drawing [data-unit='core/activations'] rect").click(force=True)
    assert "words of 64 bits" in tab.inner_text("#machine-panel")
    tab.locator("#machine-drawing [data-cell='3'] rect").first.click(force=True)
    assert "lane 3: " in tab.inner_text("#machine-panel")
    assert tab.locator("#machine-drawing .chosen").count() == 1
    assert problems == []


def test_the_timeline_of_a_unit(unit: Any) -> None:
    tab, problems = unit
    chart = tab.locator(".gantt:not([hidden]) [role=img]").first
    assert chart.locator(".strip-title").all_inner_texts() == [
        "cycles of the layer", "multiply engine", "post engine", "warp 0", "warp 1", "cycle",
    ]  # fmt: skip
    spans = chart.locator("svg").nth(0).locator("rect").all()
    assert sum(float(each.get_attribute("width")) for each in spans) == 256
    note = chart.locator("svg").nth(1).locator("title").first.text_content()
    assert note.startswith("multiply engine walks (warp 0, ")
    assert problems == []


def test_a_phone_shows_it_without_scrolling_sideways(unit: Any) -> None:
    tab, _ = unit
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    smallest = tab.evaluate(
        """(() => {
          const svg = document.querySelector('svg.machine');
          const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
          const texts = [...svg.querySelectorAll('text')];
          return Math.min(...texts.map((each) => scale * each.getAttribute('font-size')));
        })()"""
    )
    assert smallest > 6.5
