"""The wrapper around unsigned multipliers, with one whose product contains its operands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from amaranth.hdl import Cat, Fragment, Module, Signal, Value

from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)


@dataclass(frozen=True)
class Pair(SignMagnitude):
    """``256 x + y``: every pair of operands has a product of its own, zeros too."""

    family = "pair"

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("only",)

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 256 * x + y

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        return Cat(y, x)

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        return 256 * x + y

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray]:
        codes = np.arange(256)
        ones = np.ones_like(codes)
        return np.stack([codes, ones], axis=1), np.stack([256 * ones, codes], axis=1)


class UnsignedPair(UnsignedActivation, Pair):
    family = "upair"


class InvertedPair(Pair):
    family = "inverted_pair"
    ones_complement = True


def expected(kind: type[Pair], a: int, b: int) -> int:
    """What the gateware puts out."""
    if kind is InvertedPair:
        product = 256 * (-a - 1 if a < 0 else a) + (-b - 1 if b < 0 else b)
        return -product - 1 if (a < 0) != (b < 0) else product
    if kind is UnsignedPair:
        return (-1 if a < 0 else 1) * (256 * abs(a) + b + 128)
    return (-1 if (a < 0) != (b < 0) else 1) * (256 * abs(a) + abs(b))


@pytest.mark.parametrize("kind", [Pair, UnsignedPair, InvertedPair])
def test_table(kind: type[Pair]) -> None:
    block = kind()
    raw = [[expected(kind, a, b) for b in CODES] for a in CODES]
    np.testing.assert_array_equal(block.raw_table, raw)
    known = 128 if kind is UnsignedPair else 0
    np.testing.assert_array_equal(block.table, raw - known * np.array(CODES)[:, None])
    assert block.product_bits == (16 if kind is InvertedPair else 17)


@pytest.mark.parametrize("kind", [Pair, UnsignedPair, InvertedPair])
def test_gateware(kind: type[Pair]) -> None:
    assert_gateware(kind(), sample(300, seed=3))


def test_operands_may_be_int8() -> None:
    codes = np.array(CODES, dtype=np.int8)
    for kind in (Pair, UnsignedPair):
        products = kind().multiply(codes[:, None], codes)
        assert products.dtype == np.int32
        np.testing.assert_array_equal(products, kind().table)


def test_factors() -> None:
    # The known term shares the term of the factor that is the weight itself.
    for kind in (Pair, UnsignedPair):
        factors = kind().factors()
        assert factors is not None
        u, v = factors
        assert u.shape == v.shape == (256, 2)
        np.testing.assert_array_equal(u @ v.T, kind().table)
    assert InvertedPair().factors() is None


def test_no_specification_without_a_plain_description() -> None:
    @dataclass(frozen=True)
    class Bare(Pair):
        plain = SignMagnitude.plain

    assert Bare().specification() is None
    specification = Pair().specification()
    assert specification is not None
    assert Fragment.get(specification, None).statements


def test_unknown_implementation() -> None:
    with pytest.raises(ValueError, match="Implementation of pair must be one of only, not 'other'"):
        Pair().component("other")
