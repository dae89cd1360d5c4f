"""Weights chosen together: what becomes of the filters' sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.compensation import joint_rounding
from hawx_hw.compensation.joint_rounding import (
    JointRounding,
    chosen_together,
    patches,
    round_together,
)
from hawx_hw.compensation.layerwise import compensate
from hawx_hw.compensation.weight_remapping import best_codes, remap_weights
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.groups import split

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


def alone(block, weight, activations) -> np.ndarray:
    histogram = np.bincount(activations.ravel().astype(int) + 128, minlength=256)
    return best_codes(block, histogram, ZERO_POINT)[weight + 128]


#: With the largest ratio of variances, together and alone.
RATIOS = {
    "precision(w=3,a=8)": 0.6,
    "precision(w=4,a=5)": 0.6,
    "roup(p=1,r=4)": 0.6,
    "array(0,0,6)": 0.8,
    "array(1,2,6)": 0.95,
    "drum(k=3)": 0.6,
    "mitchell(w=3)": 0.8,
}


@pytest.mark.parametrize(("name", "ratio"), RATIOS.items())
def test_sums_vary_less(name: str, ratio: float) -> None:
    """On other positions than those that chose the codes."""
    rng = np.random.default_rng(1)
    node, block = convolution(rng), by_name(name)
    every = patches(node, smooth_images(rng, 32), ZERO_POINT)[0]
    activations, others = every[: len(every) // 2], every[len(every) // 2 :]
    weight = node.weight.reshape(5, -1).astype(np.int64)
    start = alone(block, weight, activations)
    together = JointRounding(activations).codes(block, weight, start)
    assert set(together.ravel()) <= set(block.weights) & set(range(-127, 128))
    after, before = (variances(block, codes, weight, others) for codes in (together, start))
    assert after.sum() < ratio * before.sum()
    assert (after < before).mean() >= 0.8


@pytest.mark.parametrize("name", ["precision(w=3,a=8)", "array(5,0,5)"])
def test_near_the_best_of_all(name: str) -> None:
    """Three taps, and so few codes that all combinations can be tried."""
    rng = np.random.default_rng(2)
    block = by_name(name)
    walk = rng.normal(0, 10, (400, 3)).cumsum(axis=1)
    activations = np.clip(np.rint(walk), -128, 127).astype(np.int8)
    codes = [w for w in range(-127, 128) if w % 32 == 0]
    every = np.array(list(itertools.product(codes, repeat=3)))
    for weight in rng.integers(-90, 91, (8, 1, 3)):
        best = variances(block, every, np.repeat(weight, len(every), axis=0), activations).min()
        start = alone(block, weight, activations)
        chosen = JointRounding(activations).codes(block, weight, start)
        result = variances(block, chosen, weight, activations)[0]
        assert best <= result <= 1.5 * best + 1


def test_no_single_weight_improves_it() -> None:
    """The descent ends where no other code of one weight makes the variance less."""
    rng = np.random.default_rng(6)
    node, block = convolution(rng), by_name("array(1,2,6)")
    activations = patches(node, smooth_images(rng, 64), ZERO_POINT)[0]
    weight = node.weight.reshape(5, -1).astype(np.int64)[:1]
    chosen = JointRounding(activations).codes(block, weight, alone(block, weight, activations))
    errors = joint_rounding.SumErrors((block,) * 18, activations)
    cost = errors.costs(chosen, weight)[0]
    for tap, code in itertools.product(range(18), range(-127, 128)):
        other = chosen.copy()
        other[0, tap] = code
        assert errors.costs(other, weight)[0] >= cost - 1e-6 * abs(cost)


def test_few_positions_do_not_mislead() -> None:
    """As many taps as positions: their covariances are half chance."""
    rng = np.random.default_rng(7)
    walk = np.clip(rng.normal(0, 12, (1200, 90)).cumsum(axis=1), -128, 127).astype(np.int8)
    activations, others = walk[:90], walk[90:]
    weight, block = rng.integers(-100, 101, (6, 90)), by_name("precision(w=4,a=6)")
    start = alone(block, weight, activations)
    together = JointRounding(activations).codes(block, weight, start)
    after, before = (variances(block, codes, weight, others) for codes in (together, start))
    assert after.sum() < 0.7 * before.sum()


def test_wide_layers_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint_rounding, "_FEATURES", 7)
    rng = np.random.default_rng(8)
    node, blocks = convolution(rng), [by_name("array(1,2,6)")] * 17 + [Exact()]
    activations = patches(node, smooth_images(rng), ZERO_POINT)[0]
    weight = node.weight.reshape(5, -1).astype(np.int64)
    start = np.concatenate([alone(blocks[0], weight[:, :17], activations), weight[:, 17:]], axis=1)
    chosen = JointRounding(activations).codes(blocks, weight, start)
    # Four features a tap: one tap a part, the last with the exact one after it.
    single = JointRounding(activations[:, :1]).codes(blocks[0], weight[:, :1], start[:, :1])
    np.testing.assert_array_equal(chosen[:, :1], single)
    assert (chosen != start).any()


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
    np.testing.assert_array_equal(patches(node, images, ZERO_POINT)[0], expected)
    few = patches(node, images, ZERO_POINT, 7)[0]
    at = np.linspace(0, len(expected) - 1, 7).astype(int)
    np.testing.assert_array_equal(few, np.array(expected)[at])
    dense = Linear("d", ("x",), np.ones((1, 4), np.int8), np.zeros(1, np.int32), rule(1))
    np.testing.assert_array_equal(patches(dense, images[:, 0, 0, :4], 0)[0], images[:, 0, 0, :4])


def test_patches_of_groups() -> None:
    """Each group's channels alone, as a convolution of one group meets them."""
    rng = np.random.default_rng(9)
    images = smooth_images(rng, 3)
    node = Conv2d(
        name="c", inputs=("x",), weight=np.ones((4, 1, 3, 3), np.int8),
        bias=np.zeros(4, np.int32), requantization=rule(4), padding=(1, 1, 1, 1), groups=2,
    )  # fmt: skip
    both = patches(node, images, ZERO_POINT)
    assert both.shape == (2, 3 * 64, 9)
    for group, (_, channels, plain) in enumerate(split(node)):
        expected = patches(plain, images[:, channels], ZERO_POINT)[0]
        np.testing.assert_array_equal(both[group], expected)


