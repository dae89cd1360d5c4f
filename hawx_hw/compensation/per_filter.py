"""Per-filter compensation: the graph of an assignment, each filter adapted to its own blocks.

The weights of a filter with one block are chosen together or one by one, those of a filter with
several blocks one by one. The mean error of each filter is folded into its bias. All this is done
for the exact network's activations on calibration images, so that a filter's weights and bias
depend on its own blocks alone, and layers that assignments share remain
equal: the hawx scores assume this, and prefix sharing in the emulator needs it. For a chosen
assignment, :mod:`hawx_hw.compensation.layerwise` compensates more, layer after layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.assignment.accepted import check_codes
from hawx_hw.assignment.space import Space
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.blocks.block import Block
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.joint_rounding import (
    JointRounding,
    check_choice,
    chosen_together,
    patches,
)
from hawx_hw.compensation.weight_remapping import best_codes
from hawx_hw.emulation.products import EXACT
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.graph.groups import filter_group

if TYPE_CHECKING:
    from hawx_hw.config.compensation import WeightChoice

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
    bias_correction : bool
    weights : str
        How weights are chosen: ``together``, ``one_by_one``, or ``none``: as they are.

    Raises
    ------
    ValueError
        There are no images, or weights are to be chosen together without bias correction.
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
        weights: WeightChoice = "together",
    ):
        if not len(images):
            raise ValueError("Compensation needs at least one image")
        check_choice(weights, bias_correction)
        for block in range(len(space.blocks)):
            uniform = space.assignment(space.uniform(block))
            check_codes(graph, uniform, weights=weights == "none")
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
                read = patches(node, codes[source], zero_point) if weights == "together" else None
                self._layers[node.name] = _Layer(
                    node, space, histograms, zero_point, weights != "none", read
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
    weights: WeightChoice = "together",
) -> Graph:
    """The graph of one assignment, equal to that of :class:`Compensated` for its vector.

    Parameters
    ----------
    graph : Graph
    assignment : Assignment
        Layers that it leaves out are exact.
    images : ndarray of int8
        Calibration codes ``(n, *input shape)``, n >= 1.
    bias_correction : bool
    weights : str
        How weights are chosen: ``together``, ``one_by_one``, or ``none``: as they are.

    Raises
    ------
    ValueError, UserError
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
    changed = Compensated(graph, space, images, bias_correction=bias_correction, weights=weights)
    return changed(space.vector(assignment))


class _Layer:
    """One layer's weights for every block, and the errors that they add to the mean of its sums."""

    def __init__(
        self,
        node: Conv2d | Linear,
        space: Space,
        histograms: np.ndarray,
        zero_point: int,
        remapped: bool,
        activations: np.ndarray | None,
    ):
        self._node = node
        weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
        counts = histograms.reshape(len(histograms), -1, 256)
        self._pixels = int(counts[0, 0].sum())
        alone, together = [], []
        for block in space.blocks:
            codes = np.arange(-128, 128)
            if remapped:
                codes = best_codes(block, counts.sum(axis=(0, 1)), zero_point).astype(np.int64)
            alone.append(codes[weight + 128])
            if activations is not None:
                together.append(_together(block, weight, alone[-1], activations))
        zeros = zero_point if remapped else None
        self._alone = _Weights.of(alone, node, space.blocks, counts, zeros)
        self._together = self._alone
        if activations is not None:
            self._together = _Weights.of(together, node, space.blocks, counts, zeros)

    def changed(self, choice: np.ndarray, bias_correction: bool) -> Conv2d | Linear:
        node = self._node
        picked = choice.reshape(1, len(node.weight), -1)
        # Codes that were chosen together compensate for one another only in a whole filter.
        whole = (picked == picked[..., :1]).all(axis=2)[0]
        parts = [each.picked(picked) for each in (self._together, self._alone)]
        weight, error, at_zero = (
            np.where(whole.reshape(-1, *[1] * (a.ndim - 1)), a, b) for a, b in zip(*parts)
        )
        correction = at_zero
        if bias_correction:
            # Halves are rounded up, as everywhere.
            correction = (2 * error + self._pixels) // (2 * self._pixels)
        bias = node.bias.astype(np.int64) - correction
        if abs(bias).max() > np.iinfo(np.int32).max:
            raise OverflowError(f"A bias of {node.name!r} does not fit int32")
        return replace(
            node,
            weight=weight.astype(np.int8).reshape(node.weight.shape),
            bias=bias.astype(np.int32),
        )


@dataclass(frozen=True, eq=False)
class _Weights:
    """Codes for every block, and what they add to sums.

    Parameters
    ----------
    codes : ndarray of int8
        ``(blocks, filters, taps)``.
    errors : ndarray of int64
        ``(blocks, filters, taps)``: of a product, summed over all positions.
    at_zero : ndarray of int64
        ``(blocks, filters, taps)``: of a product with an activation of zero: what other weights add
        to the bias, if nothing else corrects it.
    """

    codes: np.ndarray
    errors: np.ndarray
    at_zero: np.ndarray

    @classmethod
    def of(
        cls,
        codes: Sequence[np.ndarray],
        node: Conv2d | Linear,
        blocks: Sequence[Block],
        counts: np.ndarray,
        zero_point: int | None,
    ) -> _Weights:
        """From codes for each block; without a zero point, none is compensated for."""
        weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
        # Of each filter's group: (filters, taps).
        group, taps = filter_group(node)[:, None], np.arange(weight.shape[1])
        exact = weight * (counts @ np.arange(-128, 128))[group[:, 0]]
        errors, at_zero = [], []
        for block, changed in zip(blocks, codes, strict=True):
            # (groups, taps, weight codes); below 2**53, so that products in float64 are exact.
            products = counts.astype(np.float64) @ block.table.T.astype(np.float64)
            errors.append(products[group, taps, changed + 128].astype(np.int64) - exact)
            if zero_point is None:
                at_zero.append(np.zeros_like(changed))
            else:
                products_at_zero = block.table[changed + 128, zero_point + 128].astype(np.int64)
                at_zero.append(products_at_zero - weight * zero_point)
        return cls(np.stack(codes).astype(np.int8), np.stack(errors), np.stack(at_zero))

    def picked(self, choice: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The codes ``(filters, taps)``, and the errors and the rest at zero of each filter."""
        codes, errors, at_zero = (
            np.take_along_axis(values, choice, axis=0)[0]
            for values in (self.codes, self.errors, self.at_zero)
        )
        return codes, errors.sum(axis=1), at_zero.sum(axis=1)


def _together(
    block: Block, weight: np.ndarray, alone: np.ndarray, activations: np.ndarray
) -> np.ndarray:
    """Codes of every filter as if all of it had the block; one by one where it has no factors."""
    if not chosen_together(block):
        return alone
    groups = zip(
        activations,
        np.split(weight, len(activations)),
        np.split(alone, len(activations)),
        strict=True,
    )
    return np.concatenate(
        [JointRounding(read).codes(block, own, start) for read, own, start in groups]
    )
