"""Which blocks each multiplier cell holds, whatever the axes of the cells are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from hawx_hw.architectures.common.block_map import BlockMap, MapEntry
from hawx_hw.blocks.families.drum import Drum
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.errors import UserError

BLOCKS = (Exact(), Drum(4))


@dataclass(frozen=True, eq=False)
class Lanes(BlockMap):
    cell = "lane cell"
    whole = "unit"
    axes = ("lane",)
    key = "accelerator.lane_blocks"


@dataclass(frozen=True, eq=False)
class Cube(BlockMap):
    cell = "cell"
    whole = "cube"
    axes = ("layer", "line", "place")
    key = "accelerator.cube"


def requested(*entries: tuple[list[str], list[int] | None], lanes: int = 3) -> Lanes:
    return Lanes.requested([MapEntry(names, (lines,)) for names, lines in entries], (lanes,))


def test_uniform_maps_of_any_axes() -> None:
    assert Lanes.uniform(BLOCKS, 5).present.shape == (5, 2)
    cube = Cube.uniform(BLOCKS, 2, 3, 4)
    assert cube.present.shape == (2, 3, 4, 2)
    assert cube.at(1, 2, 3) == (0, 1)
    assert cube.instances == (24, 24)


def test_blocks_of_a_cell() -> None:
    made = Lanes(BLOCKS, np.array([[True, False], [False, True], [True, True]]))
    assert [made.at(lane) for lane in range(3)] == [(0,), (1,), (0, 1)]
    assert made.instances == (2, 2)
    assert [made.index(block) for block in (Exact(), Drum(4), Drum(5))] == [0, 1, None]


def test_the_last_entry_that_names_a_cell_counts() -> None:
    made = requested((["drum(5)"], None), (["exact", "drum(4)"], [0, 2]), (["drum(4)"], [1]))
    # Nothing holds drum(5) any more.
    assert [block.name for block in made.blocks] == ["exact", "drum(k=4)"]
    assert [made.at(lane) for lane in range(3)] == [(0, 1), (1,), (0, 1)]


@pytest.mark.parametrize(
    ("entries", "what", "where"),
    [
        (
            [(["exact"], [0, 3])],
            "There is no lane 3: the unit has 3 lanes",
            "accelerator.lane_blocks.0.lanes",
        ),
        (
            [(["exact"], [0, 2])],
            "The lane cell at lane 1 holds no block",
            "accelerator.lane_blocks",
        ),
        ([(["nonesuch"], None)], "nonesuch", "accelerator.lane_blocks.0.blocks"),
    ],
)
def test_entries_that_are_refused(entries, what: str, where: str) -> None:
    with pytest.raises(UserError) as raised:
        requested(*entries)
    assert what in raised.value.what
    assert raised.value.where == where


@pytest.mark.parametrize(
    ("blocks", "present", "message"),
    [
        ((Exact(), Exact()), np.ones((1, 2), bool), "No two blocks of a lane cell block map"),
        (BLOCKS, np.ones((2, 2, 2), bool), r"present must be \(lanes, 2\), not \(2, 2, 2\)"),
        (BLOCKS, np.ones((2, 3), bool), r"present must be \(lanes, 2\), not \(2, 3\)"),
        (BLOCKS, np.zeros((2, 2), bool), "The lane cell at lane 0 holds no block"),
    ],
)
def test_what_is_no_map_is_refused(blocks, present, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Lanes(blocks, present)
