"""Real functions with the slopes of blocks."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.retraining.surrogate import surrogate

EVEN = np.full(256, 1 / 256)
NAMES = ["precision(w=5,a=6)", "array(1,2,6)", "drum(k=3)", "mitchell(w=3)"]


def test_exact_products_have_their_own_slopes() -> None:
    codes = np.arange(-128, 128)
    for gradient in ("straight", "gain", "table"):
        each = surrogate(by_name("exact"), gradient, EVEN, EVEN, -30)
        np.testing.assert_allclose(each.weight @ each.activation.T, np.outer(codes, codes + 30))
        np.testing.assert_allclose(each.weight_slope, 1, rtol=1e-5)
        np.testing.assert_allclose(each.activation_slope, 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_tables_have_the_slopes_of_their_products(name: str) -> None:
    block, point = by_name(name), 11
    each = surrogate(block, "table", EVEN, EVEN, point)
    table = block.table.astype(float)
    centered = table - table[:, [point + 128]]
    np.testing.assert_allclose(each.weight @ each.activation.T, centered, atol=0.5)
    step = max(4, block.weight_step)
    inner = slice(step, 256 - step)
    slopes = (centered[2 * step :] - centered[: -2 * step]) / (2 * step)
    slope = (each.weight_slope @ each.activation.T).numpy()[inner]
    np.testing.assert_allclose(slope, slopes, atol=0.5)
    step = max(4, block.activation_step)
    inner = slice(step, 256 - step)
    slopes = (table[:, 2 * step :] - table[:, : -2 * step]) / (2 * step)
    slope = (each.weight @ each.activation_slope.T).numpy()[:, inner]
    np.testing.assert_allclose(slope, slopes, atol=0.5)


def test_gains_follow_the_block() -> None:
    """A product that is twice too steep for large weights."""

    class Steep(type(by_name("exact"))):
        family = "steep"

        def multiply(self, a, b):
            exact = super().multiply(a, b)
            return np.where(abs(a) > 64, 2 * exact - np.sign(a) * 64 * b, exact)

    each = surrogate(Steep(), "gain", EVEN, EVEN, 0)
    slopes = each.weight_slope[:, 0].numpy()
    np.testing.assert_allclose(slopes[128 - 50 : 128 + 51], 1, rtol=1e-5)
    np.testing.assert_allclose(slopes[:50], 2, rtol=1e-5)
    np.testing.assert_allclose(slopes[210:], 2, rtol=1e-5)
    # Of activations one number for all: the least-squares gain over the weights.
    codes = np.arange(-128, 128)
    products = np.where(abs(codes) > 64, 2 * codes - np.sign(codes) * 64, codes)
    expected = (products * codes).sum() / (codes**2).sum()
    np.testing.assert_allclose(each.activation_slope, expected, rtol=1e-5)


def test_features_that_are_distances() -> None:
    for gradient in ("straight", "gain"):
        assert surrogate(by_name("drum(k=3)"), gradient, EVEN, EVEN, -30).zero_point == -30
    assert surrogate(by_name("exact"), "table", EVEN, EVEN, 5).zero_point == 5
    assert surrogate(by_name("drum(k=3)"), "table", EVEN, EVEN, 0).zero_point is None
    assert surrogate(by_name("array(1,2,6)"), "table", EVEN, EVEN, 0).zero_point is None


def test_equal_surrogates_have_equal_keys() -> None:
    names = ("exact", "drum(k=3)")
    one, other = (surrogate(by_name(name), "straight", EVEN, EVEN, 3) for name in names)
    assert one.key == other.key
    assert one.key != surrogate(by_name("drum(k=3)"), "gain", EVEN, EVEN, 3).key


@pytest.mark.parametrize("gradient", ["straight", "gain", "table"])
def test_nothing_flows_through_what_is_skipped(gradient) -> None:
    assert surrogate(by_name("none"), gradient, EVEN, EVEN, -30).rank == 0


@pytest.mark.parametrize("gradient", ["gain", "table"])
def test_codes_that_a_block_does_not_accept_have_no_say(gradient) -> None:
    """A multiplier of four bits: of other codes it sees the low bits alone."""

    class Narrow(type(by_name("exact"))):
        family = "narrow"
        weights = activations = range(-8, 8)

        def multiply(self, a, b):
            return super().multiply((a + 8) % 16 - 8, (b + 8) % 16 - 8)

        def factors(self):
            codes = (np.arange(-128, 128) + 8) % 16 - 8
            return codes[:, None], codes[:, None]

    shares = np.zeros(256)
    shares[120:136] = 1 / 16
    each = surrogate(Narrow(), gradient, shares, shares, 2)
    np.testing.assert_allclose(each.weight_slope[120:136], 1, rtol=1e-5)
    np.testing.assert_allclose(each.activation_slope[120:136], 1, rtol=1e-5)
