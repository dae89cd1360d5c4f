"""Arguments of the C kernels: the structures of kernels/structures.h, and pointers to arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from hawx_hw.graph.graph import AveragePool2d, Conv2d, Linear, MaxPool2d, Requantization

__all__ = [
    "ProductEntries",
    "Rule",
    "Window",
    "integers",
    "layer_window",
    "pointer",
    "rule_of",
    "window_of",
]


class Window(ctypes.Structure):
    """``hawx_window``."""

    _fields_ = [
        (name, ctypes.c_int64)
        for name in (
            *("channels", "height", "width"),
            *("filters", "out_height", "out_width"),
            *("kernel_height", "kernel_width", "stride_y", "stride_x"),
            *("top", "left", "bottom", "right", "pad"),
        )
    ]


class Rule(ctypes.Structure):
    """``hawx_rule``."""

    _fields_ = [
        ("multiplier", ctypes.c_void_p),
        ("constant", ctypes.c_double),
        ("span", ctypes.c_double),
        ("low", ctypes.c_int64),
        ("mask", ctypes.c_int64),
    ]


class ProductEntries(ctypes.Structure):
    """``hawx_products``."""

    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("entries", "indices", "order", "steps", "flat", "offset")
    ]


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Address of the array's first element; the array must exist as long as the pointer."""
    return ctypes.c_void_p(array.ctypes.data)


def integers(*values: int) -> tuple[ctypes.c_int64, ...]:
    """Arguments of type int64_t."""
    return tuple(map(ctypes.c_int64, values))


def window_of(
    node: Conv2d | MaxPool2d | AveragePool2d, x: np.ndarray, kernel: Sequence[int], pad: int
) -> Window:
    """Geometry of a window on images ``x``, padded with the code ``pad``."""
    channels, height, width = x.shape[1:]
    top, left, bottom, right = node.padding
    out_height = (height + top + bottom - kernel[0]) // node.stride[0] + 1
    out_width = (width + left + right - kernel[1]) // node.stride[1] + 1
    return Window(
        *(channels, height, width, 0, out_height, out_width),
        *(*kernel, *node.stride, *node.padding, pad),
    )


def layer_window(node: Conv2d | Linear, x: np.ndarray, pad: int) -> tuple[Window, tuple[int, ...]]:
    """Geometry of a layer on images ``x``, padded with ``pad``, and the shape of its output."""
    if isinstance(node, Linear):
        outputs, inputs = node.weight.shape
        return Window(inputs, 1, 1, outputs, 1, 1, 1, 1, 1, 1), (outputs,)
    window = window_of(node, x, node.weight.shape[2:], pad)
    window.filters = len(node.weight)
    return window, (len(node.weight), window.out_height, window.out_width)


def rule_of(rule: Requantization, filters: int) -> tuple[Rule, np.ndarray]:
    """The rule in double precision, and the array to which it points."""
    scale = 2.0**-rule.shift
    multiplier = np.ascontiguousarray(np.broadcast_to(rule.multiplier * scale, (filters,)))
    constant = rule.step / 2 + rule.zero_point - rule.low
    return (
        Rule(multiplier.ctypes.data, constant, rule.high - rule.low, rule.low, -rule.step),
        multiplier,
    )
