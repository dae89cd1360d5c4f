"""Histograms of the activation codes at each tap of a kernel."""

from __future__ import annotations

import numpy as np

from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.groups import padded_input

__all__ = ["tap_histograms"]


def tap_histograms(node: Conv2d | Linear, codes: np.ndarray, zero_point: int) -> np.ndarray:
    """Counts over all images and output pixels, padding included.

    Parameters
    ----------
    node : Conv2d or Linear
    codes : ndarray of int8
        Codes of the node's input, ``(batch, *shape)``.
    zero_point : int
        The code that fills the padding.

    Returns
    -------
    ndarray of int64
        ``(groups, *taps, 256)``, taps as in the second and further axes of the node's weight, which
        are other channels for each group of filters; indexed ``[..., code + 128]``.
    """
    if isinstance(node, Linear):
        return np.stack([_counts(codes[:, k]) for k in range(codes.shape[1])])[None]
    padded = padded_input(node, codes, zero_point)
    kernel_height, kernel_width = node.weight.shape[2:]
    (down, across), (extent_height, extent_width) = node.stride, node.extent
    height = (padded.shape[2] - extent_height) // down + 1
    width = (padded.shape[3] - extent_width) // across + 1
    counts = np.empty((node.channels, kernel_height, kernel_width, 256), dtype=np.int64)
    for c, i, j in np.ndindex(counts.shape[:3]):
        y, x = i * node.dilation[0], j * node.dilation[1]
        last_y, last_x = y + (height - 1) * down + 1, x + (width - 1) * across + 1
        counts[c, i, j] = _counts(padded[:, c, y:last_y:down, x:last_x:across])
    return counts.reshape(node.groups, -1, *counts.shape[1:])


# A code's bits as an unsigned number, in ascending order of the codes.
_ORDER = np.arange(-128, 128).astype(np.int8).view(np.uint8)


def _counts(codes: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(codes).ravel().view(np.uint8)
    return np.bincount(bits, minlength=256)[_ORDER]
