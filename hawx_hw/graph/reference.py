"""The reference interpreter: the definition of the hardware's outputs, bit for bit.

Plain numpy on int64, one function a node: written to be read, not to be fast.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.blocks.assignment import Assignment, LayerBlocks
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

__all__ = ["evaluate", "requantize", "run", "run_all", "sums"]


def requantize(totals: np.ndarray, rule: Requantization) -> np.ndarray:
    """Codes of exact sums, by the rule of :mod:`hawx_hw.graph.graph`.

    Parameters
    ----------
    totals : ndarray of int64
        Exact sums ``(batch, channels, ...)``, within int32.

    Returns
    -------
    ndarray of int8
        The same shape.
    """
    multiplier = rule.multiplier.reshape((-1,) + (1,) * (totals.ndim - 2))
    return _shift_and_clamp(_checked(totals) * multiplier, rule)


def run(graph: Graph, images: np.ndarray, assignment: Assignment | None = None) -> np.ndarray:
    """Codes of the graph's output for a batch of input codes.

    Parameters
    ----------
    graph : Graph
    images : ndarray of int8
        ``(batch, *input shape)``.
    assignment : Assignment or None
        The blocks of convolutions and linear layers; layers that are left out are exact.

    Returns
    -------
    ndarray of int8
        ``(batch, *output shape)``.
    """
    return run_all(graph, images, assignment)[graph.output]


def run_all(
    graph: Graph, images: np.ndarray, assignment: Assignment | None = None
) -> dict[str, np.ndarray]:
    """Codes of every tensor, by name; each int8 ``(batch, *shape)``."""
    expected = graph.tensors[graph.input].shape
    if images.dtype != np.int8 or images.shape[1:] != expected:
        raise ValueError(
            f"Images must be int8 of shape (batch, {', '.join(map(str, expected))}), "
            f"not {images.dtype} of shape {images.shape}"
        )
    codes = {graph.input: images}
    blocks = dict(assignment or {})
    for node in graph.nodes:
        zero_point = graph.tensors[node.inputs[0]].zero_point
        inputs = [codes[name] for name in node.inputs]
        codes[node.name] = evaluate(node, inputs, zero_point, blocks.pop(node.name, None))
    if blocks:
        raise ValueError(f"Assignment must name nodes of the graph, not {sorted(blocks)!r}")
    return codes


def sums(
    node: Node, inputs: list[np.ndarray], zero_point: int, blocks: LayerBlocks | None = None
) -> np.ndarray:
    """The exact sums of a node before its requantization, bias included.

    Parameters
    ----------
    node : Conv2d, Linear, AveragePool2d, Add or Clamp
        For Add the sum is ``x0 * m0 + x1 * m1 + bias``, multipliers included.
    inputs : list of ndarray of int8
        Codes of the node's inputs, each ``(batch, *shape)``.
    zero_point : int
        Zero point of the first input; it fills the padding.
    blocks : LayerBlocks or None
        The blocks of a convolution or linear layer; exact if left out.

    Returns
    -------
    ndarray of int64
        ``(batch, *output shape)``.
    """
    x = inputs[0]
    total: np.ndarray
    match node:
        case Conv2d():
            windows = _windows(x, node.extent, node.stride, node.padding, zero_point)
            windows = windows[..., :: node.dilation[0], :: node.dilation[1]]
            total = _grouped(windows, node, blocks) + node.bias.reshape(-1, 1, 1)
        case Linear():
            # A 1 x 1 map with a 1 x 1 kernel.
            weight = node.weight[:, :, None, None]
            if blocks is not None:
                blocks = LayerBlocks(blocks.blocks, blocks.choice[:, :, None, None])
            total = _products(x[:, :, None, None, None, None], weight, blocks)[:, :, 0, 0]
            total = total + node.bias
        case AveragePool2d():
            windows = _windows(x, node.kernel, node.stride, node.padding, zero_point)
            total = windows.sum(axis=(4, 5), dtype=np.int64) + node.bias
        case Add():
            first, second = (int(m) for m in node.requantization.multiplier)
            total = x.astype(np.int64) * first + inputs[1].astype(np.int64) * second + node.bias
        case Clamp():
            total = x.astype(np.int64) + node.bias
        case _:
            raise TypeError(f"Nodes of type {type(node).__name__} have no sums")
    return total


def evaluate(
    node: Node, inputs: list[np.ndarray], zero_point: int, blocks: LayerBlocks | None = None
) -> np.ndarray:
    """Codes of one node for a batch; the parameters are those of :func:`sums`, for any node."""
    x = inputs[0]
    if blocks is not None and not isinstance(node, (Conv2d, Linear)):
        raise ValueError(f"Node {node.name!r} does not multiply weights and takes no blocks")
    match node:
        case Conv2d() | Linear() | AveragePool2d() | Clamp():
            return requantize(sums(node, inputs, zero_point, blocks), node.requantization)
        case Add():
            return _shift_and_clamp(sums(node, inputs, zero_point), node.requantization)
        case MaxPool2d():
            windows = _windows(x, node.kernel, node.stride, node.padding, CODE_MIN)
            largest: np.ndarray = np.max(windows, axis=(4, 5))
            return largest
        case Flatten():
            return x.reshape(len(x), -1)
        case Concat():
            return np.concatenate(inputs, axis=1)
        case Lookup():
            looked_up: np.ndarray = node.table[x.astype(np.int64) - CODE_MIN]
            return looked_up
        case _:
            raise TypeError(f"The reference does not support nodes of type {type(node).__name__}")


def _windows(
    x: np.ndarray,
    kernel: tuple[int, ...],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    code: int,
) -> np.ndarray:
    """View ``(batch, channels, height, width, *kernel)`` of the input padded with ``code``."""
    top, left, bottom, right = padding
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=code)
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    strided: np.ndarray = view[:, :, :: stride[0], :: stride[1]]
    return strided


def _grouped(windows: np.ndarray, node: Conv2d, blocks: LayerBlocks | None) -> np.ndarray:
    """Sums of products, each group of filters with its group of channels."""
    filters, channels = len(node.weight) // node.groups, node.weight.shape[1]
    parts = []
    for group in range(node.groups):
        own = slice(group * filters, (group + 1) * filters)
        part = None if blocks is None else blocks.filters(own)
        read = windows[:, group * channels : (group + 1) * channels]
        parts.append(_products(read, node.weight[own], part))
    return np.concatenate(parts, axis=1)


def _products(windows: np.ndarray, weight: np.ndarray, blocks: LayerBlocks | None) -> np.ndarray:
    """Sums of products of weights ``(f, c, i, j)`` with windows ``(b, c, y, x, i, j)``."""
    if blocks is None:
        total: np.ndarray = np.einsum(
            "bcyxij,fcij->bfyx", windows.astype(np.int64), weight.astype(np.int64), optimize=True
        )
        return total
    if blocks.shape != weight.shape:
        raise ValueError(f"Blocks must be of shape {weight.shape}, not {blocks.shape}")
    products = blocks.products(weight).astype(np.int64)
    total = np.zeros((len(weight), len(windows), *windows.shape[2:4]), dtype=np.int64)
    for c, i, j in np.ndindex(weight.shape[1:]):
        total += products[:, c, i, j][:, windows[:, c, :, :, i, j].astype(np.int64) + 128]
    return total.transpose(1, 0, 2, 3)


def _shift_and_clamp(products: np.ndarray, rule: Requantization) -> np.ndarray:
    half = rule.step << (rule.shift - 1)
    codes = ((products + half) >> rule.shift) + rule.zero_point
    clamped: np.ndarray = np.clip(codes, rule.low, rule.high) & -rule.step
    return clamped.astype(np.int8)


def _checked(totals: np.ndarray) -> np.ndarray:
    if totals.size and not (totals.min() >= SUM_MIN and totals.max() <= SUM_MAX):
        raise OverflowError("A sum does not fit int32: the graph must be requantized")
    return totals
