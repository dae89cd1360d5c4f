"""Blocks that do not accept the codes that they may occur are refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hawx_hw.assignment.accepted import check_codes, code_ranges
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.random_graphs import random_codes, random_graph


@dataclass(frozen=True)
class Narrow(Exact):
    """Few bits of either operand."""

    family = "narrow"
    first: int
    last: int

    @property
    def weights(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def activations(self) -> range:
        return range(self.first, self.last + 1)


def graph(weight: list[list[int]], *, low: int = 0, step: int = 1) -> Graph:
    """A linear layer that makes codes in [low, 100], and one that reads them."""
    rule = Requantization(np.array([300]), 16, low, low, 100, step)
    first = Linear("first", ("x",), np.ones((2, 2), np.int8), np.zeros(2, np.int32), rule)
    second = Linear("second", ("first",), np.array(weight, np.int8), np.zeros(1, np.int32), rule)
    tensors = {name: Tensor((2,), 1.0, low) for name in ("x", "first")}
    return Graph("g", "x", (first, second), tensors | {"second": Tensor((1,), 1.0, low)})


def refusal(network: Graph, block: Narrow, **options: bool) -> str:
    layers = {"second": LayerBlocks.uniform(block, (1, 2))}
    try:
        check_codes(network, layers, **options)
    except UserError as error:
        return str(error)
    return ""


def test_weights() -> None:
    assert refusal(graph([[0, 100]]), Narrow(0, 100)) == ""
    assert refusal(graph([[-1, 100]]), Narrow(0, 100)) == (
        "blocks.layers.second: narrow(first=0,last=100) accepts weight codes from 0 to 100, "
        "but -1 to 100 may occur in second. Choose another block for these weights, or leave "
        "compensation.weights on."
    )
    assert refusal(graph([[-1, 100]]), Narrow(0, 100), weights=False) == ""


def test_weights_of_other_blocks_do_not_count() -> None:
    layer = LayerBlocks((by_name("drum(k=4)"), Narrow(0, 100)), np.array([[0, 1]], np.uint8))
    check_codes(graph([[-1, 100]]), {"second": layer})
    with pytest.raises(UserError, match="-1 to -1 may occur"):
        check_codes(graph([[100, -1]]), {"second": layer})


def test_activations() -> None:
    assert "activation codes from 0 to 99, but 0 to 100 may occur in second" in refusal(
        graph([[1, 1]]), Narrow(0, 99)
    )
    assert refusal(graph([[1, 1]], low=3), Narrow(1, 100)) == ""
    # Codes on a grid of 8 may lie below the clamp: 3 & -8 is 0.
    assert "0 to 96 may occur" in refusal(graph([[1, 1]], low=3, step=8), Narrow(1, 100))


def test_the_networks_input_may_be_anything() -> None:
    layers = {"first": LayerBlocks.uniform(Narrow(-127, 127), (2, 2))}
    with pytest.raises(UserError, match="-128 to 127 may occur in first"):
        check_codes(graph([[1, 1]]), layers)


def test_padding_counts() -> None:
    rule = Requantization(np.array([300]), 16, -5, 0, 100)
    one = np.ones((1, 1, 2, 2), np.int8)
    first = Conv2d("first", ("x",), one, np.zeros(1, np.int32), rule)
    second = Conv2d("second", ("first",), one, np.zeros(1, np.int32), rule, (1, 1), (1, 0, 0, 0))
    shapes = {"x": (1, 4, 4), "first": (1, 3, 3), "second": (1, 3, 2)}
    tensors = {name: Tensor(shape, 1.0, -5) for name, shape in shapes.items()}
    network = Graph("g", "x", (first, second), tensors)
    layers = {"second": LayerBlocks.uniform(Narrow(0, 100), one.shape)}
    with pytest.raises(UserError, match="-5 to 100 may occur in second"):
        check_codes(network, layers)
    second = replace(second, padding=(0, 0, 0, 0))
    tensors["second"] = Tensor((1, 2, 2), 1.0, -5)
    check_codes(replace(network, nodes=(first, second)), layers)


@pytest.mark.parametrize("seed", range(6))
def test_ranges_hold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_graph(rng)
    images = random_codes(rng, network, 4)
    ranges = code_ranges(network)
    for name, codes in reference.run_all(network, images).items():
        assert ranges[name][0] <= codes.min()
        assert codes.max() <= ranges[name][1]
