"""When instructions end, one scenario a state."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.warp_states import WarpStates
from hawx_hw.architectures.simt.isa import ARITHMETIC_LATENCY, BROADCAST_LATENCY
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate

#: What happens: (cycle, warp, flag of the instruction), or (cycle, warp, event).
Event = tuple[int, int, str]


def retired(
    events: list[Event], *, warps: int = 3, free: int = 0, trapped: int = 99
) -> dict[int, int]:
    """Warps whose instructions end, one bit each, by the cycle; -1 in the cycle of done."""
    dut = WarpStates(Unit(lanes=1, warps=warps), 4)
    ends: dict[int, int] = {}

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        for cycle in range(20):
            ctx.set(dut.goes_on, cycle < trapped)
            ctx.set(dut.result_free, cycle >= free)
            for signal in (dut.executed.valid, dut.walks, dut.begins, dut.multiplied.ended,
                           dut.posted.ended, dut.multiplied.fault.valid):  # fmt: skip
                ctx.set(signal, 0)
            for name in ("ends", "waits", "bars", "halts", "broadcast", "arithmetic"):
                ctx.set(dut.executed[name], 0)
            for _, warp, name in (each for each in events if each[0] == cycle):
                if name in ("begins", "walks"):
                    ctx.set(getattr(dut, name), 1 << warp)
                elif name in ("multiplied", "posted"):
                    ctx.set(getattr(dut, name).ended, 1)
                    ctx.set(getattr(dut, name).warp, warp)
                elif name == "fault":
                    ctx.set(dut.multiplied.fault.valid, 1)
                    ctx.set(dut.multiplied.fault.warp, warp)
                else:
                    ctx.set(dut.executed.valid, 1)
                    ctx.set(dut.executed.warp, warp)
                    if name != "walk":
                        ctx.set(dut.executed[name], 1)
                    if name == "halts":
                        ctx.set(dut.executed.ends, 1)
            await ctx.delay(0)
            if ctx.get(dut.retired):
                ends[cycle] = ctx.get(dut.retired)
            if ctx.get(dut.done):
                ends[cycle] = -1
                return
            await ctx.tick()

    simulate(dut, testbench)
    return ends


def test_of_the_front_end_and_the_vector_unit() -> None:
    assert retired([(2, 1, "ends")]) == {2: 0b010}
    events = [(2, 0, "broadcast"), (3, 1, "arithmetic")]
    assert retired(events) == {2 + BROADCAST_LATENCY: 0b001, 3 + ARITHMETIC_LATENCY: 0b010}
    # A trap comes first.
    assert retired(events, trapped=8) == {2 + BROADCAST_LATENCY: 0b001}


def test_of_the_engines() -> None:
    events = [(0, 2, "walk"), (1, 2, "walks"), (4, 2, "multiplied"), (4, 0, "posted")]
    assert retired(events) == {4: 0b101}


def test_the_result_is_free() -> None:
    assert retired([(1, 0, "waits")], free=0) == {1: 0b001}
    assert retired([(1, 0, "waits"), (3, 2, "waits"), (7, 1, "waits")], free=5) == {
        5: 0b101, 7: 0b010,
    }  # fmt: skip


@pytest.mark.parametrize("last", ["bars", "halts"])
def test_barriers_open_with_the_last_warp(last: str) -> None:
    events = [(1, 1, "bars"), (3, 0, "bars"), (9, 2, last)]
    assert retired(events) == {9: 0b111}


def test_done_with_the_last_warp_that_halts() -> None:
    assert retired([(1, 1, "halts"), (2, 0, "halts"), (6, 2, "halts")]) == {
        1: 0b010, 2: 0b001, 6: -1,
    }  # fmt: skip


def test_ready_and_away_and_walking() -> None:
    dut = WarpStates(Unit(lanes=1, warps=2), 1)

    async def testbench(ctx: Any) -> None:
        def state() -> tuple[int, ...]:
            return tuple(ctx.get(each) for each in (dut.ready, dut.away, dut.halted, dut.walking))

        ctx.set(dut.goes_on, 1)
        assert state() == (3, 0, 0, 0)
        ctx.set(dut.begins, 2)
        await ctx.tick()
        ctx.set(dut.begins, 0)
        assert state() == (1, 0, 0, 0)
        ctx.set(dut.executed.valid, 1)
        ctx.set(dut.executed.warp, 1)
        await ctx.tick()
        ctx.set(dut.executed.valid, 0)
        ctx.set(dut.walks, 2)
        assert state() == (1, 2, 0, 0)
        await ctx.tick()
        ctx.set(dut.walks, 0)
        ctx.set(dut.posted.ended, 1)
        ctx.set(dut.posted.warp, 1)
        assert state() == (1, 2, 0, 1)
        await ctx.tick()
        ctx.set(dut.posted.ended, 0)
        assert state() == (3, 0, 0, 0)
        ctx.set(dut.executed.valid, 1)
        ctx.set(dut.executed.ends, 1)
        ctx.set(dut.executed.halts, 1)
        await ctx.tick()
        assert state() == (1, 0, 2, 0)
        ctx.set(dut.start, 1)
        await ctx.tick()
        assert state()[:3] == (3, 0, 0)

    simulate(dut, testbench)


def test_the_layer_is_that_of_the_barrier() -> None:
    dut = WarpStates(Unit(lanes=1, warps=2), 8)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.goes_on, 1)
        ctx.set(dut.executed.valid, 1)
        ctx.set(dut.executed.bars, 1)
        for warp, done in ((0, 0), (1, 1)):
            ctx.set(dut.executed.warp, warp)
            ctx.set(dut.executed.layer, 5)
            await ctx.delay(0)
            assert (ctx.get(dut.layer_done), ctx.get(dut.layer)) == (done, 0)
            await ctx.tick()
        assert ctx.get(dut.layer) == 5

    simulate(dut, testbench)
