"""What software sees of a unit."""

from __future__ import annotations

from hawx_hw.architectures.simt.gateware.debug_ports import (
    COUNTERS,
    KINDS,
    EventLayout,
    debug_format,
)
from hawx_hw.architectures.simt.unit import Unit


def test_the_port_of_a_unit() -> None:
    debug = debug_format(Unit(lanes=4, warps=3))
    assert debug.sources == 3
    assert debug.kinds == KINDS
    assert list(KINDS)[4] == "counter"


def test_events_have_a_bit_for_each_warp_that_ends() -> None:
    layout = EventLayout(Unit(lanes=4, warps=8))
    assert set(layout.members) == set(COUNTERS)
    assert layout["instructions"].width == 4
    assert layout["cycles"].width == 1
