"""Constants, rules and widths of requantization against their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.architectures.common.requantization import (
    OutputRule,
    Ranges,
    RequantizerConstants,
    constants,
    offsets,
    output_rule,
    packed,
    ranges,
    spans,
)
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph.graph import Add, AveragePool2d, Graph, MaxPool2d
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.graph.reference import requantize
from tests.architectures.common.layers import convolution
from tests.architectures.common.layers import layer as mixed_layer
from tests.synthetic_blocks import Biased, Unsigned

SEEDS = range(12)


def graph(seed: int) -> Graph:
    return random_graph(np.random.default_rng(seed), layers=3, max_size=7)


def bits_of(layers: Sequence[Operation], zeros: int = 0) -> Ranges:
    """Widths of hardware that adds up a layer's products, and nothing else."""
    multiplying = [made for made in layers if made.multiplies]
    return ranges(
        layers,
        {made.name: offsets(made) for made in multiplying},
        {made.name: spans(made) for made in multiplying},
        zeros,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_constants_are_the_rule_of_the_reference(seed: int) -> None:
    """One multiplication, one addition and one shift give the reference's code, for any sum."""
    rng = np.random.default_rng(seed)
    for layer in operations(graph(seed), window_limit=16):
        if isinstance(layer.node, (Add, MaxPool2d)):
            continue
        rule = layer.node.requantization
        pairs = constants(layer)
        sums = rng.integers(-(2**21), 2**21, (64, len(pairs)))
        bias = np.broadcast_to(np.asarray(layer.node.bias, dtype=np.int64), (len(pairs),))
        expected = requantize(sums + bias, rule)
        for number, pair in enumerate(pairs):
            codes = [
                (int(s) * pair.multiplier + pair.addend) >> rule.shift for s in sums[:, number]
            ]
            clamped = np.clip(codes, rule.low, rule.high) & -rule.step
            np.testing.assert_array_equal(clamped, expected[:, number])


def test_widths_are_the_narrowest_that_never_overflow() -> None:
    """The extremes are reached: by brute force over all codes of a two-tap kernel."""
    network = convolution(np.random.default_rng(3), (1, 1, 2), 1, (1, 2))
    node = replace(network.nodes[0], weight=np.array([[[[-127, 90]]]], dtype=np.int8))
    network = replace(network, nodes=(node,))
    layer = operations(network, window_limit=16)[0]
    bits = bits_of([layer])
    codes = np.arange(-128, 128)
    sums = (codes[:, None] * -127 + codes[None, :] * 90).ravel()
    limit = 2 ** (bits.sum_bits - 1)
    assert sums.min() >= -limit and sums.max() < limit
    assert sums.min() < -limit // 2 or sums.max() >= limit // 2
    (pair,) = constants(layer)
    products = sums * pair.multiplier + pair.addend
    limit = 2 ** (bits.product_bits - 1)
    assert products.min() >= -limit and products.max() < limit
    assert products.min() < -limit // 2 or products.max() >= limit // 2


@pytest.mark.parametrize("seed", SEEDS)
def test_no_intermediate_sum_overflows(seed: int) -> None:
    """Also for additions and averages, whose products add up before the shift."""
    layers = operations(graph(seed), window_limit=16)
    bits = bits_of(layers)
    for layer in layers:
        pairs = constants(layer)
        if isinstance(layer.node, Add):
            first, second = pairs
            extremes = [
                a * first.multiplier + b * second.multiplier + first.addend
                for a in (-128, 127)
                for b in (-128, 127)
            ]
        elif isinstance(layer.node, AveragePool2d):
            count = layer.elements
            extremes = [c * count * pairs[0].multiplier + pairs[0].addend for c in (-128, 127)]
        else:
            continue
        assert all(
            -(2 ** (bits.product_bits - 1)) <= e < 2 ** (bits.product_bits - 1) for e in extremes
        )


@pytest.mark.parametrize("seed", range(4))
def test_spans_are_reached(seed: int) -> None:
    """Each product at the activation that makes most of it, and least."""
    rng = np.random.default_rng(seed)
    made = mixed_layer(rng.integers(0, 3, (4, 6)))
    if seed == 0:
        # All of its products are positive.
        assert made.blocks is not None
        high = LayerBlocks.uniform(Biased(20000), made.blocks.choice.shape)
        made = replace(made, blocks=high)
    assert made.weight is not None and made.blocks is not None
    for number, (least, most) in enumerate(spans(made)):
        products = [
            made.blocks.blocks[index].raw_table[int(weight) + 128].astype(int)
            for index, weight in zip(
                made.blocks.choice[number].ravel(), made.weight[number].ravel(), strict=True
            )
        ]
        # Partial sums too: a term that only adds the wrong way is left out.
        assert least == sum(min(0, int(each.min())) for each in products)
        assert most == sum(max(0, int(each.max())) for each in products)


def test_bits_that_are_left_out_of_sums() -> None:
    network = convolution(np.random.default_rng(3), (2, 1, 1), 1, (1, 1))
    node = replace(network.nodes[0], weight=np.array([[[[64]], [[-32]]]], dtype=np.int8))
    (made,) = operations(replace(network, nodes=(node,)), window_limit=1)
    whole, cut = bits_of([made]), bits_of([made], 5)
    # Sums from -128 * 64 - 127 * 32 to 127 * 64 + 128 * 32; codes need eight bits all the same.
    assert (whole.sum_bits, cut.sum_bits) == (15, 10)
    assert whole.addend_bits - cut.addend_bits == 5
    (pair,), (short,) = constants(made), constants(made, sum_zeros=5)
    assert short == RequantizerConstants(pair.multiplier, pair.addend >> 5)


def test_blocks_of_unsigned_activations_add_an_offset() -> None:
    network = convolution(np.random.default_rng(0), (3, 1, 1), 2, (1, 1))
    weight = np.array([[1, -2, 5], [7, 0, -3]], np.int8).reshape(2, 3, 1, 1)
    network = replace(network, nodes=(replace(network.nodes[0], weight=weight),))
    for block, expected in ((Biased(11), [0, 0]), (Unsigned(), [128 * 4, 128 * 4])):
        assigned = {"conv": LayerBlocks.uniform(block, weight.shape)}
        (made,) = operations(network, window_limit=1, assignment=assigned)
        assert offsets(made).tolist() == expected


def test_rules_of_layers() -> None:
    kinds = set()
    for seed in SEEDS:
        for made in operations(graph(seed), window_limit=16):
            kinds.add(type(made.node))
            rule = getattr(made.node, "requantization", None)
            if rule is None:
                # A maximum passes on what it is given.
                passed = output_rule(made)
                (pair,) = constants(made)
                codes = np.arange(-128, 128)
                scaled = (codes * pair.multiplier + pair.addend) >> passed.shift
                assert np.clip(scaled, passed.low, passed.high).tolist() == codes.tolist()
                assert passed.step == 1
            else:
                assert output_rule(made) == OutputRule(rule.low, rule.high, rule.shift, rule.step)
    assert MaxPool2d in kinds and Add in kinds


def test_pairs_in_a_word() -> None:
    word = packed([RequantizerConstants(0xABCD, -2), RequantizerConstants(1, 3)], Ranges(8, 4, 8))
    assert word == 3 << 36 | 1 << 20 | 0b1110 << 16 | 0xABCD
