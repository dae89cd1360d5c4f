"""The fit of wire lengths, on layouts that were drawn by its own law."""

from __future__ import annotations

import numpy as np
import pytest
from wire_loads import Nets, deviations, fitted, nets_of, pitches, scatter, table_deviation

from hawx_hw.flows.layout_files import WireLengths
from hawx_hw.flows.tools.qflow.measure import Measured
from hawx_hw.technology.wires import WireModel

SCALE, BY_FAN_OUT, BY_CELLS = 2.0, 0.8, 0.15


def layout(cells: int, *, noise: float = 0.0, longer: float = 1.0, seed: int = 0) -> Nets:
    rng = np.random.default_rng(seed)
    fan_out = rng.integers(1, 12, 4 * cells)
    pitch = 6.0
    length = pitch * SCALE * fan_out**BY_FAN_OUT * cells**BY_CELLS * longer
    length *= np.exp(rng.normal(0, noise, len(length))) if noise else 1.0
    return Nets(
        f"{cells}", cells, cells * pitch**2, 40.0 * cells, fan_out, length, 0.1 * length, length
    )


def test_a_law_is_recovered() -> None:
    fit = fitted([layout(cells, seed=cells) for cells in (60, 400, 2500)])
    assert fit == pytest.approx((SCALE, BY_FAN_OUT, BY_CELLS), rel=1e-3)
    assert scatter([layout(60)], fit) == pytest.approx(0.0, abs=1e-3)
    noisy = [layout(cells, noise=0.5, seed=cells) for cells in (300, 900, 2500)]
    assert fitted(noisy)[1:] == pytest.approx((BY_FAN_OUT, BY_CELLS), abs=0.05)
    assert scatter(noisy, fitted(noisy)) == pytest.approx((np.exp(0.25) - 1) ** 0.5, rel=0.15)


def test_a_layout_that_is_left_out_shows_what_the_others_lack() -> None:
    every = [layout(cells, seed=cells) for cells in (60, 200, 700, 2500)]
    assert np.abs(deviations(every)).max() < 1e-3
    # Without the size, small ones come out too long and large ones too short.
    without = deviations(every, by_size=False)
    assert without[0] > 0.1 and without[-1] < -0.1
    odd = [*every, layout(500, longer=2.0)]
    assert deviations(odd)[-1] == pytest.approx(-0.5, abs=1e-3)


def test_a_table_is_compared_in_pitches() -> None:
    nets = layout(100)
    table = WireModel(0.1, 1.0, (3.0,), 3.0, "invented")
    expected = (1.5 * nets.fan_out).sum() / pitches(nets).sum() - 1
    assert table_deviation(nets, table, 4.0) == pytest.approx(expected)


def test_nets_that_lead_nowhere_are_left_out() -> None:
    measured = Measured(
        2, 50.0, 300.0, WireLengths({"a": {"metal1": 3.0}, "open": {"metal1": 1.0}}),
        {"a": 0.4, "open": 0.1}, {"a": 0.6}, {"a": 2, "open": 0},
    )  # fmt: skip
    nets = nets_of("x", measured)
    assert nets.fan_out.tolist() == [2]
    assert (nets.length_um.tolist(), nets.extracted_ff.tolist()) == ([3.0], [0.6])
