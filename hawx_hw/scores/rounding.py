"""A layer's input, rounded by the layer before for a block that drops low bits."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import Block
from hawx_hw.compensation.activation_rounding import round_activations
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Flatten, Graph, Linear, MaxPool2d, Node

__all__ = ["input_steps", "rounded_input"]


def input_steps(graph: Graph, block: Block, layers: Container[str] | None = None) -> dict[str, int]:
    """The step of each layer's input where all layers have the block, or some of them.

    Parameters
    ----------
    graph : Graph
    block : Block
    layers : container of str or None
        The names of those that have it, the others being exact; None: all.

    Returns
    -------
    dict of str to int
        By the layer's name; 1 where nothing is rounded: inputs of the network, and tensors that an
        addition, a clamp, an average or an exact layer reads too.
    """
    weighted = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    uniform = {
        node.name: LayerBlocks.uniform(block, node.weight.shape)
        for node in weighted
        if layers is None or node.name in layers
    }
    steps = {graph.input: 1}
    for node in round_activations(graph, uniform).nodes:
        rule = getattr(node, "requantization", None)
        passes = isinstance(node, (MaxPool2d, Flatten))
        steps[node.name] = rule.step if rule is not None else steps[node.inputs[0]] if passes else 1
    return {node.name: steps[node.inputs[0]] for node in weighted}


def rounded_input(
    graph: Graph, layer: Conv2d | Linear, step: int, codes: Mapping[str, np.ndarray]
) -> np.ndarray:
    """The layer's input where the node that computes it rounds to multiples of ``step``.

    Parameters
    ----------
    graph : Graph
    layer : Conv2d or Linear
    step : int
        From :func:`input_steps`.
    codes : mapping of str to ndarray of int8
        Every tensor of the exact network.

    Returns
    -------
    ndarray of int8
        ``(batch, *shape)``.
    """
    source = layer.inputs[0]
    if step == 1:
        return codes[source]
    nodes = {node.name: node for node in graph.nodes}
    passing: list[Node] = []
    while not hasattr(nodes[source], "requantization"):
        passing.append(nodes[source])
        source = nodes[source].inputs[0]
    producer = nodes[source]
    rule = replace(producer.requantization, step=step)  # type: ignore[attr-defined]
    producer = replace(producer, requantization=rule)  # type: ignore[call-arg]
    inputs = [codes[name] for name in producer.inputs]
    values = fast.evaluate(producer, inputs, graph.tensors[producer.inputs[0]].zero_point)
    for node in reversed(passing):
        values = fast.evaluate(node, [values], graph.tensors[node.inputs[0]].zero_point)
    return values
