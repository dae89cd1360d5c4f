"""Pictures of layouts: size, colors, scale, and no text of the layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hawx_hw.flows.layout_picture import LAYER_COLORS, draw_layout, scale_bar
from tests.flows.small_layout import DEF, LEF


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    pytest.importorskip("klayout.lay")
    lef, routed = tmp_path / "cells.lef", tmp_path / "small.def"
    lef.write_text(LEF)
    routed.write_text(DEF)
    return routed, lef


def drawn(files: tuple[Path, Path], output: Path, width: int = 700) -> np.ndarray:
    routed, lef = files
    size = draw_layout(
        routed, [lef], ["metal1", "metal2"], output, title="Title", footer="Footer", width=width
    )
    with Image.open(output) as picture:
        assert picture.size == size
        return np.asarray(picture.convert("RGB"))


def share(pixels: np.ndarray, color: str) -> float:
    target = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return float(np.mean(np.all(np.abs(pixels.astype(int) - target) < 12, axis=-1)))


def test_a_picture_has_the_layers_in_solid_colors(files: tuple[Path, Path], tmp_path: Path) -> None:
    pixels = drawn(files, tmp_path / "picture.png")
    assert pixels.shape[1] == 700
    # The layout's sides are 20 um and 15 um.
    inner = 700 - 32
    assert inner * 15 / 20 < pixels.shape[0] < inner * 15 / 20 + 150
    body = pixels[46 : 46 + int(inner * 0.75)]
    # 13.25 um x 0.5 um of metal1, of 300 um2; metal2 has 4.12 um x 0.25 um, and 15 um x 2 um.
    assert share(body, LAYER_COLORS[0]) == pytest.approx(13.25 * 0.5 / 300, rel=0.3)
    assert share(body, LAYER_COLORS[1]) == pytest.approx((1.03 + 30.0) / 300, rel=0.15)
    # No black: neither texts of nets and cells nor frames of instances.
    assert share(body, "#000000") == 0.0


def test_the_same_layout_gives_the_same_bytes(files: tuple[Path, Path], tmp_path: Path) -> None:
    drawn(files, tmp_path / "one.png")
    drawn(files, tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_an_empty_layout_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    routed, lef = files
    routed.write_text("VERSION 5.6 ;\nDESIGN small ;\nUNITS DISTANCE MICRONS 100 ;\nEND DESIGN\n")
    with pytest.raises(ValueError, match="must have shapes"):
        draw_layout(routed, [lef], ["metal1"], tmp_path / "x.png", title="", footer="")
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("pixels_um", "width", "length"),
    [(10, 1600, 20), (1, 1600, 200), (100, 1600, 2), (6, 1600, 20), (1600, 1600, 1)],
)
def test_scale_bars_are_round_and_to_scale(pixels_um: float, width: int, length: int) -> None:
    shown, pixels = scale_bar(pixels_um, width)
    assert shown == length
    assert pixels == length * pixels_um
