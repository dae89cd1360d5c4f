"""Blocks of lanes."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.blocks.registry import by_name

EXACT, DRUM, UNSIGNED = (by_name(name) for name in ("exact", "drum(3)", "udrum(4)"))


def test_each_lane_multiplies_with_its_block() -> None:
    lanes = LaneBlocks((EXACT, DRUM), np.array([[0, 1, 1], [1, 1, 0]]))
    weights, codes = np.array([77, 77, -128]), np.array([99, 99, 127])
    assert lanes.multiply(0, weights, codes).tolist() == [
        77 * 99, DRUM.table[77 + 128, 99 + 128], DRUM.table[0, 255],
    ]  # fmt: skip
    assert lanes.multiply(1, weights, codes)[2] == -128 * 127
    assert [lanes.of_lane(lane) for lane in range(3)] == [(0, 1), (1,), (0, 1)]
    assert lanes.selections == 2
    assert [lanes.map.at(lane) for lane in range(3)] == [(0, 1), (1,), (0, 1)]
    assert lanes.map.instances == (2, 3)


def test_products_are_what_the_gateware_computes() -> None:
    lanes = LaneBlocks.uniform([UNSIGNED], 1)
    product = lanes.multiply(0, np.array([5]), np.array([-128]))
    assert product.tolist() == [UNSIGNED.raw_table[5 + 128, 0]]


def test_uniform_lanes_hold_all_blocks() -> None:
    lanes = LaneBlocks.uniform([EXACT, DRUM], 4)
    assert lanes.choice.tolist() == [[0] * 4, [1] * 4]
    assert lanes.of_lane(3) == (0, 1)


@pytest.mark.parametrize(
    ("blocks", "choice", "message"),
    [
        ((EXACT, EXACT), [[0]], "No two blocks"),
        ((EXACT,), [0], r"choice must be \(selections, lanes\)"),
        ((EXACT,), [[1]], r"choice must be in \[0, 0\]"),
        ((EXACT,), [[-1]], r"choice must be in \[0, 0\]"),
    ],
)
def test_what_is_refused(blocks: tuple[object, ...], choice: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LaneBlocks(blocks, np.array(choice))  # type: ignore[arg-type]


def test_a_lane_may_hold_what_no_selection_gives_it() -> None:
    choice = np.array([[0, 1]])
    present = np.array([[True, True], [False, True]])
    lanes = LaneBlocks((EXACT, DRUM), choice, present)
    assert [lanes.of_lane(lane) for lane in range(2)] == [(0, 1), (1,)]
    with pytest.raises(ValueError, match="present must have each block"):
        LaneBlocks((EXACT, DRUM), choice, ~present)
