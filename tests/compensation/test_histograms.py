"""Histograms by tap against the windows of the definition, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.graph.graph import Conv2d, Linear, Requantization


def ref_counts(node: Conv2d, codes: np.ndarray, zero_point: int) -> np.ndarray:
    _, channels, kernel_rows, kernel_columns = node.weight.shape
    top, left, bottom, right = node.padding
    images, _, rows, columns = codes.shape
    counts = np.zeros((channels, kernel_rows, kernel_columns, 256), dtype=np.int64)
    for n in range(images):
        for y in range(-top, rows + bottom - kernel_rows + 1, node.stride[0]):
            for x in range(-left, columns + right - kernel_columns + 1, node.stride[1]):
                for c, i, j in np.ndindex(channels, kernel_rows, kernel_columns):
                    inside = 0 <= y + i < rows and 0 <= x + j < columns
                    code = int(codes[n, c, y + i, x + j]) if inside else zero_point
                    counts[c, i, j, code + 128] += 1
    return counts


@pytest.mark.parametrize(
    ("stride", "padding"),
    [
        ((1, 1), (0, 0, 0, 0)),
        ((2, 1), (1, 0, 2, 1)),
        ((2, 3), (0, 1, 1, 0)),
        ((3, 2), (1, 1, 1, 1)),
    ],
)
def test_convolution(stride: tuple[int, int], padding: tuple[int, int, int, int]) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-128, 128, (3, 2, 6, 7)).astype(np.int8)
    node = Conv2d(
        "conv",
        ("x",),
        np.ones((1, 2, 3, 2), dtype=np.int8),
        np.zeros(1, dtype=np.int32),
        Requantization(np.array([1]), 1, 0),
        stride=stride,
        padding=padding,
    )
    np.testing.assert_array_equal(tap_histograms(node, codes, -77), ref_counts(node, codes, -77))


def test_linear() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(-128, 128, (5, 4)).astype(np.int8)
    node = Linear(
        "fc",
        ("x",),
        np.ones((2, 4), dtype=np.int8),
        np.zeros(2, dtype=np.int32),
        Requantization(np.array([1]), 1, 0),
    )
    counts = tap_histograms(node, codes, 3)
    for k in range(4):
        for code in range(-128, 128):
            assert counts[k, code + 128] == codes[:, k].tolist().count(code)
