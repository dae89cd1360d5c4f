"""Multiplications by block, against a count of every weight."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hawx_hw.architectures.common.multiplications import multiplications
from hawx_hw.architectures.common.operations import operations
from hawx_hw.graph.random_graphs import random_graph
from tests.synthetic_blocks import random_assignment


@pytest.mark.parametrize("seed", range(6))
def test_every_weight_counts_for_its_block(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, max_size=6)
    layers = operations(graph, window_limit=4, assignment=random_assignment(rng, graph))
    multiplying = [layer for layer in layers if layer.multiplies]
    for layer, counted in zip(multiplying, multiplications(layers), strict=True):
        assert layer.weight is not None and layer.blocks is not None
        pixels = layer.macs // layer.weight.size
        expected: Counter[str] = Counter()
        for index in layer.blocks.choice.ravel():
            expected[layer.blocks.blocks[index].name] += pixels
        assert counted.layer == layer.title
        assert {name: n for name, n in counted.blocks.items() if n} == expected
