"""What program.json holds of a systolic accelerator."""

from __future__ import annotations

import json

import numpy as np

from hawx_hw.architectures.systolic.description import describe
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.exact import Exact
from tests.architectures.common.layers import convolution
from tests.synthetic_blocks import Biased


def test_a_small_accelerator_described_by_hand() -> None:
    network = convolution(np.random.default_rng(0), (1, 2, 3), 4, (1, 1))
    blocks = {"conv": LayerBlocks.by_filter([Exact(), Biased(7)] * 2, (4, 1, 1, 1))}
    array = ArrayShape.complete(1, 4, slice_columns=2, requantizers=2, accumulators=6)
    described = describe(plan(network, array, blocks))
    assert json.loads(json.dumps(described)) == described
    assert described["title"] == "1 x 4 systolic, 4 PEs"
    assert described["array"]["slice_columns"] == 2
    # A block a column, as the filters alternate; each PE uses the one that it holds.
    (blocks_of_pes,) = described["pe_blocks"]
    assert sorted(blocks_of_pes) == [[0], [0], [1], [1]]
    assert described["selections"] == [[[index for (index,) in blocks_of_pes]]]
    # An image of one channel in words of two codes: one word a pixel.
    assert described["activation_memory"] == {"copies": 1, "width": 16, "depth": 6}
    # Two sets for each slice of two columns.
    sum_bits = described["widths"]["sum_bits"]
    assert described["accumulators"]["sets"] == 4
    assert described["accumulators"]["width"] == 2 * sum_bits
    (step,) = described["program"]
    assert (step["layer"], step["height"], step["width"]) == ("conv", 2, 3)
