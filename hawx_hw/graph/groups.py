"""Grouped and dilated convolutions as ordinary ones, which most algorithms are written for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from hawx_hw.graph.graph import Conv2d, Linear

__all__ = ["Phase", "filter_group", "is_plain", "padded_input", "phases", "split"]


def is_plain(node: Conv2d | Linear) -> bool:
    """Whether it is a convolution of one group without dilation, or a linear layer."""
    return isinstance(node, Linear) or (node.groups == 1 and node.dilation == (1, 1))


def filter_group(node: Conv2d | Linear) -> np.ndarray:
    """The group of each filter, int64 ``(filters,)``; zeros for a linear layer."""
    filters = np.arange(len(node.weight))
    groups = node.groups if isinstance(node, Conv2d) else 1
    return filters // (len(filters) // groups)


def split(node: Conv2d) -> Iterator[tuple[slice, slice, Conv2d]]:
    """Each group as a convolution of its own, with its filters and the channels that it reads.

    Yields
    ------
    slice
        Of the filters.
    slice
        Of the input's channels.
    Conv2d
        Of one group.
    """
    filters, channels = len(node.weight) // node.groups, node.weight.shape[1]
    rule = node.requantization
    for group in range(node.groups):
        own = slice(group * filters, (group + 1) * filters)
        multiplier = rule.multiplier if rule.multiplier.size == 1 else rule.multiplier[own]
        yield (
            own,
            slice(group * channels, (group + 1) * channels),
            replace(
                node,
                weight=node.weight[own],
                bias=node.bias[own],
                requantization=replace(rule, multiplier=multiplier),
                groups=1,
            ),
        )


def padded_input(node: Conv2d, x: np.ndarray, zero_point: int) -> np.ndarray:
    """The input with its padding: ``(batch, channels, height, width)`` of ``x``'s type."""
    top, left, bottom, right = node.padding
    if not any(node.padding):
        return x
    return np.pad(
        x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=x.dtype.type(zero_point)
    )


@dataclass(frozen=True)
class Phase:
    """A part of a dilated convolution's output that an ordinary convolution computes.

    ``inputs`` selects of the padded input, ``outputs`` of the output; each (vertical, horizontal).
    """

    inputs: tuple[slice, slice]
    outputs: tuple[slice, slice]
    stride: tuple[int, int]


def phases(node: Conv2d, height: int, width: int) -> Iterator[Phase]:
    """The ordinary convolutions that a dilated one consists of.

    Output line ``y`` reads lines ``y * stride + tap * dilation``. With their greatest common
    divisor ``g``, lines ``y = q * dilation / g + r`` read ``r * stride`` and, of each
    ``dilation``-th line from there, those at ``q * stride / g + tap``.

    Parameters
    ----------
    node : Conv2d
    height, width : int
        Of the output.
    """
    common = [math.gcd(s, d) for s, d in zip(node.stride, node.dilation, strict=True)]
    counts = [d // g for d, g in zip(node.dilation, common, strict=True)]
    stride = node.stride[0] // common[0], node.stride[1] // common[1]
    for r, c in np.ndindex(min(counts[0], height), min(counts[1], width)):
        yield Phase(
            inputs=(
                slice(r * node.stride[0], None, node.dilation[0]),
                slice(c * node.stride[1], None, node.dilation[1]),
            ),
            outputs=(slice(r, None, counts[0]), slice(c, None, counts[1])),
            stride=stride,
        )
