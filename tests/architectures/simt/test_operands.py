"""The operands of the lanes are those whose products the reference adds up."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.graph.reference import run_all
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import BLOCKS, random_plan


@pytest.mark.parametrize("seed", [0, 4, 13, 16, 24, 27, 33, 34])
def test_products_are_those_of_the_layer(seed: int) -> None:
    """Where all lanes are filters and pixels, the sum of all products is that of the layer."""
    made = random_plan(seed)
    images = random_codes(np.random.default_rng(seed), made.graph, 2)
    values = run_all(made.graph, images, made.assignment)
    for name, node in made.operand_layers.items():
        stream = made.operands(name, values, 1_000_000)
        assert stream.weights.shape == (2 * stream.steps, made.unit.lanes)
        assert stream.activations.shape == stream.blocks.shape == stream.weights.shape
        layer = next(x for x in made.compiled.layers if node == x.operation.node.name)
        weight = layer.operation.weight
        assert weight is not None
        # Lanes beyond the last filter have zeros; groups beyond the last pixel go on.
        windows = layer.operation.macs // weight.size
        if layer.groups == 1:
            each, counts = np.unique(weight[weight != 0], return_counts=True)
            got = [int((stream.weights == value).sum()) for value in each]
            assert got == (2 * windows * counts).tolist()
        assert stream.blocks.max() < len(made.blocks)


def test_a_layer_counted_by_hand() -> None:
    """Two filters of two taps on two lanes, three pixels in two tiles."""
    network = convolution(np.random.default_rng(3), (2, 1, 3), 2, (1, 1))
    made = plan(network, SimtConfig(lanes=2, registers=2, warps=1, word=2))
    codes = np.array([[[[1, 2, 3]], [[4, 5, 6]]]], dtype=np.int8)
    weight = network.nodes[0].weight  # type: ignore[attr-defined]
    stream = made.operands("conv", {"image": codes}, 100)
    first, second = weight[:, 0, 0, 0].tolist(), weight[:, 1, 0, 0].tolist()
    assert stream.steps == 6
    assert stream.activations.tolist() == [[c, c] for c in (1, 4, 2, 5, 3, 6)]
    assert stream.weights.tolist() == [first, second] * 3
    part = made.operands("conv", {"image": codes}, 2)
    assert part.activations.tolist() == [[1, 1], [4, 4]]
    assert part.steps == 6


def test_layers_that_do_not_multiply_have_none() -> None:
    made = plan(convolution(np.random.default_rng(3), (2, 4, 4), 2, (1, 1)), SimtConfig(lanes=2))
    assert dict(made.operand_layers) == {"conv": "conv"}
    with pytest.raises(ValueError, match="layer must be one of conv, not 'pool'"):
        made.operands("pool", {}, 10)
    assert len(BLOCKS) == 3
