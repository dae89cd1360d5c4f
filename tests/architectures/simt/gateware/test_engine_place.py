"""Which warp an engine gets, and when its scalars are there."""

from __future__ import annotations

from typing import Any

from hawx_hw.architectures.simt.gateware.engine_place import EnginePlace
from hawx_hw.architectures.simt.isa import MULTIPLY_SCALARS, POST_SCALARS
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate


def served(
    asks: dict[int, list[int]], scalars: int, busy: int, warps: int = 4
) -> list[tuple[int, int]]:
    """Cycle and warp of each that leaves; the engine is busy for some cycles after each."""
    unit = Unit(lanes=1, warps=warps)
    dut = EnginePlace(unit, scalars)
    leaves: list[tuple[int, int]] = []

    async def testbench(ctx: Any) -> None:
        free = 0
        # Scalar n of warp w is 16 w + n; the first is read before.
        for warp in range(warps):
            ctx.set(dut.first[warp], warp)
            ctx.set(dut.data[warp], 16 * warp + warp)
        read = None
        for cycle in range(80):
            if read is not None:
                ctx.set(dut.data[read[0]], 16 * read[0] + read[1])
            ctx.set(dut.asks, sum(1 << warp for warp in asks.get(cycle, [])))
            goes = bool(ctx.get(dut.valid)) and cycle >= free
            ctx.set(dut.leaves, goes)
            read = None
            if ctx.get(dut.reads.enable):
                read = ctx.get(dut.reads.warp), ctx.get(dut.reads.number)
            if goes:
                warp = ctx.get(dut.warp)
                leaves.append((cycle, warp))
                free = cycle + busy
                values = [ctx.get(dut.scalars[n]) for n in range(scalars)]
                assert values == [17 * warp + n for n in range(scalars)]
                ctx.set(dut.data[warp], 17 * warp)
            await ctx.tick()

    simulate(dut, testbench)
    return leaves


def test_scalars_are_there_as_many_cycles_after_the_warp_is_taken() -> None:
    for scalars in (MULTIPLY_SCALARS, POST_SCALARS):
        # Asked in cycle 3, taken in cycle 4.
        assert served({3: [2]}, scalars, 1) == [(4 + scalars, 2)]


def test_the_next_one_is_taken_in_the_cycle_in_which_the_last_one_leaves() -> None:
    assert served({0: [0], 1: [1]}, 4, 1) == [(5, 0), (9, 1)]


def test_who_waits_for_the_engine_leaves_when_it_is_free() -> None:
    assert served({0: [0], 1: [1]}, 4, 20) == [(5, 0), (25, 1)]


def test_the_warp_that_follows_the_last_one_is_taken() -> None:
    # Warp 1 is served while the others ask: 2 and 3 come before 0.
    assert [warp for _, warp in served({0: [1], 2: [0, 2, 3]}, 4, 6)] == [1, 2, 3, 0]
    assert [warp for _, warp in served({0: [3], 2: [0, 2, 1]}, 4, 6)] == [3, 0, 1, 2]
    # Where nobody was served before, warp 0 is the first.
    assert [warp for _, warp in served({0: [0, 1, 2, 3]}, 4, 6)] == [0, 1, 2, 3]


def test_one_warp_alone() -> None:
    assert served({0: [0], 9: [0]}, 4, 1, warps=1) == [(5, 0), (14, 0)]
