"""Covariances of bits against the sums that masks compute."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.block_design.bits import BitErrors, bit_covariances
from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.mask import Mask, mask_of
from hawx_hw.compensation.sum_errors import SumErrors, levels

MASKS = [Mask(0xFCFCFCF8F0E04000), Mask(0xDEADBEEF12345678), mask_of(by_name("precision(5,6)"))]


def activations(positions: int, taps: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Rounded and exact ones; the rounded are not below those, as a requantizer rounds."""
    walk = np.random.default_rng(1).normal(0, 25, (positions, taps)).cumsum(axis=1)
    exact = np.clip(np.rint(walk), -128, 127).astype(np.int16)
    rounded = np.clip((exact + step // 2) // step * step, -128, 128 - step)
    return rounded.astype(np.int8), exact.astype(np.int8)


def weights(filters: int, taps: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.integers(-127, 128, (2, filters, taps))


#: All filters count the same, or not.
SAME, OTHER = np.ones(3), np.array([0.0, 1.0, 2.5])


def variance(mask: Mask, codes, weight, rounded, exact, importance) -> float:
    """By the mask's table, position by position: an exact whole number over positions squared."""
    products = mask.table[codes[:, None] + 128, rounded.astype(np.int64) + 128].sum(axis=2)
    errors = products.astype(object) - (weight[:, None] * exact.astype(np.int64)).sum(axis=2)
    count = errors.shape[1]
    totals = [count * int((row**2).sum()) - int(row.sum()) ** 2 for row in errors]
    return sum(share * total for share, total in zip(importance, totals)) / count**2


@pytest.mark.parametrize(
    ("mask", "step"),
    [*((mask, 1) for mask in MASKS), (MASKS[2], 4)],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.parametrize("importance", [SAME, OTHER], ids=["same", "other"])
def test_errors_and_forms_are_variances_of_sums(mask: Mask, step: int, importance) -> None:
    rounded, exact = activations(500, 6, step)
    codes, weight = weights(3, 6)
    bits = bit_covariances(rounded, exact, step)
    expected = variance(mask, codes, weight, rounded, exact, importance)
    assert bits.error(mask, codes, weight, importance) == pytest.approx(expected, rel=1e-10)
    form = bits.form(codes, weight, importance)
    assert form.error(mask.selected) * form.variance == pytest.approx(expected, rel=1e-10)
    sums = (weight[:, None] * exact.astype(np.int64)).sum(axis=2)
    total = bits.variance(weight, importance)
    assert total == pytest.approx(sums.var(axis=1) @ importance, rel=1e-12)
    assert form.variance == total


def test_the_form_of_the_exact_network_is_that_of_what_is_left_out() -> None:
    _, exact = activations(400, 5, 1)
    _, weight = weights(2, 5)
    form = bit_covariances(exact, exact, 1).form(weight, weight, SAME[:2])
    rng = np.random.default_rng(3)
    for _ in range(5):
        omitted = rng.random(64) < 0.4
        quadratic = omitted @ form.covariance @ omitted
        assert form.error(~omitted) * form.variance == pytest.approx(quadratic, rel=1e-9)
        expected = variance(Mask.of(~omitted.reshape(8, 8)), weight, weight, exact, exact, SAME)
        assert quadratic == pytest.approx(expected, rel=1e-9)


def test_forms_of_many_filters_are_made_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rounded, exact = activations(200, 4, 2)
    codes, weight = weights(5, 4)
    bits = bit_covariances(rounded, exact, 2)
    whole = bits.form(codes, weight, np.arange(5.0))
    monkeypatch.setattr("hawx_hw.block_design.bits._AT_ONCE", 2 * 8 * 7 * 4 * 7)
    parts = bits.form(codes, weight, np.arange(5.0))
    np.testing.assert_allclose(parts.covariance, whole.covariance, rtol=1e-12, atol=1e-6)
    assert not whole.covariance.reshape(8, 8, 8, 8)[:, 0].any()


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask.name)
def test_the_errors_that_weights_are_chosen_by(mask: Mask) -> None:
    """As if the positions had been gone through for the mask alone."""
    rounded, exact = activations(300, 7, mask.activation_step)
    own = BitErrors(mask, bit_covariances(rounded, exact, mask.activation_step))
    plain = SumErrors((mask,) * 7, rounded)
    np.testing.assert_allclose(own.covariance, plain.covariance, rtol=1e-8, atol=1e-6)
    np.testing.assert_array_equal(own.order, plain.order)
    codes, weight = weights(3, 7)
    costs = [errors.costs(codes, weight) for errors in (own, plain)]
    np.testing.assert_allclose(*costs, rtol=1e-8)
    assert own.features(2) == plain.features(2)
    assert len(own.covariance) == 7 * levels(mask).right.shape[1]
