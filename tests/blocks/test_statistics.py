"""Error statistics, against plain loops over all pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.blocks.statistics import error_moments, statistics


@dataclass(frozen=True)
class Odd(Block):
    """Drops two bits of the weight; wrong by one where the activation is 3; accepts few codes."""

    family = "odd"

    @property
    def weights(self) -> range:
        return range(-8, 8)

    @property
    def activations(self) -> range:
        return range(-128, 4)

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return ((np.asarray(a, dtype=np.int32) & -4) * b + (np.asarray(b) == 3)).astype(np.int32)

    @property
    def implementations(self) -> tuple[str, ...]:
        raise NotImplementedError

    def component(self, implementation: str | None = None) -> BlockComponent:
        raise NotImplementedError


def mean(block: Block, of: Callable[[int, int], Fraction | int | None]) -> Fraction:
    """The mean of ``of(product, exact)`` over the accepted pairs."""
    pairs = [(a, b) for a in block.weights for b in block.activations]
    values = [of(int(block.table[a + 128, b + 128]), a * b) for a, b in pairs]
    defined = [value for value in values if value is not None]
    return Fraction(sum(defined), 1) / len(defined)


def test_statistics() -> None:
    block = Odd()
    result = statistics(block)
    assert result.mean_error == float(mean(block, lambda p, e: p - e))
    assert result.mae == float(mean(block, lambda p, e: abs(p - e)))
    assert result.rmse == math.sqrt(mean(block, lambda p, e: (p - e) ** 2))
    assert result.error_rate == float(mean(block, lambda p, e: p != e))
    assert result.mre == pytest.approx(
        float(mean(block, lambda p, e: Fraction(abs(p - e), abs(e)) if e else None)), rel=1e-12
    )
    assert result.wce == 3 * 128
    assert list(result.as_dict()) == ["mean_error", "mae", "rmse", "wce", "error_rate", "mre"]


def test_relative_errors_of_unsigned_activations() -> None:
    block = by_name("udrum(k=3)")
    shares = [
        Fraction(abs(int(block.table[a + 128, b + 128]) - a * b), abs(a * (b + 128)))
        for a in range(-128, 128)
        for b in range(-128, 128)
        if a * (b + 128)
    ]
    assert statistics(block).mre == pytest.approx(float(sum(shares) / len(shares)), rel=1e-12)


def test_exact() -> None:
    assert set(statistics(Exact()).as_dict().values()) == {0}


def test_moments_on_histograms() -> None:
    block = Odd()
    weights, activations = np.zeros(256), np.zeros(256, dtype=np.int64)
    weights[128 + 5], weights[128 - 7] = 3, 1
    activations[128 + 3], activations[128 + 2] = 1, 1
    # Errors: 5 -> 4 with 3, and one more: -2; 5 with 2: -2; -7 -> -8 with 3: -2; with 2: -2.
    moments = error_moments(block, weights, activations)
    assert (moments.mean_error, moments.variance) == (-2, 0)
    activations[128 + 2] = 3
    activations[128] = 4
    # Now half of the products have the activation 0, and no error.
    moments = error_moments(block, weights, activations)
    assert (moments.mean_error, moments.variance) == (-1, 1)


def test_moments_of_uniform_codes_are_the_statistics() -> None:
    block = Odd()
    weights, activations = np.zeros(256), np.zeros(256)
    weights[120:136] = 1
    activations[:132] = 0.5
    moments, plain = error_moments(block, weights, activations), statistics(block)
    assert moments.mean_error == pytest.approx(plain.mean_error)
    assert moments.variance == pytest.approx(plain.rmse**2 - plain.mean_error**2)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(255), r"weights must be of shape \(256,\), not \(255,\)"),
        (np.zeros(256), "weights must be non-negative, and not all zero"),
        (np.full(256, 1e308), "weights must be .* with a finite sum"),
        (np.full(256, np.nan), "weights must be non-negative, and not all zero"),
        (np.arange(256), "weights must be codes that odd accepts, not -127"),
    ],
)
def test_histograms_that_are_refused(weights: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        error_moments(Odd(), weights, np.ones(256))
