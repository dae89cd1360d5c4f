"""Every block that the program comes with."""

import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.catalogue import library
from hawx_hw.emulation.layer import Layer
from hawx_hw.emulation.selftest import checked_native
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Requantization

#: Families whose products are of rank 1 at most, whatever their parameters.
RANK_ONE = {"exact", "none", "precision", "rounding", "truncation", "perforation", "roup", "rad"}
RANK_ONE |= {"drum", "udrum", "dsm", "udsm", "ssm", "ussm"}


@pytest.fixture(scope="module")
def node():
    """Every weight code, and padding."""
    rng = np.random.default_rng(0)
    weight = rng.permutation(np.arange(18 * 15) % 255 - 127).astype(np.int8).reshape(18, 1, 3, 5)
    rule = Requantization(rng.integers(900, 1000, 18), 18, -3)
    bias = rng.integers(-9999, 9999, 18).astype(np.int32)
    return Conv2d("c", ("x",), weight, bias, rule, (1, 1), (1, 2, 1, 2))


@pytest.mark.parametrize("block", library(), ids=lambda block: block.name)
def test_codes_are_the_references(node, block):
    images = np.resize(np.arange(-128, 128), (6, 1, 7, 9)).astype(np.int8)
    blocks = LayerBlocks.uniform(block, node.weight.shape)
    layer = Layer(node, blocks, checked_native(None, 1), "auto")
    expected = reference.evaluate(node, [images], -77, blocks)
    np.testing.assert_array_equal(layer.run(images, -77), expected)
    assert len(np.unique(expected)) > (50 if block.table.any() else 10)
    assert layer.path in ("product", "tables")
    if block.family in RANK_ONE:
        assert layer.path == "product"
