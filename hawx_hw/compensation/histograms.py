"""Histograms of the activation codes at each tap of a kernel."""

from __future__ import annotations

import numpy as np

from hawx_hw.graph.graph import Conv2d, Linear

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
        ``(*taps, 256)``, taps as in the second and further axes of the node's weight; indexed
        ``[..., code + 128]``.
    """
    if isinstance(node, Linear):
        return np.stack([_counts(codes[:, k]) for k in range(codes.shape[1])])
    top, left, bottom, right = node.padding
    padded = np.pad(
        codes, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=zero_point
    )
    channels, kernel_height, kernel_width = node.weight.shape[1:]
    down, across = node.stride
    height = (padded.shape[2] - kernel_height) // down + 1
    width = (padded.shape[3] - kernel_width) // across + 1
    counts = np.empty((channels, kernel_height, kernel_width, 256), dtype=np.int64)
    for c, i, j in np.ndindex(channels, kernel_height, kernel_width):
        last_i, last_j = i + (height - 1) * down + 1, j + (width - 1) * across + 1
        counts[c, i, j] = _counts(padded[:, c, i:last_i:down, j:last_j:across])
    return counts


# A code's bits as an unsigned number, in ascending order of the codes.
_ORDER = np.arange(-128, 128).astype(np.int8).view(np.uint8)


def _counts(codes: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(codes).ravel().view(np.uint8)
    return np.bincount(bits, minlength=256)[_ORDER]
