"""Grouped and dilated convolutions with several blocks in each group; see also test_emulator."""

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.emulation.grouped import GroupedLayer
from hawx_hw.emulation.layer import Layer
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Requantization

BLOCKS = [by_name(name) for name in ("exact", "array(ha=2,hb=1,v=5)", "drum(k=3)")]


@pytest.mark.parametrize("path", ["auto", "look-up"])
@pytest.mark.parametrize(
    ("groups", "dilation"), [(4, (1, 1)), (2, (2, 3)), (1, (3, 1)), (4, (2, 2))]
)
def test_equals_the_reference(path, groups, dilation):
    rng = np.random.default_rng(groups)
    weight = rng.integers(-127, 128, (8, 4 // groups, 3, 2)).astype(np.int8)
    rule = Requantization(rng.integers(100, 400, 8), 14, -3)
    node = Conv2d(
        "c", ("x",), weight, np.arange(8, dtype=np.int32), rule, (2, 1), (2, 1, 0, 1), groups,
        dilation,
    )  # fmt: skip
    choice = rng.integers(0, 3, weight.shape)
    choice[:3] = 1  # a group of one block
    layer = LayerBlocks.by_weight(np.array(BLOCKS, dtype=object)[choice])
    x = rng.integers(-128, 128, (3, 4, 9, 8)).astype(np.int8)
    grouped = GroupedLayer(node, layer, lambda part, blocks: Layer(part, blocks, None, path))
    np.testing.assert_array_equal(grouped.run(x, 11), reference.evaluate(node, [x], 11, layer))
    exact = GroupedLayer(node, None, lambda part, blocks: Layer(part, blocks, None, path))
    np.testing.assert_array_equal(exact.run(x, 11), reference.evaluate(node, [x], 11))
    assert grouped.nbytes > 0
