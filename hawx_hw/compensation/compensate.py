"""Everything that makes up for approximate blocks at no cost in hardware."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.compensation.activation_rounding import round_activations
from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.weight_remapping import remap_weights
from hawx_hw.emulation import Emulator
from hawx_hw.quantize import fast
from hawx_hw.quantize.graph import Conv2d, Graph, Linear, Node

__all__ = ["Compensation", "compensate"]


@dataclass(frozen=True)
class Compensation:
    """What was done to one layer.

    Parameters
    ----------
    layer : str
        The node's name.
    weights_changed, weights : int
        Weights that got another code, of how many.
    step : int
        The layer's codes are multiples of it.
    error_before, error_after : float
        Largest mean error of a filter's sums on the calibration images, in units of the sum, before
        and after its bias was corrected.
    """

    layer: str
    weights_changed: int
    weights: int
    step: int
    error_before: float
    error_after: float


def compensate(
    graph: Graph,
    assignment: Assignment,
    images: np.ndarray,
    *,
    bias_correction: bool = True,
    weight_remapping: bool = True,
    activation_rounding: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Graph, list[Compensation]]:
    """The graph with steps, weights and biases that suit the blocks; its structure stays.

    Activations are rounded first, then each layer in turn gets its weights remapped and its bias
    corrected, on what the layers before it, approximate and corrected, make of the calibration
    images. A filter's error is measured against the exact products of the original weights with the
    same activations: measured against the exact graph, what earlier layers lost would be counted
    again, and single filters be pulled far off (umitchell(w=3) on LeNet-5 loses five points so).

    Parameters
    ----------
    graph : Graph
    assignment : Assignment
        An assignment of exact blocks changes nothing.
    images : ndarray of int8
        Calibration codes ``(batch, *input shape)``.
    bias_correction, weight_remapping, activation_rounding : bool
        What to do.
    progress : callable or None
        Called with the nodes done and their total.

    Returns
    -------
    Graph
        To be run under the same assignment.
    list of Compensation
        One for each layer with weights.
    """
    unknown = set(assignment) - {node.name for node in graph.nodes}
    if unknown:
        raise ValueError(f"Assignment must name nodes of the graph, not {sorted(unknown)!r}")
    if not len(images):
        raise ValueError("Compensation needs at least one image")
    rounded = round_activations(graph, assignment) if activation_rounding else graph
    values = {graph.input: images}
    nodes: list[Node] = []
    report = []
    for number, (original, node) in enumerate(zip(graph.nodes, rounded.nodes, strict=True)):
        layer = assignment.get(node.name)
        if isinstance(node, (Conv2d, Linear)) and isinstance(original, (Conv2d, Linear)):
            source = node.inputs[0]
            zero_point = graph.tensors[source].zero_point
            met = tap_histograms(node, values[source], zero_point)
            if layer is not None and weight_remapping:
                node = remap_weights(node, layer, met.reshape(-1, 256).sum(axis=0), zero_point)
            meant = mean_sums(original, None, met)
            before = mean_sums(node, layer, met) - meant
            after = before
            if bias_correction:
                node = correct_bias(node, before)
                after = mean_sums(node, layer, met) - meant
            report.append(
                Compensation(
                    layer=node.name,
                    weights_changed=int(np.count_nonzero(node.weight != original.weight)),
                    weights=node.weight.size,
                    step=node.requantization.step,
                    error_before=float(np.abs(before).max()),
                    error_after=float(np.abs(after).max()),
                )
            )
        nodes.append(node)
        values[node.name] = _evaluate(rounded, node, values, layer)
        if progress:
            progress(number + 1, len(graph.nodes))
    return replace(rounded, nodes=tuple(nodes)), report


def _evaluate(
    graph: Graph, node: Node, values: dict[str, np.ndarray], layer: LayerBlocks | None
) -> np.ndarray:
    """Codes of one node, from those of its inputs."""
    inputs = [values[name] for name in node.inputs]
    if layer is None:
        return fast.evaluate(node, inputs, graph.tensors[node.inputs[0]].zero_point)
    alone = Graph(
        name=node.name,
        input=node.inputs[0],
        nodes=(node,),
        tensors={name: graph.tensors[name] for name in (node.inputs[0], node.name)},
    )
    return Emulator(alone, memory=0).run(inputs[0], {node.name: layer})
