"""Who is clocked, and the estimate of the tree."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.power.clock_tree import FAN_OUT, clock_tree, smallest_buffer
from hawx_hw.technology import load

LIBRARY = load("generic45").library


def design(free: int, gated: int) -> FlatNetlist:
    """As many flip-flops at the clock itself, and behind one gate; in a module of their own."""
    flops = [(f"free{n}", 2) for n in range(free)] + [(f"gated{n}", 4) for n in range(gated)]
    instances = [
        Instance("gate", "CLKGATETST", {"CK": [2], "E": [3], "SE": ["0"], "GCK": [4]}, {}),
        *(
            Instance(name, "DFF", {"CK": [net], "D": [3], "Q": [5 + index]}, {})
            for index, (name, net) in enumerate(flops)
        ),
    ]
    ports = {
        "clk": ("input", [2]),
        "e": ("input", [3]),
        "q": ("output", [*range(5, 5 + len(flops))]),
    }
    inner = Module("inner", ports, instances)
    top = Module(
        "top", {"clk": ("input", [2]), "e": ("input", [3])},
        [Instance("u", "inner", {"clk": [2], "e": [3], "q": [*range(5, 5 + len(flops))]}, {})],
    )  # fmt: skip
    return flatten(Netlist("top", {"top": top, "inner": inner}, LIBRARY))


def activity(flat: FlatNetlist, pulses: int, cycles: int = 100) -> Activity:
    toggles = np.zeros(flat.nets, dtype=np.int64)
    (gate,) = (group for group in flat.groups if group.kind == "CLKGATETST")
    toggles[gate.nets_at("GCK")] = 2 * pulses
    return Activity(cycles, toggles, np.zeros_like(toggles))


def test_flip_flops_by_module() -> None:
    flat = design(3, 8)
    tree = clock_tree(flat, activity(flat, 10), 1.1, 500.0)
    assert list(tree.modules) == ["inner"]
    inner = tree.modules["inner"]
    assert (inner.clock_gates, inner.gated, inner.free) == (1, 8, 3)


def test_small_nets_need_no_buffer() -> None:
    flat = design(FAN_OUT - 1, FAN_OUT)
    tree = clock_tree(flat, activity(flat, 10), 1.1, 500.0)
    assert (tree.buffer, tree.buffers, tree.estimated_uw) == ("BUF", 0, 0.0)


@pytest.mark.parametrize("pulses", [0, 25, 100])
def test_buffers_by_hand(pulses: int) -> None:
    """17 + 1 pins at the root, 40 behind the gate: two and three buffers."""
    flat = design(17, 40)
    tree = clock_tree(flat, activity(flat, pulses), 1.1, 500.0)
    assert tree.buffers == 2 + 3
    # BUF: 0.975 fF at its input, 2.54 fJ a toggle of its output.
    each = 0.5 * 0.975 * 1.1**2 + 2.54
    toggles = 2 * 2.0 + 3 * 2.0 * pulses / 100
    assert tree.estimated_uw == pytest.approx(each * toggles * 500 / 1000, rel=1e-5)


def test_levels() -> None:
    flat = design(FAN_OUT * FAN_OUT, 4)
    tree = clock_tree(flat, activity(flat, 1), 1.1, 500.0)
    # One pin more than two levels hold.
    assert tree.buffers == (FAN_OUT + 1) + 2


def test_the_smallest_buffer() -> None:
    buffer = smallest_buffer(LIBRARY)
    assert buffer is not None
    assert buffer.name == "BUF"
