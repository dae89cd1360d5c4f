"""The order of channels, and the tensors that share one."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.channels import Layout, channel_groups
from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.graph.random_graphs import random_graph


def test_natural_order() -> None:
    layout = Layout.natural(5)
    assert (layout.size, layout.is_natural) == (5, True)
    assert not Layout(np.array([1, 0])).is_natural


def test_filters_are_channels_tile_by_tile() -> None:
    layout = Layout.of(np.array([[2, -1, 0], [-1, 1, -1]]))
    assert layout.positions.tolist() == [2, 4, 0]
    assert layout.size == 5
    assert Layout.of(np.array([[0, 1], [2, -1]])).is_natural


def joined(layers: list[Operation], image: str) -> list[set[str]]:
    """By repeated merging of every two groups with a tensor in common."""
    groups = [{image}, *({layer.name} for layer in layers)]
    groups += [{layer.name, *layer.sources} for layer in layers if not layer.multiplies]
    merged = True
    while merged:
        merged = False
        for one in groups:
            for other in groups:
                if one is not other and one & other:
                    one |= other
                    groups.remove(other)
                    merged = True
                    break
            if merged:
                break
    return groups


@pytest.mark.parametrize("seed", range(20))
def test_what_does_not_multiply_joins_its_tensors(seed: int) -> None:
    graph = random_graph(np.random.default_rng(seed), layers=6, max_size=6)
    layers = operations(graph, window_limit=4)
    groups = channel_groups(layers, graph.input)
    assert sorted(map(sorted, groups.values())) == sorted(map(sorted, joined(layers, graph.input)))
    assert all(first == names[0] for first, names in groups.items())
