"""Derivatives of a layer's sums, against sums over every single product."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph.graph import Conv2d, Linear, Requantization
from hawx_hw.retraining.derivative import Derivative
from hawx_hw.retraining.surrogate import surrogate

NAMES = ["exact", "precision(w=4,a=5)", "array(1,2,6)", "drum(k=3)"]
EVEN = np.full(256, 1 / 256)
POINT = -20


def convolution(rng: np.random.Generator, groups: int) -> Conv2d:
    return Conv2d(
        name="y",
        inputs=("x",),
        weight=rng.integers(-127, 128, (4, 4 // groups, 3, 2)).astype(np.int8),
        bias=np.zeros(4, dtype=np.int32),
        requantization=Requantization(np.full(4, 20_000), 22, zero_point=0, low=-128),
        stride=(2, 1),
        padding=(2, 1, 0, 1),
        dilation=(1, 2),
        groups=groups,
    )


def linear(rng: np.random.Generator) -> Linear:
    return Linear(
        name="y",
        inputs=("x",),
        weight=rng.integers(-127, 128, (4, 5)).astype(np.int8),
        bias=np.zeros(4, dtype=np.int32),
        requantization=Requantization(np.full(4, 20_000), 22, zero_point=0, low=-128),
    )


def products(node: Conv2d | Linear, shape: tuple[int, ...], outputs: tuple[int, ...]):
    """Every product: indices of the weight, of the activation, and of the output."""
    if isinstance(node, Linear):
        for output, source in np.ndindex(node.weight.shape):
            yield (output, source), (source,), (output,)
        return
    top, left, _, _ = node.padding
    per_group = len(node.weight) // node.groups
    for index in np.ndindex(node.weight.shape):
        output, channel, i, j = index
        for row, column in itertools.product(*map(range, outputs[1:])):
            y = row * node.stride[0] + i * node.dilation[0] - top
            x = column * node.stride[1] + j * node.dilation[1] - left
            if 0 <= y < shape[1] and 0 <= x < shape[2]:
                source = output // per_group * node.weight.shape[1] + channel
                yield index, (source, y, x), (output, row, column)


def choices(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> LayerBlocks:
    blocks = [by_name(name) for name in NAMES]
    if kind == "filter":
        return LayerBlocks.by_filter(blocks, shape)
    return LayerBlocks.by_weight(rng.permuted(np.resize(np.array(blocks, dtype=object), shape)))


@pytest.mark.parametrize("gradient", ["straight", "gain", "table"])
@pytest.mark.parametrize("kind", ["filter", "weight"])
@pytest.mark.parametrize("layer", ["linear", "plain", "grouped"])
def test_sums_over_every_product(layer: str, kind: str, gradient) -> None:
    rng = np.random.default_rng(7)
    if layer == "linear":
        node, shape, outputs = linear(rng), (5,), (4,)
    else:
        node = convolution(rng, groups=2 if layer == "grouped" else 1)
        shape, outputs = (4, 5, 4), (4, 3, 4)
    blocks = choices(rng, kind, node.weight.shape)
    uneven = rng.dirichlet(np.ones(256))
    surrogates = [surrogate(b, gradient, uneven, EVEN, POINT) for b in blocks.blocks]
    codes = rng.integers(-128, 128, (2, *shape))
    by_output = rng.normal(size=(2, *outputs)).astype(np.float32)

    w, w_slope, x, x_slope = (
        [getattr(s, name).double().numpy() for s in surrogates]
        for name in ("weight", "weight_slope", "activation", "activation_slope")
    )
    by_x, by_weight = np.zeros(codes.shape), np.zeros(node.weight.shape)
    for weight, source, output in products(node, shape, outputs):
        block = blocks.choice[weight]
        code = int(node.weight[weight]) + 128
        for image in range(2):
            activation = codes[image][source] + 128
            arriving = by_output[image][output]
            by_x[image][source] += arriving * (w[block][code] @ x_slope[block][activation])
            by_weight[weight] += arriving * (w_slope[block][code] @ x[block][activation])

    derivative = Derivative(node, blocks, surrogates)
    result = derivative(
        torch.from_numpy(codes.astype(np.float32)),
        torch.from_numpy(node.weight.astype(np.float32)),
        torch.from_numpy(by_output),
    )
    for one, expected in zip(result, (by_x, by_weight), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-3 * np.abs(expected).max())
