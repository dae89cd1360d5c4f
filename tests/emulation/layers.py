"""Linear layers, their products under mixed blocks, and sums in Python's whole numbers."""

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.emulation.products import Products
from hawx_hw.graph.graph import Linear, Requantization


def linear(weight, bias=None):
    weight = np.asarray(weight, dtype=np.int8)
    bias = np.zeros(len(weight), np.int32) if bias is None else np.asarray(bias, np.int32)
    return Linear("l", ("x",), weight, bias, Requantization(np.array([1]), 1, 0))


def mixed(rng, kinds, shape=(5, 30)):
    weight = rng.integers(-127, 128, shape).astype(np.int8)
    blocks = np.empty(len(kinds), dtype=object)
    blocks[:] = kinds
    choice = rng.integers(0, len(kinds), shape)
    bias = rng.integers(-999, 999, shape[0])
    return Products(linear(weight, bias), LayerBlocks.by_weight(blocks[choice])), blocks[choice]


def sums(products, blocks, codes):
    """Sum by sum in Python's whole numbers."""
    return [
        int(bias)
        + sum(int(b.table[w + 128, x + 128]) for b, w, x in zip(row, weights, codes, strict=True))
        for row, weights, bias in zip(
            blocks, products.node.weight.tolist(), products.node.bias, strict=True
        )
    ]
