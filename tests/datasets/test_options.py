"""What a config states reaches the data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.datasets.options import Options, options_of
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.reading import Reading
from hawx_hw.errors import UserError
from tests.config.texts import load


def test_by_default_nothing() -> None:
    assert Options() == Options(None, Reading(), Preparation())


def test_options_of_a_config(tmp_path: Path) -> None:
    text = "name: x\nnetwork:\n  model: lenet5\n  dataset: a.npz\n"
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


@pytest.mark.parametrize(
    "key", ["images: x", "labels: y", "layout: NHWC", "shape: [2, 2]", "range: [0, 1]"]
)
@pytest.mark.parametrize("named", ["dataset: digits", "dataset: a/\n  test: b.csv"])
def test_what_is_of_arrays_needs_an_archive(tmp_path: Path, key: str, named: str) -> None:
    text = f"name: x\nnetwork:\n  model: lenet5\n  {named}\n  reading: {{{key}}}\n"
    with pytest.raises(UserError) as caught:
        options_of(load(tmp_path, text).network)
    name = key.partition(":")[0]
    assert str(caught.value) == (
        f"network.reading.{name}: {name} is of arrays, and no .npz file is named. Leave it out."
    )
    options_of(load(tmp_path, text + "  validation: c.npz\n").network)
    options_of(load(tmp_path, text.replace(key, "numbering: in_order")).network)
