"""A layer at some positions: the errors of its sums under any mask, weights chosen together."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np

from hawx_hw.block_design.bits import BitCovariances, BitErrors, bit_covariances
from hawx_hw.block_design.form import SumForm
from hawx_hw.blocks.families.mask import Mask
from hawx_hw.compensation.joint_rounding import least_variance, patches
from hawx_hw.compensation.weight_remapping import best_codes
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.scores.rounding import input_steps, rounded_input

__all__ = ["POSITIONS", "TAPS", "Layer"]

#: Sampled positions, evenly spaced over images and pixels.
POSITIONS = 8192
#: The most taps of a filter: covariances of eight bits each take 0.4 GB.
TAPS = 900


class Layer:
    """A layer and its activations at sampled positions.

    Parameters
    ----------
    graph : Graph
        The quantized network.
    node : Conv2d or Linear
        At most :data:`TAPS` taps a filter.
    images : ndarray of int8
        Codes ``(images, *input shape)``.
    positions : int
        See :func:`~hawx_hw.compensation.joint_rounding.patches`.
    importance : ndarray of float64 or None
        ``(filters,)``: what each filter's variance counts in forms and errors; None: all the same.
    """

    def __init__(
        self,
        graph: Graph,
        node: Conv2d | Linear,
        images: np.ndarray,
        positions: int = POSITIONS,
        importance: np.ndarray | None = None,
    ):
        self._graph, self._node, self._positions = graph, node, positions
        self._values: Mapping[str, np.ndarray] = fast.run_all(graph, images)
        self._bits: dict[int, list[BitCovariances]] = {}
        self._importance = np.ones(len(node.weight)) if importance is None else importance
        self.weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)

    @property
    def groups(self) -> list[np.ndarray]:
        """The filters of each group."""
        count = self._node.groups if isinstance(self._node, Conv2d) else 1
        return np.split(np.arange(len(self.weight)), count)

    @functools.cached_property
    def variance(self) -> float:
        """The variance of the exact sums, added up over filters."""
        parts = zip(self._covariances(1), self.groups, strict=True)
        return sum(bits.variance(self.weight[own], self._importance[own]) for bits, own in parts)

    def step(self, mask: Mask) -> int:
        """The step that the input is rounded to for a mask: 1 where others read it too, or where it
        is the network's."""
        return input_steps(self._graph, mask, (self._node.name,))[self._node.name]

    @functools.cached_property
    def steps(self) -> tuple[int, ...]:
        """All steps that the input can have, from 1 up to 64."""
        most = self.step(Mask(1 << 63))
        return tuple(1 << n for n in range(7) if 1 << n <= most)

    def activations(self, step: int) -> np.ndarray:
        """The activations at the taps: int8 ``(groups, positions, taps)``."""
        source = rounded_input(self._graph, self._node, step, self._values)
        zero_point = self._graph.tensors[self._node.inputs[0]].zero_point
        return patches(self._node, source, zero_point, self._positions)

    def form(self, step: int, codes: np.ndarray) -> SumForm:
        """The quadratic form of selected partial products, for codes ``(filters, taps)``."""
        forms = [
            bits.form(codes[own], self.weight[own], self._importance[own])
            for bits, own in zip(self._covariances(step), self.groups, strict=True)
        ]
        return functools.reduce(lambda total, form: total + form, forms)

    def alone(self, mask: Mask) -> np.ndarray:
        """Weight codes that are best one by one: int64 ``(filters, taps)``."""
        step = self.step(mask)
        histogram = sum(
            np.bincount(bits.activations.ravel().astype(np.int64) + 128, minlength=256)
            for bits in self._covariances(step)
        )
        zero_point = self._graph.tensors[self._node.inputs[0]].zero_point
        codes: np.ndarray = best_codes(mask, np.asarray(histogram), zero_point)[self.weight + 128]
        return codes

    def together(self, mask: Mask) -> np.ndarray:
        """Weight codes that are chosen together: int64 ``(filters, taps)``."""
        codes = self.alone(mask)
        blocks = (mask,) * self.weight.shape[1]
        for bits, own in zip(self._covariances(self.step(mask)), self.groups, strict=True):
            errors = BitErrors(mask, bits)
            codes[own] = least_variance(errors, blocks, self.weight[own], codes[own])
        return codes

    def error(self, mask: Mask, codes: np.ndarray) -> float:
        """The variance of the errors of the sums relative to that of the sums.

        Parameters
        ----------
        mask : Mask
        codes : ndarray of int64
            ``(filters, taps)``: what the block gets for each weight.
        """
        parts = zip(self._covariances(self.step(mask)), self.groups, strict=True)
        total = sum(
            bits.error(mask, codes[own], self.weight[own], self._importance[own])
            for bits, own in parts
        )
        return total / self.variance

    def _covariances(self, step: int) -> list[BitCovariances]:
        if step not in self._bits:
            plain = self.activations(1)
            rounded = plain if step == 1 else self.activations(step)
            self._bits[step] = [
                bit_covariances(own, exact, step) for own, exact in zip(rounded, plain, strict=True)
            ]
        return self._bits[step]
