"""Errors of a layer's sums on images that designed nothing, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from hawx_hw.blocks.families.mask import Mask
from hawx_hw.compensation.joint_rounding import patches
from hawx_hw.compensation.sum_errors import levels
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.scores.rounding import input_steps, rounded_input

__all__ = ["PARTS", "Errors", "Estimate", "HeldOut", "estimate"]

#: The images are in so many parts, of which one after the other is left out.
PARTS = 16
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Parameters
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, eq=False)
class Errors:
    """The variance of the errors of sums relative to that of the sums.

    Parameters
    ----------
    value : float
        On all images.
    without : ndarray of float64
        ``(parts,)``: without each part of the images.
    """

    value: float
    without: np.ndarray


def estimate(function: Callable[..., float], *errors: Errors) -> Estimate:
    """A function of some errors, with its interval: the jackknife over the parts of the images.

    Parameters
    ----------
    function : callable
        Of as many numbers as there are errors.
    errors : Errors
        Of the same images.
    """
    value = function(*(each.value for each in errors))
    replicates = np.array([function(*row) for row in zip(*(each.without for each in errors))])
    count = len(replicates)
    deviation = float(np.sqrt((count - 1) * replicates.var()))
    reach = float(student.ppf((1 + _CONFIDENCE) / 2, count - 1)) * deviation
    return Estimate(value, value - reach, value + reach)


class HeldOut:
    """A layer at positions of images that no mask and no weight was chosen by.

    Parameters
    ----------
    graph : Graph
        The quantized network.
    node : Conv2d or Linear
    images : ndarray of int8
        Codes ``(images, *input shape)``, in mixed order; at least one for each part.
    positions : int
        Of all images together, at the most.
    parts : int
        At least 2.
    importance : ndarray of float64 or None
        See :class:`~hawx_hw.block_design.layer.Layer`.
    """

    def __init__(
        self,
        graph: Graph,
        node: Conv2d | Linear,
        images: np.ndarray,
        positions: int,
        parts: int = PARTS,
        importance: np.ndarray | None = None,
    ):
        if not 2 <= parts <= len(images):
            raise ValueError(f"parts must be in [2, {len(images)}], not {parts}")
        self._graph, self._node = graph, node
        self._parts = [fast.run_all(graph, own) for own in np.array_split(images, parts)]
        self._positions = max(1, positions // parts)
        self._weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
        self._plain = [self._read(values, 1) for values in self._parts]
        self._sums = [_applied(plain, self._weight.astype(np.float64)) for plain in self._plain]
        # A filter's sums times the root of its importance vary so much more.
        self._roots = 1.0 if importance is None else np.sqrt(importance)
        self._exact = _variances([sums * self._roots for sums in self._sums])

    def errors(self, mask: Mask, codes: np.ndarray) -> Errors:
        """The errors of a mask.

        Parameters
        ----------
        mask : Mask
        codes : ndarray of int64
            ``(filters, taps)``: the weight codes that were chosen for it.
        """
        step = input_steps(self._graph, mask, (self._node.name,))[self._node.name]
        level = levels(mask)
        vectors = level.of_code[codes + 128].reshape(len(codes), -1)
        differences = []
        for values, sums in zip(self._parts, self._sums, strict=True):
            read = self._read(values, step)
            features = level.right[read.astype(np.int64) + 128]
            made = _applied(features.reshape(*read.shape[:2], -1), vectors)
            differences.append((made - sums) * self._roots)
        shares = _variances(differences) / self._exact
        return Errors(float(shares[0]), shares[1:])

    def _read(self, values: dict[str, np.ndarray], step: int) -> np.ndarray:
        """The activations at the taps: int8 ``(groups, positions, taps)``."""
        source = rounded_input(self._graph, self._node, step, values)
        zero_point = self._graph.tensors[self._node.inputs[0]].zero_point
        return patches(self._node, source, zero_point, self._positions)


def _applied(features: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Sums of every filter: ``(positions, filters)``, from ``(groups, positions, features)``."""
    groups = np.split(vectors, len(features))
    return np.concatenate(
        [own.astype(np.float64) @ of.T for own, of in zip(features, groups, strict=True)], axis=1
    )


def _variances(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Variances over positions, added up over filters: of all parts, and without each of them."""
    count = np.array([len(part) for part in parts], dtype=np.float64)
    first = np.stack([part.sum(axis=0) for part in parts])
    second = np.array([(part**2).sum() for part in parts])

    def variance(counts: float, sums: np.ndarray, squares: float) -> float:
        return float(squares - (sums**2).sum() / counts) / counts

    whole = count.sum(), first.sum(axis=0), second.sum()
    without = [
        variance(whole[0] - count[number], whole[1] - first[number], whole[2] - second[number])
        for number in range(len(parts))
    ]
    return np.array([variance(*whole), *without])
