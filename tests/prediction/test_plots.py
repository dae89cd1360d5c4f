from pathlib import Path

import numpy as np
import pytest

from hawx_hw.prediction.evaluation import HeldOut
from hawx_hw.prediction.plots import parity
from hawx_hw.prediction.predictors import Estimates

MEASURED = np.array([1e3, 2e3, 5e3])
HELD_OUT = {
    name: HeldOut(MEASURED, Estimates(1.1 * MEASURED, MEASURED, 1.3 * MEASURED))
    for name in ("area", "power", "fmax")
}


def test_the_same_data_give_the_same_drawing(tmp_path: Path) -> None:
    texts = []
    for name in ("one.svg", "two.svg"):
        parity(HELD_OUT, tmp_path / name)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    for label in ("measured: area of the cells", "measured: power", "measured: highest clock"):
        assert label in texts[0]
    # The file holds no date.
    assert "<dc:date>" not in texts[0]


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_other_formats(tmp_path: Path, name: str, start: bytes) -> None:
    parity(HELD_OUT, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
