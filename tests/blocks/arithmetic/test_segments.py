"""What the families that multiply segments of the operands have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import C

from hawx_hw.blocks.arithmetic.segments import Segments
from hawx_hw.blocks.families.drum import Drum, UnsignedDrum
from hawx_hw.blocks.families.dsm import Dsm, UnsignedDsm
from hawx_hw.blocks.families.ssm import Ssm, UnsignedSsm
from tests.blocks.segments import assert_factors
from tests.blocks.simulation import assert_gateware, sample

SIGNED = [
    *(Drum(k) for k in range(2, 8)),
    *(Dsm(k) for k in range(1, 7)),
    *(Ssm(k) for k in range(4, 7)),
]


@pytest.mark.parametrize("block", SIGNED, ids=lambda block: block.name)
def test_products_are_symmetric_in_operands_and_signs(block: Segments) -> None:
    table = block.table
    np.testing.assert_array_equal(table, table.T)
    np.testing.assert_array_equal(table[1:], -table[1:][::-1])
    assert not table[128].any()  # nothing times anything is nothing


@pytest.mark.parametrize(
    ("block", "rank"), [(UnsignedDrum(7), 2), (UnsignedDsm(7), 1), (UnsignedSsm(7), 1)]
)
def test_terms_that_share_a_factor_are_one(block: Segments, rank: int) -> None:
    """Seven bits hold the weights' magnitudes, so that the known term of unsigned activations has
    a factor in common with the product; but for DRUM, which takes 128 for 129."""
    assert_factors(block, rank)


class Lowest(Segments):
    """The lowest ``k`` bits of each operand, wherever its leading one is."""

    family = "lowest"

    def __init__(self, k: int):
        self.k = k

    def operand(self, x: np.ndarray) -> np.ndarray:
        return x & (1 << self.k) - 1

    def segment(self, m: Any, x: Any, name: str) -> Any:
        return x[: self.k], None

    def shifts(self, m: Any, x_steps: Any, y_steps: Any) -> Any:
        return {0: C(1, 1)}

    def plain_operand(self, m: Any, x: Any, name: str) -> Any:
        return x[: self.k]


def test_a_family_gives_its_segments_and_gets_its_products() -> None:
    block = Lowest(3)
    assert block.table[-13 + 128, 29 + 128] == -(5 * 5)
    assert_factors(block, 1)
    assert_gateware(block, sample(300, seed=0))
