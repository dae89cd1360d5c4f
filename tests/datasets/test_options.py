"""What a config states reaches the data set."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.datasets.options import Options, options_of
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.reading import Reading
from tests.config.texts import load


def test_by_default_nothing() -> None:
    assert Options() == Options(None, Reading(), Preparation())


def test_options_of_a_config(tmp_path: Path) -> None:
    text = "name: x\nnetwork:\n  model: lenet5\n  dataset: a/\n"
    assert options_of(load(tmp_path, text).network) == Options()
    text += (
        "  test: b/\n  reading: {images: i, labels: l, layout: NHWC, shape: [2, 3], "
        "range: [-1, 1], numbering: from_one}\n"
        "  preprocess: {channels: grey, resize: [9, 8], fit: crop, scale: 1.0}\n"
    )
    assert options_of(load(tmp_path, text).network) == Options(
        "b/",
        Reading("i", "l", "NHWC", (2, 3), (-1.0, 1.0), "from_one"),
        Preparation("grey", (9, 8), "crop"),
    )
