"""A layer's sums under masks, against the emulator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.block_design.layer import Layer
from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.mask import ALL, Mask, mask_of
from hawx_hw.compensation.joint_rounding import JointRounding
from hawx_hw.compensation.weight_remapping import best_codes
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Add, Requantization
from hawx_hw.scores.rounding import rounded_input
from tests.block_design.network import images, network

MASK = Mask(0xFCFCFCF8F0E04000)


def layer_of(graph, count: int = 12) -> Layer:
    return Layer(graph, graph.nodes[1], images(count))


@pytest.mark.parametrize("groups", [1, 2])
def test_error_is_the_variance_of_the_sums(groups: int) -> None:
    graph = network(groups=groups, channels=4)
    layer, node = layer_of(graph), graph.nodes[1]
    codes = layer.together(MASK)
    values = fast.run_all(graph, images(12))
    step = layer.step(MASK)
    assert step == MASK.activation_step == 4
    source = rounded_input(graph, node, step, values)
    assert (source % 4 == 0).all()
    exact = layer.activations(1).astype(np.int64)
    rounded = layer.activations(step).astype(np.int64)
    assert exact.shape == (groups, 12 * 64, 36 // groups)
    weight = layer.weight
    sums, errors = [], []
    for number, own in enumerate(layer.groups):
        for f in own:
            sums.append((weight[f] * exact[number]).sum(axis=1))
            products = MASK.table[codes[f] + 128, rounded[number] + 128]
            errors.append(products.sum(axis=1) - sums[-1])
    expected = np.var(errors, axis=1).sum() / np.var(sums, axis=1).sum()
    assert layer.error(MASK, codes) == pytest.approx(expected, rel=1e-9)
    assert layer.form(step, codes).error(MASK.selected) == pytest.approx(expected, rel=1e-9)
    assert layer.error(Mask(ALL), weight) == pytest.approx(0, abs=1e-12)


def test_weights_are_those_of_the_compensation() -> None:
    graph = network()
    layer = layer_of(graph)
    (rounded,) = layer.activations(layer.step(MASK))
    histogram = np.bincount(rounded.ravel().astype(np.int64) + 128, minlength=256)
    alone = best_codes(MASK, histogram, -128)[layer.weight + 128]
    np.testing.assert_array_equal(layer.alone(MASK), alone)
    expected = JointRounding(rounded).codes(MASK, layer.weight, alone)
    np.testing.assert_array_equal(layer.together(MASK), expected)
    assert layer.error(MASK, expected) < layer.error(MASK, alone)


def test_steps() -> None:
    layer = layer_of(network())
    assert layer.steps == (1, 2, 4, 8, 16, 32, 64)
    assert layer.step(mask_of(by_name("precision(7,5)"))) == 8


def test_an_input_that_others_read_is_not_rounded() -> None:
    graph = network(channels=4)
    rule = Requantization(np.array([9000, 9000], dtype=np.int32), 14, -128, -128, 127)
    add = Add(name="sum", inputs=("second", "first"), bias=0, requantization=rule)
    tensors = {**graph.tensors, "sum": graph.tensors["second"]}
    graph = replace(graph, nodes=(*graph.nodes, add), tensors=tensors)
    layer = layer_of(graph)
    assert layer.steps == (1,)
    assert layer.step(MASK) == 1
    np.testing.assert_array_equal(layer.activations(1), layer.activations(layer.step(MASK)))
