"""Pictures of a GDS."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.flows.layout_picture import LAYER_COLORS
from hawx_hw.flows.tools.coriolis.picture import WIRES, draw


def test_wires_have_the_colors_of_their_layers(tmp_path: Path) -> None:
    kdb = pytest.importorskip("klayout.db")
    image = pytest.importorskip("PIL.Image")
    layout = kdb.Layout()
    top = layout.create_cell("top")
    for number, layer in enumerate(WIRES.values()):
        top.shapes(layout.layer(*layer)).insert(kdb.DBox(0, 4 * number, 20, 4 * number + 2))
    layout.write(str(tmp_path / "top.gds"))
    draw(tmp_path / "top.gds", tmp_path / "top.png", title="top", width=500)
    with image.open(tmp_path / "top.png") as picture:
        assert picture.width == 500
        colors = {color for _, color in picture.convert("RGB").getcolors(1 << 20)}
    for color in LAYER_COLORS[: len(WIRES)]:
        assert tuple(bytes.fromhex(color[1:])) in colors


def test_an_empty_layout_is_refused(tmp_path: Path) -> None:
    kdb = pytest.importorskip("klayout.db")
    layout = kdb.Layout()
    layout.create_cell("top")
    layout.write(str(tmp_path / "top.gds"))
    with pytest.raises(ValueError, match="must have shapes"):
        draw(tmp_path / "top.gds", tmp_path / "top.png", title="top", width=500)