class Unfactored(Exact):
    """Without factors, and with errors."""

    family = "unfactored"

    def factors(self) -> None:
        return None

    def multiply(self, a, b):
        return super().multiply(a, b) | 15


def test_filters_of_other_blocks() -> None:
    """Exact weights stay, those without factors are remapped; zero remains zero by the bias."""
    rng = np.random.default_rng(4)
    node, images = convolution(rng), smooth_images(rng)
    names = ["array(2,0,5)", "precision(w=3,a=8)", "roup(p=2,r=3)"]
    blocks = [Exact(), Unfactored(), *map(by_name, names)]
    assert [chosen_together(block) for block in blocks] == [True, False, True, True, True]
    layer = LayerBlocks.by_filter(blocks, node.weight.shape)
    histogram = np.bincount(images.ravel().astype(int) + 128, minlength=256)
    read = patches(node, images, ZERO_POINT)
    result = round_together(node, layer, read, histogram, ZERO_POINT)
    remapped = remap_weights(node, layer, histogram, ZERO_POINT)
    np.testing.assert_array_equal(result.weight[:2], remapped.weight[:2])
    np.testing.assert_array_equal(result.weight[0], node.weight[0])
    for filter in (2, 3, 4):
        assert (result.weight[filter] != remapped.weight[filter]).any()
    for filter, block in enumerate(blocks):
        at_zero = block.table[result.weight[filter].astype(int) + 128, ZERO_POINT + 128].sum()
        exact = node.weight[filter].astype(int).sum() * ZERO_POINT + node.bias[filter]
        assert at_zero + result.bias[filter] == exact


