"""Gates that take time, against Icarus Verilog with the same delays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.activity.flat import flatten
from hawx_hw.activity.simulator import GateSimulator
from hawx_hw.activity.timed import Delays
from hawx_hw.technology import load
from tests.activity.icarus import PERIOD, changes
from tests.activity.netlists import net_numbers, random_module


@pytest.mark.parametrize("inertial", [True, False])
@pytest.mark.parametrize(("seed", "lanes"), [(0, 1), (1, 3), (2, 2)])
def test_every_net_changes_as_often_as_in_icarus(
    tmp_path: Path, seed: int, lanes: int, inertial: bool
) -> None:
    rng = np.random.default_rng(seed)
    netlist = random_module(rng, load("generic45").library, gates=60, flops=9, inputs_=6)
    flat, numbers = flatten(netlist), net_numbers(netlist)
    # Long enough that no two changes meet: what then comes first is Icarus's own affair.
    ticks = rng.integers(1000, 9000, flat.nets)
    words = rng.integers(0, 64, (30, lanes))

    timed = GateSimulator(flat, lanes, delays=Delays(ticks, inertial))
    settled = GateSimulator(flat, lanes)
    for simulator in (timed, settled):
        simulator.run({"x": words[:2]})
        simulator.take()
        simulator.run({"x": words[2:]})
    glitching, quiet = timed.take(), settled.take()
    assert glitching.toggles.sum() > quiet.toggles.sum()
    assert np.array_equal(glitching.ones, quiet.ones)

    seen, final, ones = (np.zeros(flat.nets, dtype=np.int64) for _ in range(3))
    delays = {net: int(ticks[number]) for net, number in numbers.items()}
    for lane in range(lanes):
        # Ours starts with an edge at which the first word comes in.
        bits = [[int(word) >> bit & 1 for bit in range(6)] for word in (0, *words[:, lane])]
        found = changes(netlist, delays, bits, tmp_path, inertial=inertial)
        for net, number in numbers.items():
            after = [event for event in found[net] if event[0] >= 3 * PERIOD]
            seen[number] += len(after)
            ends = [
                [value for time, value in found[net] if time < (step + 1) * PERIOD][-1]
                for step in range(2, len(bits))
            ]
            final[number] += np.count_nonzero(np.diff(ends))
            ones[number] += sum(ends[1:])
    assert np.array_equal(glitching.toggles[list(numbers.values())], seen[list(numbers.values())])
    assert np.array_equal(quiet.toggles[list(numbers.values())], final[list(numbers.values())])
    assert np.array_equal(quiet.ones[list(numbers.values())], ones[list(numbers.values())])
