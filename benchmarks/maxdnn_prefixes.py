"""Compensated graphs of very many assignments by layer, which share their first layers.

:func:`hawx_hw.compensation.compensate` computes a graph layer after layer, each on the activations
behind the compensated ones before it. What it makes of a layer depends on the blocks of the layers
before it, on its own block, and on the step that the block of the layer behind it rounds to. Taken
in the order of their numbers, most assignments differ from the one before in their last layers
alone, and nothing before these is computed again.

Choosing the weights of a filter together takes most of the time. ``once`` does it once for each
layer and block, on the activations of the exact network; biases are still corrected on those behind
the approximate layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation.activation_rounding import round_activations
from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.joint_rounding import chosen_together, patches, round_together
from hawx_hw.compensation.layerwise import node_codes
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Node
from hawx_hw.scores.rounding import rounded_input

__all__ = ["PrefixCompensated"]

_Signature = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class _Computed:
    """A compensated node and its codes, as long as nothing that they depend on changes."""

    signature: _Signature
    node: Node
    codes: np.ndarray


class PrefixCompensated:
    """Gives the graph of a vector, with weights of a filter chosen together.

    Parameters
    ----------
    graph : Graph
    space : Space
        By layer.
    images : ndarray of int8
        Calibration codes ``(n, *input shape)``.
    once : bool
        Choose weights once for each layer and block. Without, graphs are those of ``compensate(...,
        weights="together")``.
    spacing : int
        Every how many images correct biases; all of them choose weights ``once``.

    Raises
    ------
    ValueError
        A layer has several units, or a block has no exact factors.
    """

    def __init__(
        self, graph: Graph, space: Space, images: np.ndarray, *, once: bool, spacing: int = 1
    ):
        for layer in space.layers:
            if len(np.unique(space.unit(layer))) > 1:
                raise ValueError(f"Layer {layer!r} must be one unit")
        for block in space.blocks:
            if not chosen_together(block):
                raise ValueError(f"Block must have exact factors, not {block.name!r}")
        self._graph, self._space, self._images = graph, space, images[::spacing]
        self._once = once
        self._computed: dict[str, _Computed] = {}
        self._exact = fast.run_all(graph, images) if once else {}
        self._chosen: dict[tuple[str, int, int], Conv2d | Linear] = {}
        #: Layers that were compensated so far.
        self.layers_computed = 0

    def __call__(self, vector: np.ndarray) -> Graph:
        """The graph that runs under the assignment of ``vector``: int64 ``(layers,)``."""
        assignment = self._space.assignment(vector)
        rounded = round_activations(self._graph, assignment)
        block_of = dict(zip(self._space.layers, vector.tolist(), strict=True))
        values = {self._graph.input: self._images}
        signatures: dict[str, _Signature] = {self._graph.input: ()}
        nodes = []
        for original, node in zip(self._graph.nodes, rounded.nodes, strict=True):
            rule = getattr(node, "requantization", None)
            signature = (
                block_of.get(node.name),
                None if rule is None else rule.step,
                *(signatures[name] for name in node.inputs),
            )
            computed = self._computed.get(node.name)
            if computed is None or computed.signature != signature:
                layer = assignment.get(node.name)
                if isinstance(node, (Conv2d, Linear)) and isinstance(original, (Conv2d, Linear)):
                    choice = block_of.get(node.name, 0), _input_step(rounded, node)
                    node = self._compensated(original, node, layer, choice, values)
                codes = node_codes(rounded, node, values, layer, threads=1)
                computed = self._computed[node.name] = _Computed(signature, node, codes)
            nodes.append(computed.node)
            values[node.name] = computed.codes
            signatures[node.name] = signature
        return replace(rounded, nodes=tuple(nodes))

    def _compensated(
        self,
        original: Conv2d | Linear,
        node: Conv2d | Linear,
        layer: LayerBlocks | None,
        choice: tuple[int, int],
        values: Mapping[str, np.ndarray],
    ) -> Conv2d | Linear:
        """The node with other weights, and the bias that corrects its mean error."""
        self.layers_computed += 1
        codes = values[node.inputs[0]]
        zero_point = self._graph.tensors[node.inputs[0]].zero_point
        histograms = tap_histograms(node, codes, zero_point)
        if layer is not None:
            if self._once:
                chosen = self._chosen_once(original, layer, *choice)
                node = replace(node, weight=chosen.weight, bias=chosen.bias)
            else:
                node = _together(node, layer, codes, zero_point)
        error = mean_sums(node, layer, histograms) - mean_sums(original, None, histograms)
        return correct_bias(node, error)

    def _chosen_once(
        self, node: Conv2d | Linear, layer: LayerBlocks, block: int, step: int
    ) -> Conv2d | Linear:
        """The node with the weights for its activations in the exact network, rounded alike."""
        key = node.name, block, step
        if key not in self._chosen:
            codes = rounded_input(self._graph, node, step, self._exact)
            zero_point = self._graph.tensors[node.inputs[0]].zero_point
            self._chosen[key] = _together(node, layer, codes, zero_point)
        return self._chosen[key]


def _input_step(graph: Graph, node: Node) -> int:
    """The step that the node's input was rounded to by the node that computes it."""
    nodes = {each.name: each for each in graph.nodes}
    name = node.inputs[0]
    while name in nodes:
        rule = getattr(nodes[name], "requantization", None)
        if rule is not None:
            return int(rule.step)
        name = nodes[name].inputs[0]
    return 1


def _together(
    node: Conv2d | Linear, layer: LayerBlocks, codes: np.ndarray, zero_point: int
) -> Conv2d | Linear:
    taps = tap_histograms(node, codes, zero_point).reshape(-1, 256).sum(axis=0)
    return round_together(node, layer, patches(node, codes, zero_point), taps, zero_point)