def test_exact_taps_make_up_for_others() -> None:
    """Two blocks in one filter: the exact one's weights change for the other's errors."""
    rng = np.random.default_rng(10)
    node, images = convolution(rng), smooth_images(rng, 16)
    coarse = by_name("precision(w=2,a=8)")
    choice = np.broadcast_to(np.array([0, 1, 1])[:, None], node.weight.shape)
    layer = LayerBlocks((coarse, Exact()), np.ascontiguousarray(choice).astype(np.uint8))
    read = patches(node, images, ZERO_POINT)
    histogram = np.bincount(images.ravel().astype(int) + 128, minlength=256)
    result = round_together(node, layer, read, histogram, ZERO_POINT)
    exact = choice == 1
    assert (result.weight[exact] != node.weight[exact]).any()
    errors = []
    for changed in (result, remap_weights(node, layer, histogram, ZERO_POINT)):
        one, other = (
            np.where(choice == index, changed.weight, 0).reshape(5, -1).astype(np.int64)
            for index in (0, 1)
        )
        activations = read[0].astype(np.int64)
        products = coarse.table[one[:, None] + 128, activations[None] + 128]
        coarse_taps = (choice == 0).reshape(5, -1)
        sums = (products * coarse_taps[:, None]).sum(axis=2) + other @ activations.T
        target = node.weight.reshape(5, -1).astype(np.int64) @ activations.T
        errors.append((sums - target).var(axis=1).sum())
    assert errors[0] < 0.3 * errors[1]


def test_blocks_without_factors() -> None:
    ones = np.ones((1, 2), np.int64)
    with pytest.raises(ValueError, match="exact factors, not 'unfactored'"):
        JointRounding(np.ones((4, 2), np.int8)).codes(Unfactored(), ones, ones)


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
    for choice in ("one_by_one", "together"):
        changed, report = compensate(graph, blocks, images, weights=choice)
        made = reference.run(changed, images).astype(int)
        errors.append(((made - exact) ** 2).sum())
        assert report[0].error_after <= 0.5
    assert 0 < errors[1] < 0.7 * errors[0]


def test_neighbors_compensate_for_skipped_taps() -> None:
    """The middle kernel column is not multiplied: the columns beside it stand in."""
    rng = np.random.default_rng(12)
    node, images = convolution(rng), smooth_images(rng, 32)
    coarse, skipped = by_name("roup(p=1,r=2)"), by_name("none")
    choice = np.broadcast_to(np.array([0, 1, 0]), node.weight.shape)
    layer = LayerBlocks((coarse, skipped), np.ascontiguousarray(choice).astype(np.uint8))
    read = patches(node, images, ZERO_POINT)
    histogram = np.bincount(images.ravel().astype(int) + 128, minlength=256)
    results = (
        round_together(node, layer, read, histogram, ZERO_POINT),
        remap_weights(node, layer, histogram, ZERO_POINT),
    )
    activations = read[0].astype(np.int64)
    target = node.weight.reshape(5, -1).astype(np.int64) @ activations.T
    errors = []
    for changed in results:
        assert not changed.weight[choice == 1].any()
        weight = changed.weight.reshape(5, -1).astype(np.int64)
        products = layer.tables[layer.choice.reshape(5, 1, -1), weight[:, None] + 128]
        taken = np.take_along_axis(products, activations[None, ..., None] + 128, axis=3)
        errors.append((taken[..., 0].sum(axis=2) - target).var(axis=1).sum())
    assert errors[0] < 0.5 * errors[1]


def test_filters_that_are_skipped_hold_zeros() -> None:
    rng = np.random.default_rng(13)
    node, images = convolution(rng), smooth_images(rng)
    blocks = [by_name("none"), Exact(), by_name("none"), Exact(), Exact()]
    layer = LayerBlocks.by_filter(blocks, node.weight.shape)
    histogram = np.bincount(images.ravel().astype(int) + 128, minlength=256)
    result = round_together(node, layer, patches(node, images, ZERO_POINT), histogram, ZERO_POINT)
    assert not result.weight[[0, 2]].any()
    np.testing.assert_array_equal(result.weight[[1, 3, 4]], node.weight[[1, 3, 4]])
    skipped = node.weight[[0, 2]].astype(int).sum(axis=(1, 2, 3)) * ZERO_POINT
    np.testing.assert_array_equal(result.bias[[0, 2]], node.bias[[0, 2]] + skipped)
