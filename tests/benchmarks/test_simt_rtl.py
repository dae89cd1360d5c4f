"""The units that are run in Verilog."""

from __future__ import annotations

import numpy as np
from simt_rtl import CASES, Case, measured, mixed, record

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.graph.random_graphs import random_codes
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import lenet5


def test_every_number_of_lanes_and_warps_is_there() -> None:
    plans = [(case, SimtConfig.model_validate(case.keys)) for case in CASES]
    for blocks in (False, True):
        own = [config for case, config in plans if case.mixed == blocks and case.layer is None]
        assert {config.lanes for config in own} == {1, 4, 8, 13, 16, 32}
        assert {config.parameters for config in own} == {"rom", "loaded"}
    assert {config.unit().warps for _, config in plans} == {1, 2, 3, 4, 8}
    assert len({(case.title, case.mixed) for case in CASES}) == len(CASES)


def test_mixtures_have_several_blocks_in_a_lane() -> None:
    graph = lenet5()
    made = plan(graph, SimtConfig(lanes=8), mixed(graph))
    assert len(made.blocks) == 4
    assert made.program.lanes.selections > 2


def test_a_unit_is_measured() -> None:
    graph = convolution(np.random.default_rng(0), (4, 5, 5), 4, (3, 3))
    case = Case({"lanes": 4, "warps": 1})
    made, result = measured(case, graph, random_codes(np.random.default_rng(0), graph, 1), "auto")
    title, blocks, warps, images, cycles, busy, all_busy, _ = record(case, made, result)
    assert (title, blocks, warps, images) == ("LeNet-5, lanes 4, warps 1", "exact", "1", "1")
    assert int(cycles.replace(",", "")) == made.cycles().core
    assert busy == all_busy == f"{made.cycles().macs / 4 / made.cycles().core:.1%}"
