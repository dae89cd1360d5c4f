"""Histograms by tap against the windows of the definition, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.graph.graph import Conv2d, Linear, Requantization


def ref_counts(node: Conv2d, codes: np.ndarray, zero_point: int) -> np.ndarray:
    _, of_group, kernel_rows, kernel_columns = node.weight.shape
    channels, (down, across) = of_group * node.groups, node.dilation
    height, width = (kernel_rows - 1) * down + 1, (kernel_columns - 1) * across + 1
    top, left, bottom, right = node.padding
    images, _, rows, columns = codes.shape
    counts = np.zeros((channels, kernel_rows, kernel_columns, 256), dtype=np.int64)
    for n in range(images):
        for y in range(-top, rows + bottom - height + 1, node.stride[0]):
            for x in range(-left, columns + right - width + 1, node.stride[1]):
                for c, i, j in np.ndindex(channels, kernel_rows, kernel_columns):
                    line, column = y + i * down, x + j * across
                    inside = 0 <= line < rows and 0 <= column < columns
                    code = int(codes[n, c, line, column]) if inside else zero_point
                    counts[c, i, j, code + 128] += 1
    return counts.reshape(node.groups, of_group, kernel_rows, kernel_columns, 256)


@pytest.mark.parametrize(
    ("stride", "padding", "groups", "dilation"),
    [
        ((1, 1), (0, 0, 0, 0), 1, (1, 1)),
        ((2, 1), (1, 0, 2, 1), 1, (1, 1)),
        ((2, 3), (0, 1, 1, 0), 2, (1, 1)),
        ((3, 2), (1, 1, 1, 1), 1, (2, 3)),
        ((1, 2), (0, 1, 1, 0), 2, (2, 1)),
    ],
)
def test_convolution(
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    groups: int,
    dilation: tuple[int, int],
) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-128, 128, (3, 2, 6, 7)).astype(np.int8)
    node = Conv2d(
        "conv",
        ("x",),
        np.ones((2, 2 // groups, 3, 2), dtype=np.int8),
        np.zeros(2, dtype=np.int32),
        Requantization(np.array([1]), 1, 0),
        stride=stride,
        padding=padding,
        groups=groups,
        dilation=dilation,
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
    (counts,) = tap_histograms(node, codes, 3)
    for k in range(4):
        for code in range(-128, 128):
            assert counts[k, code + 128] == codes[:, k].tolist().count(code)
