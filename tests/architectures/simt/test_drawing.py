"""The drawing of a unit; what every drawing promises is in test_plans.py."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.drawing import draw, lane_multiplications
from hawx_hw.architectures.simt.plan import Plan, plan
from tests.architectures.simt.networks import UNITS, lenet5, random_plan


@pytest.mark.parametrize("seed", range(2 * len(UNITS)))
def test_groups_of_lanes_compute_the_windows_that_they_store(seed: int) -> None:
    """What the program's stores write is by group what the lanes are drawn to compute."""
    made = random_plan(seed)
    for number, layer in enumerate(made.compiled.layers):
        if layer.placement is None:
            continue
        stored = windows_stored(made, number)
        lanes, blocks = made.unit.lanes, len(made.blocks)
        counts = lane_multiplications(layer, lanes, blocks).sum(axis=1)
        own = lanes // layer.groups
        taps = layer.placement.tap_class.size * layer.operation.elements
        for lane, count in enumerate(counts.tolist()):
            filters = int((layer.placement.filters[:, lane % own] >= 0).sum())
            assert count == filters * taps * stored[lane // own]


def windows_stored(made: Plan, number: int) -> Counter[int]:
    """How many windows of a layer's map each pixel group stores, of one tile of filters."""
    layer, windows = made.compiled.layers[number], Counter[int]()
    places: set[int] = set()
    for own, issue in made.schedule:
        if own != number or issue.instruction.mnemonic != "QST":
            continue
        store = made.program.stores[issue.instruction.d]
        first, _, beats, remaining = issue.scalars[:4]
        for window in range(store.windows(beats, remaining)):
            # Windows are stored once for each tile of filters, at another plane.
            place = (first + window * store.window_step - layer.target.first) % (
                layer.target.plane_words
            )
            if place not in places:
                places.add(place)
                windows[window % store.groups] += 1
    return windows


def test_a_unit_has_its_warps_lanes_and_clusters() -> None:
    made = plan(lenet5(), SimtConfig(lanes=32, warps=3))
    drawing = draw(made)
    assert drawing.title == "SIMT unit of 32 lanes and 3 warps"
    uses = Counter(memory.use for memory in drawing.memories)
    assert uses["registers of a warp"] == uses["scalars of a warp"] == 3
    assert uses["weights"] == made.weight_banks
    assert len({cell.y for cell in drawing.cells}) == 2
    # Clusters stand apart.
    steps = np.diff([cell.x for cell in drawing.cells[:16]])
    assert (steps > drawing.cell_width + 1).sum() == 1
    buses = {(bus.source, bus.target): bus.bits for bus in drawing.buses}
    assert buses["weight_feed", "cells"] == 8 * 32
    assert buses["cells", "core/registers/warp_0"] == 32 * made.unit.register_bits
