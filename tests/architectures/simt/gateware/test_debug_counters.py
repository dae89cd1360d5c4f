"""Counters of the hardware are those of the cycle model, and debugging changes no cycle."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.gateware.debug_counters import DebugCounters
from hawx_hw.architectures.simt.gateware.debug_ports import COUNTERS
from hawx_hw.architectures.simt.plan import Plan
from hawx_hw.architectures.simt.schedule import schedule
from hawx_hw.architectures.simt.simulator import simulate as simulate_program
from hawx_hw.architectures.simt.timing import time_program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate
from tests.architectures.simt.gateware.debugging import counters
from tests.architectures.simt.gateware.test_debug_unit import TRAPS, Bench
from tests.architectures.simt.networks import random_plan


def counted(mapped: Plan, result_free: int) -> dict[str, int]:
    """The counters of an inference in which the result memory is free from a cycle on."""
    bench = Bench(mapped.program)
    counts: dict[str, int] = {}

    async def testbench(ctx: Any) -> None:
        ctx.set(bench.core.result_free, 0)
        await bench.pulse(ctx, bench.core.start)
        cycle = 0
        while ctx.get(bench.core.busy):
            ctx.set(bench.core.result_free, cycle >= result_free)
            await ctx.tick()
            cycle += 1
        await ctx.tick()
        counts.update(await counters(bench.reader(ctx)))

    bench.run(testbench)
    return counts


@pytest.mark.parametrize(("seed", "result_free"), [(1, 0), (2, 1500)])
def test_counters_are_those_of_the_models(seed: int, result_free: int) -> None:
    mapped = random_plan(seed)
    counts = counted(mapped, result_free)
    timing = time_program(mapped.program, result_free=result_free)
    causes: dict[str, float] = {}
    for layer in timing.layers:
        for name, cycles in layer.causes.items():
            causes[name] = causes.get(name, 0.0) + cycles
    for name in ("front_end", "post", "drain", "result", "barrier"):
        assert counts[f"wait_{name}"] == causes[name], name
    walks = sum(causes[name] for name in ("useful", "idle_lanes", "stretched", "moving"))
    assert counts["multiply"] == pytest.approx(walks)
    assert counts["cycles"] == timing.cycles
    assert counts["instructions"] == len(timing.retirements)
    issues = [each.issue for each in schedule(mapped.program, timing)]
    stores = [each for each in issues if each.instruction.mnemonic == "QST"]
    assert counts["post"] == sum(
        mapped.program.stores[each.instruction.d].cycles(
            mapped.unit, *each.scalars[2:4], bool(each.instruction.suffix)
        )
        for each in stores
    )
    # Every run looks for its words, and the memory is read for those that no window has.
    program = mapped.program
    streams = [each for each in issues if each.instruction.mnemonic not in ("QST", "STV")]
    words = 0
    for each in streams:
        stream = program.streams[each.instruction.d]
        words += stream.words * stream.positions * stream.window * each.scalars[4]
    assert counts["activation_reads"] + counts["window_hits"] == words
    assert 0 < counts["activation_reads"] <= words
    for use, name in (
        ("activation", "activation_reads"), ("weight", "weight_reads"),
        ("register", "register_reads"),
    ):  # fmt: skip
        uses = [each for each in mapped.accesses() if each.use == use]
        assert counts[name] == sum(each.reads * each.count for each in uses), name
    assert counts["register_writes"] == sum(
        each.writes * each.count for each in mapped.accesses() if each.use == "register"
    )


def test_each_event_has_its_counter() -> None:
    dut = DebugCounters(Unit(lanes=1, warps=8))

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.select, 1)
        for number, name in enumerate(COUNTERS):
            amount = {"instructions": 8, "register_reads": 5, "register_writes": 3}.get(name, 1)
            ctx.set(dut.clear, 1)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            ctx.set(dut.events[name], amount)
            await ctx.tick().repeat(3)
            ctx.set(dut.events[name], 0)
            await ctx.tick()
            for other in range(len(COUNTERS) + 1):
                ctx.set(dut.number, other)
                await ctx.tick()
                assert ctx.get(dut.value) == (3 * amount if other == number else 0), (name, other)
        ctx.set(dut.select, 0)
        await ctx.tick()
        assert ctx.get(dut.value) == 0

    simulate(dut, testbench)


def test_idle_cycles_and_walks_add_up_after_a_trap() -> None:
    program = assemble(TRAPS)
    bench = Bench(program)

    async def testbench(ctx: Any) -> None:
        for watchdog in (0, 30):
            expected = simulate_program(program, watchdog=watchdog)
            assert expected.trap is not None
            assert expected.cycles > expected.trap.cycle + 40
            await bench.pulse(ctx, bench.core.start)
            cycle = 0
            while ctx.get(bench.core.busy):
                ctx.set(bench.core.watchdog, cycle == watchdog != 0)
                await ctx.tick()
                cycle += 1
            await ctx.tick()
            counts = await counters(bench.reader(ctx))
            waits = sum(value for name, value in counts.items() if name.startswith("wait_"))
            assert counts["multiply"] == 64
            assert counts["multiply"] + waits == counts["cycles"] == cycle >= expected.cycles

    bench.run(testbench)
