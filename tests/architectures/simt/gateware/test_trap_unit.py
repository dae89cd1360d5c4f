"""Which trap is reported."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.trap_unit import TrapUnit
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate

#: Cause and value of what each source reports.
SOURCES = {
    "executing": (Cause.LOOP, 1 << 31),
    "multiply": (Cause.WINDOW, 7),
    "post": (Cause.STORE, 9),
}


def reported(
    warps: dict[str, int], *, watchdog: int = 0, halted: int = 0, running: int = 1
) -> tuple[int, int, int] | None:
    """Cause, warp and value of the trap of some sources, by the warp of each."""
    dut = TrapUnit(Unit(lanes=1, warps=4))
    results: list[tuple[int, int, int]] = []

    async def testbench(ctx: Any) -> None:
        for name, warp in warps.items():
            fault = getattr(dut, name)
            ctx.set(fault.valid, 1)
            ctx.set(fault.cause, int(SOURCES[name][0]))
            ctx.set(fault.warp, warp)
            ctx.set(dut.value if name == "executing" else fault.value, SOURCES[name][1])
        ctx.set(dut.watchdog, watchdog)
        ctx.set(dut.running, running)
        assert not ctx.get(dut.trapped)
        # A later trap must not count.
        for _ in range(3):
            await ctx.tick()
            ctx.set(dut.executing.valid, 1)
            ctx.set(dut.executing.warp, 0)
            ctx.set(dut.watchdog, 0)
            ctx.set(dut.halted, halted)
            if ctx.get(dut.trap.valid):
                trap = dut.trap
                results.append((ctx.get(trap.cause), ctx.get(trap.warp), ctx.get(trap.value)))
            if not warps and not watchdog:
                return
        assert ctx.get(dut.trapped) == bool(results)
        ctx.set(dut.clear, 1)
        await ctx.tick()
        assert not ctx.get(dut.trapped)

    simulate(dut, testbench)
    assert len(results) <= 1
    return results[0] if results else None


@pytest.mark.parametrize("name", SOURCES)
def test_each_source(name: str) -> None:
    cause, value = SOURCES[name]
    assert reported({name: 3}) == (cause, 3, value)


@pytest.mark.parametrize("lowest", SOURCES)
def test_of_one_cycle_the_lowest_warp_is_reported(lowest: str) -> None:
    others = iter((2, 3))
    warps = {name: 1 if name == lowest else next(others) for name in SOURCES}
    cause, value = SOURCES[lowest]
    assert reported(warps) == (cause, 1, value)


def test_the_watchdog_reports_the_lowest_warp_that_runs() -> None:
    assert reported({}, watchdog=1, halted=0b0000) == (Cause.WATCHDOG, 0, 0)
    assert reported({}, watchdog=1, halted=0b0011) == (Cause.WATCHDOG, 2, 0)
    assert reported({}, watchdog=1, halted=0b0111) == (Cause.WATCHDOG, 3, 0)


def test_the_watchdog_comes_after_all_others() -> None:
    assert reported({"post": 3}, watchdog=1) == (Cause.STORE, 3, 9)


def test_nothing() -> None:
    assert reported({}) is None
