"""Drawings as SVG: complete, safe, the same bytes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from hawx_hw.architectures.drawing import DrawnBlock, LayerUse
from hawx_hw.report.html.drawing_svg import block_letter, drawing_svg, picture
from tests.report.html.pages import HOSTILE
from tests.report.samples import DRAWING

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def test_every_cell_shows_its_blocks() -> None:
    root = parsed(drawing_svg(DRAWING.drawing, "three PEs"))
    assert root.get("aria-label") == "three PEs"
    cells = [each for each in root.iter(f"{SVG}g") if each.get("data-cell")]
    kinds = [[rect.get("class") for rect in cell.iter(f"{SVG}rect")] for cell in cells]
    # The first layer does not use the exact block in the second and third cell.
    assert kinds == [["block b0"], ["block b0 idle", "block b1"], ["block b0 idle", "block b1"]]
    letters = [[text.text for text in cell.iter(f"{SVG}text")] for cell in cells]
    assert letters == [["A"], ["A", "B"], ["A", "B"]]
    titles = [cell.find(f"{SVG}title").text for cell in cells]  # type: ignore[union-attr]
    assert titles[1] == "PE row 0, column 1: exact and drum(k=4)"


def test_units_memories_and_buses_are_there() -> None:
    root = parsed(drawing_svg(DRAWING.drawing, ""))
    units = {each.get("data-unit") for each in root.iter(f"{SVG}g")} - {None}
    assert units == {"host", "control", "core/weights"}
    titles = [each.text for each in root.iter(f"{SVG}title")]
    assert "weights: 99 words of 8 bits (hawx_rom)" in titles
    assert "weights, 8 bits: core/weights to cells" in titles
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"AXI4-Lite", "control", "weights", "99 x 8 b"} <= set(texts)


def test_names_are_text() -> None:
    hostile = DRAWING.drawing.model_copy(
        update={"blocks": (DrawnBlock(name=HOSTILE, module="m"),) * 2, "cell": HOSTILE}
    )
    text = drawing_svg(hostile, HOSTILE)
    assert HOSTILE not in text
    parsed(text)


def test_a_file_by_itself_has_its_style() -> None:
    text = picture(DRAWING.drawing)
    assert text == picture(DRAWING.drawing)
    root = parsed(text)
    style = root.find(f"{SVG}style")
    assert style is not None and style.text is not None and "--ground: #ffffff" in style.text
    assert "url(" not in style.text and "@import" not in style.text


def test_a_drawing_without_layers_shows_all_blocks() -> None:
    for layers in ((), (LayerUse(layer="pool"),)):
        bare = DRAWING.drawing.model_copy(update={"layers": layers})
        assert " idle" not in drawing_svg(bare, "")


@pytest.mark.parametrize(
    ("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (27, "AB"), (52, "BA"), (702, "AAA")]
)
def test_letters_go_on(index: int, letter: str) -> None:
    assert block_letter(index) == letter
