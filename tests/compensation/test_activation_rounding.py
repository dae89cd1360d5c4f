"""Each tensor has the largest step that all its readers tolerate."""

from __future__ import annotations

import numpy as np

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation.activation_rounding import round_activations
from hawx_hw.graph.graph import (
    Add,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
    output_shape,
)

RULE = Requantization(np.ones(4), 1, 0)


def conv(name: str, source: str) -> Conv2d:
    return Conv2d(name, (source,), np.ones((4, 4, 1, 1), np.int8), np.zeros(4, np.int32), RULE)


def graph(*nodes: Node) -> Graph:
    tensors = {"image": Tensor((4, 4, 4), 1.0, 0)}
    for node in nodes:
        shapes = [tensors[name].shape for name in node.inputs]
        tensors[node.name] = Tensor(output_shape(node, shapes), 1.0, 0)
    return Graph("g", "image", nodes, tensors)


def steps(made: Graph, **bits: int) -> dict[str, int]:
    assignment = {}
    for node in made.nodes:
        if node.name in bits:
            block = by_name(f"precision(8,{bits[node.name]})")
            assignment[node.name] = LayerBlocks.uniform(block, node.weight.shape)
    return {
        node.name: node.requantization.step
        for node in round_activations(made, assignment).nodes
        if hasattr(node, "requantization")
    }


def test_through_pooling_and_flatten() -> None:
    linear = Linear("fc", ("f",), np.ones((4, 16), np.int8), np.zeros(4, np.int32), RULE)
    made = graph(
        conv("a", "image"), MaxPool2d("p", ("a",), (2, 2), (2, 2)), Flatten("f", ("p",)), linear
    )
    assert steps(made, a=4, fc=5) == {"a": 8, "fc": 1}


def test_the_finest_reader_decides() -> None:
    made = graph(
        conv("a", "image"), conv("b", "a"), conv("c", "a"),
        Add("d", ("b", "c"), 0, Requantization(np.ones(2), 1, 0)),
    )  # fmt: skip
    assert steps(made, b=4, c=6) == {"a": 4, "b": 1, "c": 1, "d": 1}
    assert steps(made, b=4)["a"] == 1


def test_one_fine_filter_decides() -> None:
    made = graph(conv("a", "image"), conv("b", "a"))
    coarse, fine = by_name("precision(8,4)"), by_name("exact")
    layer = LayerBlocks.by_filter([coarse, coarse, fine, coarse], (4, 4, 1, 1))
    assert round_activations(made, {"b": layer}).nodes[0].requantization.step == 1
