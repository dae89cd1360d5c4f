"""Residual networks with random weights."""

from __future__ import annotations

import numpy as np
import pytest
from emulation_networks import resnet, resnet20

from hawx_hw.graph import fast
from hawx_hw.graph.graph import Add, AveragePool2d, Conv2d
from hawx_hw.graph.random_graphs import random_codes


@pytest.mark.parametrize(("blocks", "name"), [(1, "resnet8"), (3, "resnet20")])
def test_a_resnet_has_its_layers(blocks: int, name: str) -> None:
    graph = resnet(blocks)
    assert graph.name == name
    kernels = [node for node in graph.nodes if isinstance(node, Conv2d)]
    shortcuts = [node for node in kernels if node.weight.shape[2] == 1]
    assert [node.stride for node in shortcuts] == [(2, 2)] * 2
    assert len(kernels) - len(shortcuts) == 6 * blocks + 1
    assert sum(isinstance(node, Add) for node in graph.nodes) == 3 * blocks
    (pool,) = (node for node in graph.nodes if isinstance(node, AveragePool2d))
    assert graph.tensors[pool.inputs[0]].shape == (64, 8, 8)
    assert graph.tensors[pool.name].shape == (64, 1, 1)


def test_codes_spread() -> None:
    graph = resnet(1, (4, 8), 8)
    images = random_codes(np.random.default_rng(1), graph, 16)
    codes = fast.run_all(graph, images)
    # A ReLU cuts a part of them off.
    assert min(len(np.unique(codes[node.name])) for node in graph.nodes) > 20


def test_resnet20_is_that_of_three_blocks_a_stage() -> None:
    graph, same = resnet20(), resnet(3)
    assert graph.macs == same.macs == 40_813_184
    assert [node.name for node in graph.nodes] == [node.name for node in same.nodes]
