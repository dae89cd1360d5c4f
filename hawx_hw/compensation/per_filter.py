"""Per-filter compensation: the graph of an assignment, each filter adapted to its own blocks.

Weights are remapped to the codes with the least error under their block, and the mean error of each
filter is folded into its bias, both for the exact network's activations on calibration images. So a
filter's weights and bias depend on its own blocks alone, and layers that assignments share remain
equal: the hawx scores assume this, and prefix sharing in the emulator needs it. For a chosen
assignment, :mod:`hawx_hw.compensation.layerwise` compensates more, layer after layer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.assignment.accepted import check_codes
from hawx_hw.assignment.space import Space
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.blocks.block import Block
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.weight_remapping import best_codes
from hawx_hw.emulation.products import EXACT
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.graph.groups import filter_group

__all__ = ["Compensated", "by_filter"]


class Compensated:
    """Compensated graphs of the vectors of a space.

    Parameters
    ----------
    graph : Graph
    space : Space
        A space of that graph.
    images : ndarray of int8
        Calibration codes ``(n, *input shape)``, n >= 1.
    bias_correction, weight_remapping : bool
        Steps of the compensation.

    Raises
    ------
    UserError
        A block does not accept the activations that may occur (or, where weights are not
        remapped, the weights).
    """

    def __init__(
        self,
        graph: Graph,
        space: Space,
        images: np.ndarray,
        *,
        bias_correction: bool = True,
        weight_remapping: bool = True,
    ):
        if not len(images):
            raise ValueError("Compensation needs at least one image")
        for block in range(len(space.blocks)):
            uniform = space.assignment(space.uniform(block))
            check_codes(graph, uniform, weights=not weight_remapping)
        self._graph = graph
        self._space = space
        self._bias_correction = bias_correction
        codes = fast.run_all(graph, images)
        self._layers: dict[str, _Layer] = {}
        for node in graph.nodes:
            if isinstance(node, (Conv2d, Linear)) and node.name in space.layers:
                source = node.inputs[0]
                zero_point = graph.tensors[source].zero_point
                histograms = tap_histograms(node, codes[source], zero_point)
                self._layers[node.name] = _Layer(
                    node, space, histograms, zero_point, weight_remapping
                )

    def __call__(self, vector: np.ndarray) -> Graph:
        """The graph with weights and biases adapted to the blocks of ``vector``."""
        (vector,) = self._space.checked(vector)
        nodes = []
        for node in self._graph.nodes:
            layer = self._layers.get(node.name)
            if layer is not None:
                node = layer.changed(vector[self._space.unit(node.name)], self._bias_correction)
            nodes.append(node)
        return replace(self._graph, nodes=tuple(nodes))


def by_filter(
    graph: Graph,
    assignment: Assignment,
    images: np.ndarray,
    *,
    bias_correction: bool = True,
    weight_remapping: bool = True,
) -> Graph:
    """The graph of one assignment, equal to that of :class:`Compensated` for its vector.

    Parameters
    ----------
    graph : Graph
    assignment : Assignment
        Layers that it leaves out are exact.
    images : ndarray of int8
        Calibration codes ``(n, *input shape)``, n >= 1.
    bias_correction, weight_remapping : bool
        Steps of the compensation.

    Raises
    ------
    UserError
        See :class:`Compensated`.
    """
    used: dict[str, Block] = {EXACT.digest: EXACT}
    used |= {block.digest: block for layer in assignment.values() for block in layer.blocks}
    if len(used) < 2:
        return graph
    # One unit a weight: the finest space contains any assignment.
    units = {
        name: np.arange(int(np.prod(layer.shape))).reshape(layer.shape)
        for name, layer in assignment.items()
    }
    space = Space(graph, list(used.values()), units)
    switches = {"bias_correction": bias_correction, "weight_remapping": weight_remapping}
    return Compensated(graph, space, images, **switches)(space.vector(assignment))


class _Layer:
    """One layer's weights for every block, and the errors that they add to the mean of its sums."""

    def __init__(
        self,
        node: Conv2d | Linear,
        space: Space,
        histograms: np.ndarray,
        zero_point: int,
        weight_remapping: bool,
    ):
        self._node = node
        weight = node.weight.reshape(len(node.weight), -1)
        counts = histograms.reshape(len(histograms), -1, 256)
        self._pixels = int(counts[0, 0].sum())
        # Of each filter's group: (filters, taps).
        group, taps = filter_group(node)[:, None], np.arange(weight.shape[1])
        exact = weight.astype(np.int64) * (counts @ np.arange(-128, 128))[group[:, 0]]
        weights, errors, at_zero = [], [], []
        for block in space.blocks:
            codes = np.arange(-128, 128)
            if weight_remapping:
                codes = best_codes(block, counts.sum(axis=(0, 1)), zero_point).astype(np.int64)
            changed = codes[weight.astype(np.int64) + 128]
            # (groups, taps, weight codes); below 2**53, so that products in float64 are exact.
            products = counts.astype(np.float64) @ block.table.T.astype(np.float64)
            weights.append(changed.astype(np.int8))
            errors.append(products[group, taps, changed + 128].astype(np.int64) - exact)
            exact_at_zero = weight.astype(np.int64) * zero_point
            at_zero.append(block.table[changed + 128, zero_point + 128] - exact_at_zero)
        self._weights = np.stack(weights)
        self._errors = np.stack(errors)
        # Without a correction a remapped weight still contributes nothing for an activation of
        # zero.
        self._at_zero = np.stack(at_zero).astype(np.int64) if weight_remapping else None

    def changed(self, choice: np.ndarray, bias_correction: bool) -> Conv2d | Linear:
        node = self._node
        picked = choice.reshape(1, len(node.weight), -1)
        weight = np.take_along_axis(self._weights, picked, axis=0)[0]
        correction = np.zeros(len(weight), dtype=np.int64)
        if bias_correction:
            error = np.take_along_axis(self._errors, picked, axis=0)[0].sum(axis=1)
            # Halves are rounded up, as everywhere.
            correction = (2 * error + self._pixels) // (2 * self._pixels)
        elif self._at_zero is not None:
            correction = np.take_along_axis(self._at_zero, picked, axis=0)[0].sum(axis=1)
        bias = node.bias.astype(np.int64) - correction
        if abs(bias).max() > np.iinfo(np.int32).max:
            raise OverflowError(f"A bias of {node.name!r} does not fit int32")
        return replace(node, weight=weight.reshape(node.weight.shape), bias=bias.astype(np.int32))
