"""Weights chosen together: what becomes of the filters' sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation.joint_rounding import JointRounding, patches, rank_one, round_together
from hawx_hw.compensation.layerwise import compensate
from hawx_hw.compensation.weight_remapping import best_codes, remap_weights
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Requantization, Tensor

ZERO_POINT = -90


def rule(filters: int, shift: int = 20) -> Requantization:
    multiplier = np.full(filters, 20_000, dtype=np.int32)
    return Requantization(multiplier, shift, zero_point=-3, low=-128, high=127)


def smooth_images(rng: np.random.Generator, count: int = 8) -> np.ndarray:
    """Codes ``(count, 2, 8, 8)`` whose neighbors are alike, as in pictures."""
    walk = rng.normal(0, 12, (count, 2, 8, 8)).cumsum(axis=2).cumsum(axis=3)
    return np.clip(np.rint(walk - 20), -128, 127).astype(np.int8)


def convolution(rng: np.random.Generator) -> Conv2d:
    return Conv2d(
        name="c",
        inputs=("x",),
        weight=rng.integers(-100, 101, (5, 2, 3, 3)).astype(np.int8),
        bias=rng.integers(-99, 99, 5).astype(np.int32),
        requantization=rule(5),
        padding=(1, 1, 1, 1),
    )


def variances(block, changed, weight, activations) -> np.ndarray:
    """The variance of each filter's error, by the block's table."""
    products = block.table[changed[:, None, :] + 128, activations[None].astype(int) + 128]
    return (products - weight[:, None, :] * activations[None].astype(int)).sum(axis=2).var(axis=1)


@pytest.mark.parametrize("name", ["precision(w=3,a=8)", "precision(w=4,a=5)", "roup(p=1,r=4)"])
def test_sums_vary_less(name: str) -> None:
    rng = np.random.default_rng(1)
    node, block = convolution(rng), by_name(name)
    activations = patches(node, smooth_images(rng), ZERO_POINT)
    weight = node.weight.reshape(5, -1).astype(np.int64)
    together = JointRounding(activations).codes(block, weight)
    histogram = np.bincount(activations.ravel().astype(int) + 128, minlength=256)
    alone = best_codes(block, histogram, ZERO_POINT)[weight + 128]
    assert set(together.ravel()) <= set(block.weights) & set(range(-127, 128))
    after, before = (variances(block, codes, weight, activations) for codes in (together, alone))
    assert after.sum() < 0.6 * before.sum()
    assert (after < before).mean() >= 0.8


def test_near_the_best_of_all() -> None:
    """Three taps, and so few codes that all combinations can be tried."""
    rng = np.random.default_rng(2)
    block = by_name("precision(w=3,a=8)")
    walk = rng.normal(0, 10, (400, 3)).cumsum(axis=1)
    activations = np.clip(np.rint(walk), -128, 127).astype(np.int8)
    codes = [w for w in range(-127, 128) if w % 32 == 0]
    every = np.array(list(itertools.product(codes, repeat=3)))
    for weight in rng.integers(-90, 91, (8, 1, 3)):
        best = variances(block, every, np.repeat(weight, len(every), axis=0), activations).min()
        chosen = JointRounding(activations).codes(block, weight)
        result = variances(block, chosen, weight, activations)[0]
        assert best <= result <= 1.5 * best + 1


@pytest.mark.parametrize("batch", [1, 5])
def test_patches_are_what_taps_meet(batch: int) -> None:
    rng = np.random.default_rng(3)
    images = smooth_images(rng, batch)
    node = Conv2d(
        name="c", inputs=("x",), weight=np.ones((1, 2, 3, 2), np.int8),
        bias=np.zeros(1, np.int32), requantization=rule(1), stride=(2, 1), padding=(1, 0, 0, 1),
    )  # fmt: skip
    padded = np.pad(images, ((0, 0), (0, 0), (1, 0), (0, 1)), constant_values=ZERO_POINT)
    expected = [
        padded[n, :, i : i + 3, j : j + 2].ravel()
        for n in range(batch)
        for i in range(0, 7, 2)
        for j in range(8)
    ]
    np.testing.assert_array_equal(patches(node, images, ZERO_POINT), expected)
    dense = Linear("d", ("x",), np.ones((1, 4), np.int8), np.zeros(1, np.int32), rule(1))
    np.testing.assert_array_equal(patches(dense, images[:, 0, 0, :4], 0), images[:, 0, 0, :4])


def test_filters_of_other_blocks() -> None:
    """Exact weights stay, those of higher rank are remapped, and the bias keeps what zero means."""
    rng = np.random.default_rng(4)
    node, images = convolution(rng), smooth_images(rng)
    names = ["exact", "array(2,0,5)", "precision(w=3,a=8)", "roup(p=2,r=3)", "precision(w=3,a=8)"]
    blocks = [by_name(name) for name in names]
    layer = LayerBlocks.by_filter(blocks, node.weight.shape)
    histogram = np.bincount(images.ravel().astype(int) + 128, minlength=256)
    result = round_together(node, layer, images, histogram, ZERO_POINT)
    remapped = remap_weights(node, layer, histogram, ZERO_POINT)
    np.testing.assert_array_equal(result.weight[:2], remapped.weight[:2])
    np.testing.assert_array_equal(result.weight[0], node.weight[0])
    assert (result.weight[2:] != remapped.weight[2:]).any()
    for filter, block in enumerate(blocks):
        at_zero = block.table[result.weight[filter].astype(int) + 128, ZERO_POINT + 128].sum()
        exact = node.weight[filter].astype(int).sum() * ZERO_POINT + node.bias[filter]
        assert at_zero + result.bias[filter] == exact


def test_higher_ranks() -> None:
    block = by_name("array(2,0,5)")
    assert rank_one(block) is None
    with pytest.raises(ValueError, match=r"rank 1, not 'array\(ha=2,hb=0,v=5\)'"):
        JointRounding(np.ones((4, 2), np.int8)).codes(block, np.ones((1, 2), np.int64))


def test_compensate_comes_nearer() -> None:
    rng = np.random.default_rng(5)
    node, images = convolution(rng), smooth_images(rng, 16)
    graph = Graph(
        name="g", input="x", nodes=(node,),
        tensors={"x": Tensor((2, 8, 8), 1.0, ZERO_POINT), "c": Tensor((5, 8, 8), 1.0, -3)},
    )  # fmt: skip
    blocks = {"c": LayerBlocks.uniform(by_name("precision(w=3,a=8)"), node.weight.shape)}
    exact = reference.run(graph, images).astype(int)
    errors = []
    for joint in (False, True):
        changed, report = compensate(graph, blocks, images, joint_rounding=joint)
        made = reference.run(changed, images).astype(int)
        errors.append(((made - exact) ** 2).sum())
        assert report[0].error_after <= 0.5
    assert 0 < errors[1] < 0.7 * errors[0]
