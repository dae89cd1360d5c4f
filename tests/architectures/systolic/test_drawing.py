"""The drawing of a small array, by hand; what every drawing promises is in test_plans.py."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.systolic.drawing import draw
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.graph.graph import Conv2d, Linear
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import lenet5
from tests.synthetic_blocks import Biased


def test_each_pe_does_the_taps_and_filters_that_lie_on_it() -> None:
    # 3 taps on 2 rows in 2 tiles; 5 filters on 4 columns in 2 tiles; 6 pixels.
    network = convolution(np.random.default_rng(0), (3, 2, 3), 5, (1, 1))
    made = plan(network, ArrayShape.complete(2, 4, slice_columns=2, requantizers=2))
    drawing = draw(made)
    assert drawing.title == "2 x 4 systolic array"
    assert [cell.name for cell in drawing.cells[:5]] == [
        *(f"row 0, column {column}" for column in range(4)),
        "row 1, column 0",
    ]
    (use,) = drawing.layers
    done = [use.uses[number] for number in use.cells]
    # The first row has two taps, the second one; the first column two filters.
    assert done == [(24.0,), (12.0,), (12.0,), (12.0,), (12.0,), (6.0,), (6.0,), (6.0,)]


def test_pes_hold_the_blocks_of_the_map() -> None:
    network = convolution(np.random.default_rng(0), (1, 2, 3), 4, (1, 1))
    blocks = {"conv": LayerBlocks.by_filter([Exact(), Biased(7)] * 2, (4, 1, 1, 1))}
    made = plan(network, ArrayShape.complete(1, 4), blocks)
    drawing = draw(made)
    assert [cell.blocks for cell in drawing.cells] == [
        made.pe_blocks.at(0, column) for column in range(4)
    ]
    assert sorted(cell.blocks for cell in drawing.cells) == [(0,), (0,), (1,), (1,)]


def test_each_row_and_slice_has_its_own() -> None:
    network = convolution(np.random.default_rng(0), (3, 2, 3), 5, (1, 1))
    array = ArrayShape.complete(4, 6, slice_columns=2, weight_rows=2, requantizers=2)
    drawing = draw(plan(network, array))
    uses = [memory.use for memory in drawing.memories]
    assert (uses.count("activations"), uses.count("taps")) == (4, 4)
    assert uses.count("weights") == 2 * 3
    assert uses.count("accumulators") == 2 * 3
    assert sum(unit.group == "row feeders" for unit in drawing.units) == 4
    buses = {bus.label: bus.bits for bus in drawing.buses if bus.target == "cells"}
    assert buses == {"codes": 8, "weights": 2 * 8}


def test_only_the_block_in_use_multiplies() -> None:
    # By layer one of two blocks: every PE holds both, and uses one.
    graph = lenet5()
    blocks = {
        node.name: LayerBlocks.uniform(
            Exact() if isinstance(node, Conv2d) else Biased(7), node.weight.shape
        )
        for node in graph.nodes
        if isinstance(node, (Conv2d, Linear))
    }
    made = plan(graph, ArrayShape.complete(4, 8), blocks)
    drawing = draw(made)
    assert {cell.blocks for cell in drawing.cells} == {(0, 1)}
    for use, layer in zip(drawing.layers, made.layers, strict=True):
        done = np.array([use.uses[number] for number in use.cells]).sum(axis=0)
        own = [block.name for block in made.blocks].index(blocks[layer.node.name].blocks[0].name)
        assert done[own] == layer.macs and done[1 - own] == 0
