# amaranth: UnusedElaboratable=no
import random

import pytest

from hawx_hw.gateware.counters import PerformanceCounters
from hawx_hw.gateware.simulation import simulate


async def pulse(ctx, *signals):
    for signal in signals:
        ctx.set(signal, 1)
    await ctx.tick()
    for signal in signals:
        ctx.set(signal, 0)


async def read_layers(ctx, dut):
    cycles = []
    for index in range(dut.layers):
        ctx.set(dut.index, index)
        await pulse(ctx, dut.read)
        ctx.set(dut.index, 0)
        await ctx.tick()
        cycles.append(ctx.get(dut.cycles_of_layer))
    return cycles


@pytest.mark.parametrize("layers", [1, 2, 3, 7])
def test_layers_sum_to_the_cycles(layers):
    rng = random.Random(layers)
    inferences = [[rng.randrange(1, 30) for _ in range(layers)] for _ in range(5)]
    dut = PerformanceCounters(layers)

    async def testbench(ctx):
        before = [0] * layers
        for number, inference in enumerate(inferences):
            await pulse(ctx, dut.start)
            for index, cycles in enumerate(inference):
                ctx.set(dut.layer, index)
                for _ in range(cycles - 1):
                    await ctx.tick()
                if index == layers - 1:
                    assert ctx.get(dut.cycles) == sum(before)
                    assert ctx.get(dut.images_done) == number
                    await pulse(ctx, dut.layer_done, dut.done)
                else:
                    await pulse(ctx, dut.layer_done)
            assert ctx.get(dut.cycles) == sum(inference)
            assert await read_layers(ctx, dut) == inference
            for _ in range(rng.randrange(5)):
                await ctx.tick()
            before = inference

    simulate(dut, testbench)


def test_last_inference_can_be_read_while_the_next_one_runs():
    dut = PerformanceCounters(2)

    async def testbench(ctx):
        assert await read_layers(ctx, dut) == [0, 0]
        for cycles in (3, 9, 5):
            await pulse(ctx, dut.start)
            ctx.set(dut.layer, 0)
            for _ in range(cycles - 1):
                await ctx.tick()
            await pulse(ctx, dut.layer_done)
            ctx.set(dut.layer, 1)
            for _ in range(cycles - 1):
                await ctx.tick()
            await pulse(ctx, dut.layer_done, dut.done)
            now = await read_layers(ctx, dut)
            assert now == [cycles, cycles]
            await pulse(ctx, dut.start)
            ctx.set(dut.layer, 0)
            await ctx.tick().repeat(20)
            await pulse(ctx, dut.layer_done)
            assert await read_layers(ctx, dut) == now
            ctx.set(dut.layer, 1)
            await pulse(ctx, dut.layer_done, dut.done)

    simulate(dut, testbench)


def test_dropped_images_are_counted():
    dut = PerformanceCounters(1)

    async def testbench(ctx):
        ctx.set(dut.dropped, 1)
        await ctx.tick().repeat(5)
        ctx.set(dut.dropped, 0)
        await ctx.tick()
        assert ctx.get(dut.images_dropped) == 5

    simulate(dut, testbench)


def test_latency():
    dut = PerformanceCounters(1)
    measured = []

    async def cycles_until(ctx, event, reached):
        ctx.set(event, 1)
        cycles = 0
        while not reached():
            await ctx.tick()
            ctx.set(event, 0)
            cycles += 1
            assert cycles < 10
        measured.append(cycles)

    async def testbench(ctx):
        await pulse(ctx, dut.start)
        await ctx.tick().repeat(4)
        ctx.set(dut.layer_done, 1)
        await cycles_until(ctx, dut.done, lambda: ctx.get(dut.images_done))
        ctx.set(dut.layer_done, 0)
        await cycles_until(ctx, dut.read, lambda: ctx.get(dut.cycles_of_layer))

    simulate(dut, testbench)
    assert measured == [PerformanceCounters.LATENCY, PerformanceCounters.READ_LATENCY]


def test_the_limit_counts_from_the_cycle_after_start():
    dut = PerformanceCounters(1, watchdog=True)

    async def testbench(ctx):
        for limit in (0, 1, 2, 9, 0):
            ctx.set(dut.limit, limit)
            # The cycles since the last start do not count.
            await ctx.tick().repeat(20)
            await pulse(ctx, dut.start)
            for cycle in range(15):
                assert ctx.get(dut.expires) == (limit != 0 and cycle >= limit), (limit, cycle)
                await ctx.tick()

    simulate(dut, testbench)
    assert not hasattr(PerformanceCounters(1), "limit")


def test_wrong_layers():
    with pytest.raises(ValueError, match=r"^Layers must be a positive number, not 0$"):
        PerformanceCounters(0)
