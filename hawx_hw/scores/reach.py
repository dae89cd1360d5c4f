"""Exact propagation of a layer's error up to the next weights.

The nodes between a layer and the next weights treat filters separately: pooling, additions, clamps.
Through such nodes an error is propagated code by code, so that ties of maxima and zeroed
activations are exact; from the next weights on the Jacobian is used.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hawx_hw.graph import fast
from hawx_hw.graph.graph import Concat, Conv2d, Graph, Linear, Node

__all__ = ["carried", "carriers"]


def carriers(graph: Graph) -> dict[str, tuple[Node, ...]]:
    """The nodes behind each layer that propagate its error: a chain, each node the only reader.

    Returns
    -------
    dict of str to tuple of Node
        By the name of the convolution or linear layer, in the graph's order. The chain may be
        empty; it ends before a layer with weights or a concatenation, where two nodes read its
        tensor, and with the graph's output.
    """
    readers: dict[str, list[Node]] = {name: [] for name in graph.tensors}
    for node in graph.nodes:
        for name in set(node.inputs):
            readers[name].append(node)
    chains: dict[str, tuple[Node, ...]] = {}
    for layer in graph.nodes:
        if not isinstance(layer, (Conv2d, Linear)):
            continue
        chain: list[Node] = []
        name = layer.name
        while name != graph.output and len(readers[name]) == 1:
            (node,) = readers[name]
            # Behind a concatenation the layer's filters are not all channels any more.
            if isinstance(node, (Conv2d, Linear, Concat)):
                break
            chain.append(node)
            name = node.name
        chains[layer.name] = tuple(chain)
    return chains


def carried(
    graph: Graph,
    chain: tuple[Node, ...],
    layer: str,
    changed: np.ndarray,
    codes: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Codes at the end of the chain for other codes of ``layer``.

    Parameters
    ----------
    graph : Graph
    chain : tuple of Node
        The layer's chain, from :func:`carriers`.
    layer : str
    changed : ndarray of int8
        The layer's other codes, ``(batch, *shape)``.
    codes : mapping of str to ndarray of int8
        Codes of every other tensor of the graph.

    Returns
    -------
    ndarray of int8
        ``(batch, filters, ...)``: filters remain separate.
    """
    name = layer
    for node in chain:
        inputs = [changed if source == name else codes[source] for source in node.inputs]
        changed = fast.evaluate(node, inputs, graph.tensors[node.inputs[0]].zero_point)
        name = node.name
    return changed
