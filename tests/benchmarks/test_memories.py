"""The templates' RAMs of flip-flops: as memories behave, and as the model weighs them."""

from __future__ import annotations

import numpy as np
import pytest
from memories import mapped, measured_ram, ram

from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.technology import load

TECHNOLOGY = load("generic45")


@pytest.mark.parametrize("words", [0, 5])
def test_a_ram_of_flip_flops_is_a_memory(words: int) -> None:
    """As an array of words with ports of its own, five of which may be of flip-flops."""
    lanes, cycles, depth = 64, 60, 5
    rng = np.random.default_rng(0)
    shape = (cycles, lanes)
    inputs = {
        "write_enable": rng.integers(0, 2, shape),
        "write_address": rng.integers(0, depth, shape),
        "write_data_0": rng.integers(0, 64, shape),
        "read_enable": rng.integers(0, 2, shape),
        "read_address": rng.integers(0, depth, shape),
    }
    netlist = mapped(TECHNOLOGY, ram(6, depth, words), gated=True)
    simulator = GateSimulator(netlist.flat, lanes)
    observed = simulator.run(inputs, ["read_data"])["read_data"]
    stored, data = np.zeros((depth, lanes), dtype=np.int64), np.zeros(lanes, dtype=np.int64)
    lane = np.arange(lanes)
    # Inputs come after the edge: each edge takes those of the cycle before.
    for before, after in zip(range(cycles - 1), range(1, cycles), strict=True):
        now = {name: values[before] for name, values in inputs.items()}
        data = np.where(now["read_enable"] == 1, stored[now["read_address"], lane], data)
        at = now["write_address"]
        stored[at, lane] = np.where(now["write_enable"] == 1, now["write_data_0"], stored[at, lane])
        np.testing.assert_array_equal(observed[after], data)


def test_the_model_is_what_is_measured() -> None:
    own = measured_ram(TECHNOLOGY, (8, 16), gated=True)
    model = TECHNOLOGY.memories.cells("hawx_sdp_ram", 8, 16)
    assert own.area == pytest.approx(model.area, rel=0.06)
    assert own.leakage == pytest.approx(model.leakage_nw, rel=0.08)
    assert own.clock == pytest.approx(model.clock_fj, rel=0.01)
    assert own.read == pytest.approx(model.read_energy_fj, rel=0.15)
    assert own.write == pytest.approx(model.write_energy_fj, rel=0.05)


def test_words_of_flip_flops_take_less_energy_than_multiplexers() -> None:
    flip_flops = measured_ram(TECHNOLOGY, (8, 16), gated=True)
    multiplexers = measured_ram(TECHNOLOGY, (8, 16), gated=True, flip_flop_words=15)
    assert flip_flops.read < 0.6 * multiplexers.read
    assert flip_flops.area < multiplexers.area
