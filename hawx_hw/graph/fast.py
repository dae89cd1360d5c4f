"""The fast interpreter of the integer graph, bit for bit equal to the reference.

Sums of products are taken by floating-point matrix products, which are exact as long as every
partial sum is a whole number that the format holds: below 2**24 in float32, below 2**53 in float64.
The weights decide beforehand which format is enough. Convolutions are unfolded into matrix products
rather than left to a library's convolution, which may use transforms (Winograd, FFT) that round.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.graph.graph import (
    CODE_MIN,
    SUM_MAX,
    SUM_MIN,
    Add,
    AveragePool2d,
    Clamp,
    Concat,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    Lookup,
    MaxPool2d,
    Node,
    Requantization,
)
from hawx_hw.util.batches import images_at_once

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["accuracy", "evaluate", "exact_type", "run", "run_all"]

_BATCH = 200


def accuracy(
    graph: Graph,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    progress: Progress | None = None,
) -> float:
    """Share of images whose largest output code (the first of equals) is their label's, in [0, 1].

    Parameters
    ----------
    graph : Graph
    images : ndarray of uint8
        ``(n, C, H, W)`` pixels, n >= 1.
    labels : ndarray of int64
        ``(n,)``
    progress : callable or None
        Called with the number of images done and their total.
    """
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(
            f"Accuracy needs as many labels as images and at least one, "
            f"not {len(labels)} and {len(images)}"
        )
    right = 0
    step = images_at_once(_BATCH, (tensor.shape for tensor in graph.tensors.values()), 4)
    for start in range(0, len(images), step):
        outputs = run(graph, graph.codes(images[start : start + step]))
        predicted = outputs.reshape(len(outputs), -1).argmax(axis=1)
        right += int(np.count_nonzero(predicted == labels[start : start + step]))
        if progress:
            progress(min(start + step, len(images)), len(images))
    return right / len(images)


def run(graph: Graph, images: np.ndarray) -> np.ndarray:
    """Codes of the graph's output, equal to those of :func:`hawx_hw.graph.reference.run`.

    Parameters
    ----------
    images : ndarray of int8
        ``(batch, *input shape)``.

    Returns
    -------
    ndarray of int8
        ``(batch, *output shape)``.
    """
    return run_all(graph, images)[graph.output]


def run_all(graph: Graph, images: np.ndarray) -> dict[str, np.ndarray]:
    """Codes of every tensor, by name; each int8 ``(batch, *shape)``."""
    expected = graph.tensors[graph.input].shape
    if images.dtype != np.int8 or images.shape[1:] != expected:
        raise ValueError(
            f"Images must be int8 of shape (batch, {', '.join(map(str, expected))}), "
            f"not {images.dtype} of shape {images.shape}"
        )
    values = {graph.input: images}
    for node in graph.nodes:
        zero_point = graph.tensors[node.inputs[0]].zero_point
        values[node.name] = evaluate(node, [values[name] for name in node.inputs], zero_point)
    return values


def exact_type(weight: np.ndarray) -> type[np.float32] | type[np.float64]:
    """The floating-point type in which sums of codes times these weights are exact in any order.

    Parameters
    ----------
    weight : ndarray of int8
        Filters along the first axis.
    """
    magnitudes = np.abs(weight.reshape(len(weight), -1).astype(np.int64)).sum(axis=1)
    return np.float32 if int(magnitudes.max()) * -CODE_MIN <= 2**24 else np.float64


def evaluate(node: Node, inputs: list[np.ndarray], zero_point: int) -> np.ndarray:
    """Codes of one node for a batch; the parameters are those of ``reference.evaluate``."""
    x = inputs[0]
    match node:
        case Conv2d():
            return _convolution(x, node, zero_point)
        case Linear():
            kind = exact_type(node.weight)
            sums = (x.astype(kind) @ node.weight.T.astype(kind)).astype(np.float64)
            return _requantized(_checked(sums + node.bias), node.requantization, 1)
        case MaxPool2d():
            return _pooled(_padded(x, node.padding, CODE_MIN), node, np.maximum)
        case AveragePool2d():
            padded = _padded(x, node.padding, zero_point).astype(np.int64)
            sums = _pooled(padded, node, np.add) + node.bias
            return _requantized(_checked(sums.astype(np.float64)), node.requantization, 1)
        case Add():
            first, second = (float(m) for m in node.requantization.multiplier)
            total = x.astype(np.float64) * first + inputs[1].astype(np.float64) * second
            total += node.bias
            return _shifted(total, node.requantization)
        case Clamp():
            return _requantized(x.astype(np.float64) + node.bias, node.requantization, 1)
        case Flatten():
            return x.reshape(len(x), math.prod(x.shape[1:]))  # not -1: for no images too
        case Concat():
            return np.concatenate(inputs, axis=1)
        case Lookup():
            # By the code's bits: 0 to 127, then -128 to -1.
            return np.roll(node.table, 128)[x.view(np.uint8)]
        case _:
            raise TypeError(f"No evaluation of nodes of type {type(node).__name__}")


def _convolution(x: np.ndarray, node: Conv2d, zero_point: int) -> np.ndarray:
    kind = exact_type(node.weight)
    padded = _padded(x, node.padding, zero_point)
    depthwise = node.weight.shape[1] == 1 and node.groups == len(node.weight) > 1
    products = (_depthwise if depthwise else _matrix_products)(padded, node, kind)
    # In place: nothing else reads them, and they are the largest of all arrays.
    sums = products.astype(np.float64, copy=False)
    sums += node.bias.reshape(-1, 1, 1)
    return _requantized(_checked(sums), node.requantization, 3)


def _matrix_products(
    padded: np.ndarray, node: Conv2d, kind: type[np.float32] | type[np.float64]
) -> np.ndarray:
    """Sums of products by one matrix product a group, ``(batch, filters, height, width)``."""
    filters, channels, *kernel = node.weight.shape
    (down, across), (below, beside) = node.stride, node.dilation
    view = np.lib.stride_tricks.sliding_window_view(padded, node.extent, axis=(2, 3))
    view = view[:, :, ::down, ::across, ::below, ::beside]
    batch, _, height, width = view.shape[:4]
    # Unfolded to (batch, group, channel and tap, pixel): the product has the result's layout.
    unfolded = view.transpose(0, 1, 4, 5, 2, 3).astype(kind)
    unfolded = unfolded.reshape(batch, node.groups, channels * math.prod(kernel), height * width)
    weight = node.weight.reshape(node.groups, filters // node.groups, -1).astype(kind)
    products: np.ndarray = np.matmul(weight, unfolded)
    return products.reshape(batch, filters, height, width)


def _depthwise(
    padded: np.ndarray, node: Conv2d, kind: type[np.float32] | type[np.float64]
) -> np.ndarray:
    """Sums of products of one channel a filter, one shifted view after another."""
    kernel, (down, across) = node.weight.shape[2:], node.stride
    height = (padded.shape[2] - node.extent[0]) // down + 1
    width = (padded.shape[3] - node.extent[1]) // across + 1
    sums = np.zeros((len(padded), len(node.weight), height, width), dtype=kind)
    for i, j in np.ndindex(*kernel):
        y, x = i * node.dilation[0], j * node.dilation[1]
        tap = padded[:, :, y : y + (height - 1) * down + 1 : down, x:][
            ..., : (width - 1) * across + 1 : across
        ]
        sums += tap * node.weight[:, 0, i, j].astype(kind).reshape(-1, 1, 1)
    return sums


def _padded(x: np.ndarray, padding: tuple[int, int, int, int], code: int) -> np.ndarray:
    top, left, bottom, right = padding
    if not any(padding):
        return x
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=code)


def _pooled(padded: np.ndarray, node: MaxPool2d | AveragePool2d, combine: np.ufunc) -> np.ndarray:
    """Combine the taps of each window, one shifted view after another."""
    (kernel_height, kernel_width), (down, across) = node.kernel, node.stride
    height = (padded.shape[2] - kernel_height) // down + 1
    width = (padded.shape[3] - kernel_width) // across + 1
    result: np.ndarray | None = None
    for y in range(kernel_height):
        for x in range(kernel_width):
            last_y, last_x = y + (height - 1) * down + 1, x + (width - 1) * across + 1
            tap = padded[:, :, y:last_y:down, x:last_x:across]
            result = tap.copy() if result is None else combine(result, tap, out=result)
    assert result is not None
    return result


def _requantized(sums: np.ndarray, rule: Requantization, spatial: int) -> np.ndarray:
    shape = (-1,) + (1,) * (spatial - 1) if rule.multiplier.size > 1 else ()
    return _shifted(sums * rule.multiplier.astype(np.float64).reshape(shape), rule)


def _shifted(products: np.ndarray, rule: Requantization) -> np.ndarray:
    """Apply the rule to whole numbers below 2**48; halving them in float64 is exact."""
    products += float(rule.step << (rule.shift - 1))
    products *= 2.0**-rule.shift
    np.floor(products, out=products)
    products += rule.zero_point
    codes = np.clip(products, rule.low, rule.high, out=products).astype(np.int8)
    return codes & np.int8(-rule.step)


def _checked(sums: np.ndarray) -> np.ndarray:
    if sums.size and not (sums.min() >= SUM_MIN and sums.max() <= SUM_MAX):
        raise OverflowError("A sum does not fit int32: the graph must be requantized")
    return sums
