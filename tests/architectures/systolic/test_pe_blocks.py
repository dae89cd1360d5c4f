"""Which blocks each PE holds."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.blocks.families.drum import Drum
from hawx_hw.blocks.families.exact import Exact

BLOCKS = (Exact(), Drum(4))


def test_a_uniform_map_has_every_block_everywhere() -> None:
    made = PeBlockMap.uniform(BLOCKS, 2, 3)
    assert (made.rows, made.columns) == (2, 3)
    assert all(made.at(row, column) == (0, 1) for row in range(2) for column in range(3))


def test_blocks_of_a_pe() -> None:
    present = np.array([[[True, False], [False, True]], [[True, True], [True, False]]])
    made = PeBlockMap(BLOCKS, present)
    assert [made.at(row, column) for row, column in np.ndindex(2, 2)] == [(0,), (1,), (0, 1), (0,)]


def test_blocks_are_distinguished_by_their_tables() -> None:
    made = PeBlockMap.uniform(BLOCKS, 1, 1)
    assert made.index(Exact()) == 0
    assert made.index(Drum(4)) == 1
    assert made.index(Drum(5)) is None


@pytest.mark.parametrize(
    ("blocks", "present", "message"),
    [
        ((Exact(), Exact()), np.ones((1, 1, 2), bool), "No two blocks .* may have the same table"),
        (BLOCKS, np.ones((2, 2), bool), r"present must be \(rows, columns, 2\), not \(2, 2\)"),
        (
            BLOCKS,
            np.ones((2, 2, 3), bool),
            r"present must be \(rows, columns, 2\), not \(2, 2, 3\)",
        ),
        (BLOCKS, np.zeros((2, 2, 2), bool), "The PE at row 0, column 0 holds no block"),
    ],
)
def test_what_is_no_map_is_refused(blocks, present, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PeBlockMap(blocks, present)
