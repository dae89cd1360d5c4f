"""Places of macros: inside the die, and apart from each other."""

from __future__ import annotations

from itertools import combinations

import pytest

from hawx_hw.flows.memories.families import families
from hawx_hw.flows.memories.floorplan import CHANNEL_UM, floorplan
from hawx_hw.flows.memories.instances import Memory
from hawx_hw.flows.memories.plan import MemoryPlan, plan_memories
from hawx_hw.gateware.layout import index_width


def plan(family: str, number: int, width: int = 10, depth: int = 1572) -> MemoryPlan:
    memories = [
        Memory(f"core.m{each}.macro", "hawx_sdp_ram", width, depth, index_width(depth))
        for each in range(number)
    ]
    return plan_memories(memories, families()[family])


@pytest.mark.parametrize("number", [1, 3, 8, 17])
@pytest.mark.parametrize("cells", [1e4, 1e6, 2e7])
def test_macros_are_inside_and_apart(number: int, cells: float) -> None:
    made = plan("openram_sky130", number)
    result = floorplan(made, cells, 0.4)
    assert result is not None
    boxes = []
    for name, paths in made.instances().items():
        size = made.macros[name].size_um
        assert size is not None
        boxes += [(*result.places[path], *size) for path in paths]
    assert len(boxes) == 4 * number == len(result.places)
    for x, y, width, height in boxes:
        assert min(x, y) >= CHANNEL_UM
        assert x + width <= result.width_um - CHANNEL_UM
        assert y + height <= result.height_um - CHANNEL_UM
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(boxes, 2):
        apart = max(x2 - x - w, x - x2 - w2, y2 - y - h, y - y2 - h2)
        assert apart >= CHANNEL_UM
    top = max(y + h for _, y, _, h in boxes)
    free = (result.width_um - 2 * CHANNEL_UM) * (result.height_um - CHANNEL_UM - top)
    assert free >= cells / 0.4


def test_a_die_without_macros_is_for_the_cells() -> None:
    result = floorplan(plan("openram_sky130", 0), 4e5, 0.4)
    assert result is not None
    assert result.width_um >= 1000
    assert result.places == {}


def test_unknown_sizes_give_no_floorplan() -> None:
    assert floorplan(plan("ihp_sg13g2", 1), 1e6, 0.4) is None
