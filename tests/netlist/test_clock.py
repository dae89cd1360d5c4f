"""Clock gates: what they hold still, what they cost, and what is refused."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from hawx_hw.netlist.clock import find_clock
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.netlist.timed import library_delays
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.technology import load

#: Registers with enables, and with resets and enables, of several widths, and one of each kind that
#: is not gated: without an enable, and too narrow.
DESIGN = """
module inner(input clk, rst, en, input [7:0] d, output reg [7:0] q);
  always @(posedge clk) if (rst) q <= 8'h5a; else if (en) q <= d + q;
endmodule
module top(input clk, rst, input [2:0] en, input [7:0] d, output [7:0] p, q, r, s, output reg t);
  reg [7:0] x, free;
  inner first(clk, rst, en[0], d, p);
  inner second(clk, rst, en[0] & en[1], p, q);
  always @(posedge clk) begin
    if (en[2]) x <= d ^ q;
    free <= x + d;
    if (en[1]) t <= ^d;
  end
  assign r = x, s = free;
endmodule
"""
PORTS = ("p", "q", "r", "s", "t")


@cache
def mapped(*, clock_gating: bool) -> Mapped:
    (result,) = map_designs(
        [({"top.v": DESIGN}, "top")], load("generic45"), clock_gating=clock_gating
    )
    return result


def gates(flat: FlatNetlist) -> int:
    return sum(
        len(group.nets)
        for group in flat.groups
        if flat.library.cells[group.kind].clock_gate is not None
    )


def stimulus(rng: np.random.Generator, steps: int, lanes: int) -> dict[str, np.ndarray]:
    """A reset first, then enables that are mostly 0."""
    enables = rng.integers(0, 8, (steps, lanes)) & rng.integers(0, 8, (steps, lanes))
    reset = (rng.random((steps, lanes)) < 0.05).astype(int)
    reset[:2] = 1
    enables[:2] = 7
    return {"rst": reset, "en": enables, "d": rng.integers(0, 256, (steps, lanes))}


@pytest.mark.parametrize("timed", [False, True])
def test_a_gated_design_does_the_same(timed: bool) -> None:
    seen, flats = [], []
    for gated in (False, True):
        flat = mapped(clock_gating=gated).flat
        delays = library_delays(flat) if timed else None
        simulator = GateSimulator(flat, 70, delays=delays)
        inputs = stimulus(np.random.default_rng(1), 60, 70)
        seen.append(simulator.run(inputs, PORTS, record=0 if timed else None))
        flats.append(flat)
        if timed:
            # A gated clock has no pulses but its own.
            (activity,) = simulator.take_timed()
            clocks = find_clock(flat, "clk").gated
            settled, pulses = (a.toggles for a in (activity.settled, activity.pulses))
            assert np.array_equal(pulses[clocks], settled[clocks])
            assert bool(pulses[clocks].sum()) == gated
            assert pulses.sum() > settled.sum()
    for port in PORTS:
        # Before the reset, and until enables come, states are not defined.
        np.testing.assert_array_equal(seen[0][port][4:], seen[1][port][4:], err_msg=port)
    assert [gates(flat) for flat in flats] == [0, 3]


def test_registers_that_are_gated_have_no_enable_of_their_own() -> None:
    """Each gate saves eight multiplexers, with the reset too; narrow and free ones have none."""
    plain, gated = (mapped(clock_gating=g).netlist.report() for g in (False, True))
    assert gated.cells_by_kind["DFF"] == plain.cells_by_kind["DFF"] == 33
    assert gated.cells_by_kind["CLKGATETST"] == 3
    assert "CLKGATETST" not in plain.cells_by_kind
    assert gated.area < plain.area


def test_a_gated_clock_toggles_twice_for_each_cycle_with_its_enable() -> None:
    flat = mapped(clock_gating=True).flat
    clock = find_clock(flat, "clk")
    rng = np.random.default_rng(2)
    inputs = stimulus(rng, 41, 3)
    simulator = GateSimulator(flat, 3)
    simulator.run({port: values[:1] for port, values in inputs.items()})
    simulator.take()
    simulator.run({port: values[1:] for port, values in inputs.items()})
    activity = simulator.take()
    reset, en = inputs["rst"], inputs["en"]
    conditions = [
        (reset | en & 1) != 0,
        (reset | (en & en >> 1 & 1)) != 0,
        (en & 4) != 0,
    ]
    # The pulse after the last cycle is counted with it, that after the first with the one before.
    expected = sorted(2 * int(condition[1:].sum()) for condition in conditions)
    assert sorted(activity.toggles[clock.gated].tolist()) == expected
    assert np.array_equal(activity.toggles[clock.gated], 2 * activity.ones[clock.enables])


def design(kind: str, **pins: list[int | str]) -> FlatNetlist:
    """One cell and a flip-flop behind it; net 2 is the clock, net 3 the port ``e``."""
    instances = [
        Instance("gate", kind, pins, {}),
        Instance("flop", "DFF", {"CK": [4], "D": [3], "Q": [5]}, {}),
    ]
    ports = {"clk": ("input", [2]), "e": ("input", [3]), "q": ("output", [5])}
    return flatten(
        Netlist("top", {"top": Module("top", ports, instances)}, load("generic45").library)
    )


def test_of_one_cell() -> None:
    flat = design("CLKGATETST", CK=[2], E=[3], SE=["0"], GCK=[4])
    clock = find_clock(flat, "clk")
    group = next(group for group in flat.groups if group.kind == "DFF")
    assert clock.root == flat.ports["clk"][1][0]
    assert clock.enables_of(group.nets_at("CK")).tolist() == flat.ports["e"][1].tolist()
    assert clock.enables_of(np.array([clock.root])).tolist() == [1]


@pytest.mark.parametrize(
    ("flat", "message"),
    [
        (design("CLKGATETST", CK=[2], E=[3], SE=["1"], GCK=[4]), "test input of CLKGATETST"),
        (design("CLKGATETST", CK=[3], E=[3], SE=["0"], GCK=[4]), "clock gates must be clocked"),
        (design("AND2", A1=[2], A2=[3], ZN=[4]), "flip-flops must be clocked"),
    ],
    ids=["test", "nested", "logic"],
)
def test_what_cannot_be_followed(flat: FlatNetlist, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GateSimulator(flat, 1)
