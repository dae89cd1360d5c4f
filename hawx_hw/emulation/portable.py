"""Layers without compiled kernels: matrix products of remapped operands, or look-ups, in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hawx_hw.emulation.factors import Factors
from hawx_hw.emulation.products import Products
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear

__all__ = ["by_factors", "by_look_up"]

_UNFOLDED_BYTES = 2**26  # bytes of unfolded operands at a time


def by_factors(
    node: Conv2d | Linear, factors: Factors, x: np.ndarray, zero_point: int
) -> np.ndarray:
    """Codes of a layer by one matrix product of unfolded operands, ``rank`` for each tap.

    Parameters
    ----------
    node : Conv2d or Linear
    factors : Factors
        Factors of this node; their ``kind`` is not None.
    x : ndarray of int8
        ``(batch, *input shape)``.
    zero_point : int
        The code that fills the padding.

    Returns
    -------
    ndarray of int8
        ``(batch, *output shape)``.

    Raises
    ------
    OverflowError
        A sum does not fit int32.
    """
    kind = factors.kind
    if kind is None:
        raise ValueError("Factors must have sums that are exact in floating point")
    weight: np.ndarray = factors.weight.reshape(len(factors.weight), -1).astype(kind)
    remap: np.ndarray = factors.remap.astype(kind)

    def sums(unfolded: np.ndarray) -> np.ndarray:
        operands = remap[:, unfolded].reshape(weight.shape[1], -1)
        products: np.ndarray = np.matmul(weight, operands)
        return products.astype(np.int64) + factors.offset[:, None]

    return _layer(node, x, zero_point, sums, remap.itemsize * factors.rank)


def by_look_up(
    node: Conv2d | Linear, products: Products, x: np.ndarray, zero_point: int
) -> np.ndarray:
    """Codes of a layer by look-ups in int64, of any products; see :func:`by_factors`."""
    table = products.table()

    def sums(unfolded: np.ndarray) -> np.ndarray:
        total = np.zeros((unfolded.shape[1], len(products.index)), dtype=np.int64)
        total += node.bias
        for tap, activations in enumerate(unfolded):
            # (256, filters): one activation selects the products of all filters.
            of_tap = np.ascontiguousarray(table[products.index[:, tap]].T)
            total += of_tap[activations]
        return total.T

    return _layer(node, x, zero_point, sums, 1)


def _layer(
    node: Conv2d | Linear,
    x: np.ndarray,
    zero_point: int,
    sums: Callable[[np.ndarray], np.ndarray],
    itemsize: int,
) -> np.ndarray:
    """Codes from ``sums``, which maps ``(taps, pixels)`` of ``activation + 128`` to
    ``(filters, pixels)``, a few images at a time."""
    kernel, stride, padding = (1, 1), (1, 1), (0, 0, 0, 0)
    if isinstance(node, Conv2d):
        kernel, stride, padding = node.weight.shape[2:], node.stride, node.padding
    else:
        x = x[:, :, None, None]
    top, left, bottom, right = padding
    height = (x.shape[2] + top + bottom - kernel[0]) // stride[0] + 1
    width = (x.shape[3] + left + right - kernel[1]) // stride[1] + 1
    filters, taps = len(node.weight), node.weight[0].size
    result = np.empty((len(x), filters, height, width), dtype=np.int8)
    images = max(1, _UNFOLDED_BYTES // (itemsize * taps * height * width))
    for start in range(0, len(x), images):
        part = x[start : start + images]
        padded = np.pad(
            part, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=zero_point
        )
        view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
        view = view[:, :, :: stride[0], :: stride[1]]
        unfolded = (view.transpose(1, 4, 5, 0, 2, 3).reshape(taps, -1)).astype(np.int16) + 128
        totals = sums(unfolded).reshape(filters, len(part), height, width).transpose(1, 0, 2, 3)
        result[start : start + images] = reference.requantize(totals, node.requantization)
    return result.reshape(len(x), filters) if isinstance(node, Linear) else result
