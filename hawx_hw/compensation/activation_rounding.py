"""Activations rounded for the blocks that read them, by the layer that computes them."""

from __future__ import annotations

from dataclasses import replace

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.graph.graph import Conv2d, Flatten, Graph, Linear, MaxPool2d, Node

__all__ = ["round_activations"]


def round_activations(graph: Graph, assignment: Assignment) -> Graph:
    """Let each layer round its codes to the step that all their readers' blocks share.

    A block of lower precision drops the low bits of its activations. Where every reader of a tensor
    does so, its requantizer rounds to the nearest code without these bits, at no cost: a parameter
    of the layer program (:attr:`~hawx_hw.graph.graph.Requantization.step`). Codes that an
    addition, a clamp or an average reads, and those of the output, are not rounded. The network's
    input has no requantizer before it: there the block drops the bits.

    A zero point that is not a multiple of the step remains. Its codes, and the padding, then lose
    their low bits in the block; the bias can compensate for that
    (:mod:`hawx_hw.compensation.weight_remapping`).

    Parameters
    ----------
    graph : Graph
    assignment : Assignment

    Returns
    -------
    Graph
        The same graph with other steps.
    """
    steps = _steps(graph, assignment)
    nodes: list[Node] = []
    for node in graph.nodes:
        step = steps[node.name]
        rule = getattr(node, "requantization", None)
        if rule is not None and step > rule.step:
            node = replace(node, requantization=replace(rule, step=step))  # type: ignore[call-arg]
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _steps(graph: Graph, assignment: Assignment) -> dict[str, int]:
    """The largest step that all readers of each tensor tolerate."""
    readers: dict[str, list[int]] = {name: [] for name in graph.tensors}
    readers[graph.output].append(1)
    for node in reversed(graph.nodes):
        if isinstance(node, (Conv2d, Linear)):
            layer = assignment.get(node.name)
            step = min(b.activation_step for b in layer.blocks) if layer else 1
        elif isinstance(node, (MaxPool2d, Flatten)):
            step = min(readers[node.name], default=1)
        else:
            step = 1
        for name in node.inputs:
            readers[name].append(step)
    return {name: min(steps, default=1) for name, steps in readers.items()}
