"""Derivatives of the logits by the codes of any tensor: the integer graph, differentiated.

The forward pass uses the graph's own codes. In the backward pass a requantization is the real
function that it rounds (a clamped straight line), the straight-through estimator of Y. Bengio et
al. (arXiv 1308.3432, 2013); of equal largest codes in a window the first one is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from hawx_hw.graph.graph import (
    CODE_MIN,
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

__all__ = ["Jacobians", "logit_jacobians", "padded", "real_function"]


@dataclass(frozen=True, eq=False)
class Jacobians:
    """Derivatives of the real outputs.

    Parameters
    ----------
    codes, sums : dict of str to ndarray of float32
        ``(classes, batch, *shape)``: by the codes of a tensor, and by the sums of a layer before
        they are requantized, in the output's real unit.
    """

    codes: dict[str, np.ndarray]
    sums: dict[str, np.ndarray]


def logit_jacobians(
    graph: Graph,
    codes: Mapping[str, np.ndarray],
    *,
    tensors: Sequence[str] = (),
    sums: Sequence[str] = (),
) -> Jacobians:
    """Derivatives of every output by codes and sums, by one backward pass for each class.

    Parameters
    ----------
    graph : Graph
        Its output may have any shape; each of its values is a class.
    codes : mapping of str to ndarray of int8
        Every tensor of the graph for a batch, ``(batch, *shape)``, from
        :func:`hawx_hw.graph.fast.run_all`.
    tensors : sequence of str
        Tensors to differentiate by.
    sums : sequence of str
        Convolutions and linear layers, whose sums to differentiate by.

    Raises
    ------
    ValueError
        A name is not that of a tensor, or of a layer.
    """
    weighted = {node.name for node in graph.nodes if isinstance(node, (Conv2d, Linear))}
    for names, known, what in ((tensors, set(graph.tensors), "Tensors"), (sums, weighted, "Sums")):
        unknown = sorted(set(names) - known)
        if unknown:
            raise ValueError(f"{what} must be the graph's, not {unknown!r}")
    values = {graph.input: _floats(codes[graph.input]).requires_grad_()}
    totals: dict[str, torch.Tensor] = {}
    for node in graph.nodes:
        zero_point = graph.tensors[node.inputs[0]].zero_point
        inputs = [values[name] for name in node.inputs]
        if isinstance(node, (Conv2d, Linear)):
            totals[node.name] = _sums(node, inputs[0], zero_point)
            real = _rescaled(totals[node.name], node.requantization)
        else:
            real = real_function(node, inputs, zero_point)
        # The real function's gradient with the integers' value.
        values[node.name] = real + (_floats(codes[node.name]) - real).detach()
    variables = [*(values[name] for name in tensors), *(totals[name] for name in sums)]
    gradients: list[list[np.ndarray]] = [[] for _ in variables]
    output = values[graph.output].flatten(1)
    for index in range(output.shape[1]):
        by_variable = torch.autograd.grad(
            output[:, index].sum() * graph.tensors[graph.output].scale,
            variables,
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
        for collected, gradient in zip(gradients, by_variable, strict=True):
            collected.append(gradient.numpy())
    stacked = [np.stack(collected) for collected in gradients]
    return Jacobians(
        dict(zip(tensors, stacked, strict=False)),
        dict(zip(sums, stacked[len(tensors) :], strict=True)),
    )


def _floats(codes: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(codes.astype(np.float32))


def _sums(node: Conv2d | Linear, x: torch.Tensor, zero_point: int) -> torch.Tensor:
    weight, bias = _floats(node.weight), _floats(node.bias)
    if isinstance(node, Linear):
        return F.linear(x, weight, bias)
    window = padded(x, node.padding, zero_point)
    return F.conv2d(window, weight, bias, node.stride, 0, node.dilation, node.groups)


def real_function(node: Node, inputs: list[torch.Tensor], zero_point: int) -> torch.Tensor:
    """The function of a node without weights, without its rounding.

    Parameters
    ----------
    node : Node
    inputs : list of Tensor of float32
        Codes, ``(batch, *shape)`` each.
    zero_point : int
        Of the first input.

    Returns
    -------
    Tensor of float32
        ``(batch, *shape)``.
    """
    x = inputs[0]
    match node:
        case MaxPool2d():
            return F.max_pool2d(padded(x, node.padding, CODE_MIN), node.kernel, node.stride)
        case AveragePool2d():
            window = padded(x, node.padding, zero_point)
            total = F.avg_pool2d(window, node.kernel, node.stride, divisor_override=1)
            return _rescaled(total + node.bias, node.requantization)
        case Add():
            first, second = (float(m) for m in node.requantization.multiplier)
            total = x * first + inputs[1] * second + float(node.bias)
            return _clamped(total * 2.0**-node.requantization.shift, node.requantization)
        case Clamp():
            return _rescaled(x + float(node.bias), node.requantization)
        case Flatten():
            return x.flatten(1)
        case Concat():
            return torch.cat(inputs, dim=1)
        case Lookup():
            # The caller takes the value from the codes; only the slope counts.
            slopes = torch.from_numpy(np.gradient(node.table.astype(np.float32)))
            return x * slopes[(x.detach() - CODE_MIN).long()]
        case _:
            raise TypeError(f"No derivative of nodes of type {type(node).__name__}")


def padded(x: torch.Tensor, padding: tuple[int, int, int, int], code: int) -> torch.Tensor:
    """A feature map with so much of a code at its top, left, bottom and right."""
    top, left, bottom, right = padding
    return F.pad(x, (left, right, top, bottom), value=float(code)) if any(padding) else x


def _rescaled(total: torch.Tensor, rule: Requantization) -> torch.Tensor:
    scale = torch.from_numpy((rule.multiplier * 2.0**-rule.shift).astype(np.float32))
    return _clamped(total * scale.reshape(-1, *(1,) * (total.ndim - 2)), rule)


def _clamped(codes: torch.Tensor, rule: Requantization) -> torch.Tensor:
    return (codes + rule.zero_point).clamp(rule.low, rule.high)
