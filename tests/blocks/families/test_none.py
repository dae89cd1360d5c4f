"""The block that skips products: always 0, whatever the operands."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.none import Skipped, catalogue
from hawx_hw.blocks.rank import integer_rank
from hawx_hw.blocks.statistics import statistics
from tests.blocks.simulation import assert_gateware

CODES = np.arange(-128, 128)


def test_every_product_is_zero() -> None:
    block = by_name("none")
    assert block == Skipped() and block.name == block.identifier == "none"
    np.testing.assert_array_equal(block.table, np.zeros((256, 256)))
    products = block.multiply(CODES[:, None].astype(np.int8), CODES[:3].astype(np.int8))
    assert products.shape == (256, 3) and products.dtype == np.int32 and not products.any()


def test_gateware_on_all_pairs() -> None:
    assert_gateware(Skipped(), list(itertools.product(range(-128, 128), repeat=2)))


def test_it_needs_no_factor() -> None:
    u, v = Skipped().factors()
    assert u.shape == v.shape == (256, 0)
    np.testing.assert_array_equal(u @ v.T, Skipped().table)
    assert integer_rank(Skipped().table) == 0


def test_the_whole_product_is_the_error() -> None:
    errors = statistics(Skipped())
    products = np.outer(CODES, CODES)
    assert (errors.mae, errors.wce, errors.mre) == (np.abs(products).mean(), 128 * 128, 1.0)
    assert errors.error_rate == np.count_nonzero(products) / products.size


def test_any_step_suits_it() -> None:
    block = Skipped()
    assert block.weight_step == block.activation_step == 128
    assert block.weights == block.activations == range(-128, 128)


def test_there_is_one_way_to_build_nothing() -> None:
    assert [block.name for block in catalogue()] == ["none"]
    with pytest.raises(ValueError, match="must be one of constant, not 'tree'"):
        Skipped().component("tree")
