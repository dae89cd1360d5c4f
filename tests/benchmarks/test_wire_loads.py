"""The fit of wire lengths, on layouts that were drawn by its own law."""

from __future__ import annotations

import numpy as np
import pytest
from wire_loads import (
    Nets,
    cells_around,
    clock_deviation,
    deviations,
    fitted,
    nets_of,
    pitches,
    same_circuit,
    scatter,
    table_deviation,
)

from hawx_hw.flows.layout_files import WireLengths
from hawx_hw.flows.tools.qflow.blif import PlacedNetlist, placed_netlist
from hawx_hw.flows.tools.qflow.measure import Measured
from hawx_hw.netlist.flat import flatten
from hawx_hw.technology.wires import WireModel
from tests.netlist.test_surroundings import design, ref_surroundings

SCALE, BY_FAN_OUT, BY_CELLS = 1.0, 0.8, 0.15


def layout(cells: int, *, noise: float = 0.0, longer: float = 1.0, seed: int = 0) -> Nets:
    rng = np.random.default_rng(seed)
    fan_out = rng.integers(1, 12, 4 * cells)
    pitch = 6.0
    around = rng.integers(cells // 2, cells, len(fan_out), endpoint=True)
    length = pitch * SCALE * fan_out**BY_FAN_OUT * around**BY_CELLS * longer
    length *= np.exp(rng.normal(0, noise, len(length))) if noise else 1.0
    return Nets(
        f"{cells}",
        cells,
        cells * pitch**2,
        40.0 * cells,
        fan_out,
        around,
        length,
        0.1 * length,
        length,
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


def test_nets_that_lead_nowhere_or_to_a_pin_are_left_out() -> None:
    measured = Measured(
        2, 50.0, 300.0,
        WireLengths({net: {"metal1": 3.0} for net in ("inner", "open", "in", "out")}),
        {"inner": 0.4, "open": 0.1, "in": 0.2, "out": 0.2}, {"inner": 0.6},
        {"inner": 2, "open": 0, "in": 1, "out": 1},
    )  # fmt: skip
    placed = PlacedNetlist("x", ("in",), ("out",), {})
    around = dict.fromkeys(("inner", "open", "in", "out"), 2)
    nets = nets_of("x", measured, placed, around)
    assert (nets.fan_out.tolist(), nets.around.tolist()) == ([2], [2])
    assert (nets.length_um.tolist(), nets.extracted_ff.tolist()) == ([3.0], [0.6])


def test_the_clock_is_compared_with_a_tree() -> None:
    measured = Measured(
        100, 3600.0, 4000.0, WireLengths({"clk": {"metal1": 228.0}}), {"clk": 9.0}, {},
        {"clk": 24},
    )  # fmt: skip
    nets = nets_of("x", measured, PlacedNetlist("x", ("clk",), (), {}), {})
    assert nets.clock == (24, 228.0)
    assert clock_deviation(nets) == pytest.approx(0.76 * (25 * 3600) ** 0.5 / 228 - 1)


def test_modules_around_nets_by_their_names() -> None:
    netlist = design()
    flat = flatten(netlist)
    placed = placed_netlist(flat, "top")
    expected = ref_surroundings(flat)
    around = cells_around(flat, placed)
    sizes = {"": 16, "left/": 7, "right/": 7}
    for cell, (kind, pins) in placed.cells.items():
        (group,) = (group for group in flat.groups if group.kind == kind)
        for pin, net in pins.items():
            number = int(group.nets_at(pin)[int(cell.rsplit("_", 1)[1]) - 1])
            if number >= 2:
                assert around[net] == sizes.get(expected[number], 3)


def test_circuits_are_the_same_whatever_their_nets_names() -> None:
    one = PlacedNetlist("x", ("a",), (), {"I_1": ("I", {"A": "a", "Y": "b"}),
                                          "I_2": ("I", {"A": "b", "Y": "c"})})  # fmt: skip
    renamed = PlacedNetlist("x", ("p",), (), {"I_1": ("I", {"A": "p", "Y": "q"}),
                                              "I_2": ("I", {"A": "q", "Y": "r"})})  # fmt: skip
    other = PlacedNetlist("x", ("a",), (), {"I_1": ("I", {"A": "a", "Y": "b"}),
                                            "I_2": ("I", {"A": "a", "Y": "c"})})  # fmt: skip
    assert same_circuit(one, renamed)
    assert not same_circuit(one, other)
