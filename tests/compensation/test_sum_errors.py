"""The quadratic form of the variance of a sum's error."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.compensation.sum_errors import SumErrors, levels
from tests.compensation.test_joint_rounding import Unfactored

NAMES = ["precision(w=4,a=5)", "array(1,2,6)", "drum(k=4)", "exact"]


def walk(positions: int, taps: int) -> np.ndarray:
    steps = np.random.default_rng(1).normal(0, 9, (positions, taps)).cumsum(axis=1)
    return np.clip(np.rint(steps), -128, 127).astype(np.int8)


@pytest.mark.parametrize("name", NAMES)
def test_levels(name: str) -> None:
    block = by_name(name)
    level = levels(block)
    np.testing.assert_array_equal(level.of_code @ level.right.T, block.table)
    np.testing.assert_array_equal(level.vectors, level.of_code[level.codes + 128])
    assert len(np.unique(level.vectors, axis=0)) == len(level.codes)
    assert set(level.codes) <= set(range(-127, 128))
    # Every accepted code selects one of them.
    assert {tuple(v) for v in level.of_code[1:]} == {tuple(v) for v in level.vectors}


def test_levels_of_a_block_without_factors() -> None:
    with pytest.raises(ValueError, match="exact factors, not 'unfactored'"):
        levels(Unfactored())


def test_costs_are_variances() -> None:
    """With so many positions that the added share is small: differences of variances, by tables."""
    activations, rng = walk(40_000, 4), np.random.default_rng(2)
    blocks = [by_name(name) for name in NAMES]
    errors = SumErrors(blocks, activations)
    weight = rng.integers(-100, 101, (3, 4))
    costs, variances = [], []
    for _ in range(6):
        codes = rng.integers(-127, 128, (3, 4))
        made = sum(
            block.table[codes[:, tap, None] + 128, activations[None, :, tap].astype(int) + 128]
            for tap, block in enumerate(blocks)
        )
        variances.append((made - weight @ activations.T.astype(int)).var(axis=1))
        costs.append(errors.costs(codes, weight))
    difference = np.diff(variances, axis=0)
    np.testing.assert_allclose(np.diff(costs, axis=0), difference, atol=0.03 * np.max(variances))


@pytest.mark.parametrize("name", NAMES)
def test_slopes_are_those_of_the_costs(name: str) -> None:
    activations, rng = walk(500, 5), np.random.default_rng(3)
    block = by_name(name)
    errors, level = SumErrors([block] * 5, activations), levels(block)
    weight, codes = rng.integers(-100, 101, (2, 2, 5))
    other = codes.copy()
    other[:, 2] = (codes[:, 2] + 37) % 100
    features = errors.features(2)
    step = level.of_code[other[:, 2] + 128] - level.of_code[codes[:, 2] + 128]
    quadratic = errors.covariance[features, features]
    slope = errors.slopes(codes, weight)[:, features]
    expected = ((step @ quadratic) * step).sum(axis=1) - 2 * (slope * step).sum(axis=1)
    change = errors.costs(other, weight) - errors.costs(codes, weight)
    np.testing.assert_allclose(change, expected, rtol=1e-8)


def test_targets_are_the_minimum() -> None:
    activations, rng = walk(800, 6), np.random.default_rng(4)
    block = by_name("array(1,2,6)")
    errors = SumErrors([block] * 6, activations)
    weight = rng.integers(-100, 101, (2, 6))
    targets = errors.targets(weight)
    # The gradient at the minimum: nearly zero, beside that at zero.
    gradient = errors.slopes(np.zeros((2, 6), dtype=int), weight) - targets @ errors.covariance
    start = np.abs(errors.slopes(np.zeros((2, 6), dtype=int), weight)).max()
    assert np.abs(gradient).max() < 1e-4 * start
    order, upper = errors.elimination()
    at = errors.features_of(order)
    product = upper.T @ upper @ errors.covariance[np.ix_(at, at)]
    assert np.abs(product - np.eye(len(product))).max() < 1e-3


def test_a_block_that_skips_has_no_features() -> None:
    level = levels(by_name("none"))
    assert level.codes.tolist() == [0]
    assert level.vectors.shape == (1, 0) and level.right.shape == (256, 0)
    activations, rng = walk(400, 3), np.random.default_rng(4)
    skipping = SumErrors([by_name(name) for name in ("exact", "none", "exact")], activations)
    assert skipping.covariance.shape == (2, 2)
    # The best vectors for the other taps take over what goes with the skipped activation.
    weight = rng.integers(-50, 51, (1, 3))
    values = activations - activations.mean(axis=0)
    best = np.linalg.lstsq(values[:, [0, 2]], values @ weight[0], rcond=None)[0]
    np.testing.assert_allclose(skipping.targets(weight)[0], best, rtol=0.1)


def test_blocks_of_the_same_features_share_their_covariance() -> None:
    activations, rng = walk(300, 4), np.random.default_rng(6)
    one, other = by_name("precision(w=4,a=6)"), by_name("precision(w=3,a=6)")
    weight, codes = rng.integers(-96, 97, (2, 3, 4)) // 32 * 32
    own, errors = SumErrors([other] * 4, activations), SumErrors([one] * 4, activations)
    shared = errors.under([other] * 4)
    np.testing.assert_array_equal(shared.costs(codes, weight), own.costs(codes, weight))
    np.testing.assert_array_equal(shared.elimination()[1], own.elimination()[1])
    assert shared.covariance is errors.covariance
    for name in ("precision(w=4,a=5)", "roup(p=1,r=4)"):
        with pytest.raises(ValueError, match="Blocks must have the same features"):
            errors.under([by_name(name)] * 4)
