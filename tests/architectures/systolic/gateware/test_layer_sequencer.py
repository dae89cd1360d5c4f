"""The layer sequencer against the program: order, waiting, and when each layer begins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.layer_sequencer import LayerSequencer
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.random_graphs import random_graph
from tests.architectures.systolic.gateware.parts import cycles_until, planned, pulse


def three_layers() -> tuple[Plan, LayerSequencer]:
    graph = random_graph(np.random.default_rng(5), layers=3, kinds=("conv",), output="map")
    mapped, dimensions = planned(graph, ArrayShape.complete(2, 2))
    assert len(mapped.program) >= 3
    return mapped, LayerSequencer(dimensions)


def program_memory(mapped: Plan, sequencer: LayerSequencer, reads: list[int]) -> Any:
    async def memory(ctx: Any) -> None:
        port = sequencer.program
        while True:
            *_, enable, address = await ctx.tick().sample(port.enable, port.address)
            if enable:
                ctx.set(port.data.as_value(), mapped.program[address])
                reads.append(address)

    return memory


@pytest.mark.parametrize("length", [0, 4])
def test_layers_in_order(length: int) -> None:
    """Each begins after the one before, the last one when the result memory is free."""
    mapped, sequencer = three_layers()
    reads: list[int] = []
    begun: list[int] = []

    async def inference(ctx: Any) -> None:
        await pulse(ctx, sequencer.start)
        for number, word in enumerate(mapped.program):
            last = number == len(mapped.program) - 1
            ctx.set(sequencer.result_free, 0)
            waited = 0
            while not ctx.get(sequencer.running.begin):
                waited += 1
                if waited == 6:
                    assert last
                    ctx.set(sequencer.result_free, 1)
                await ctx.tick()
            assert (waited >= 6) == last
            begun.append(ctx.get(sequencer.layer))
            assert ctx.get(sequencer.running.layer.as_value()) == word
            await ctx.tick()
            for _ in range(length):
                assert ctx.get(sequencer.busy)
                assert not ctx.get(sequencer.layer_done)
                await ctx.tick()
            ctx.set(sequencer.stored_end, 1)
            assert ctx.get(sequencer.layer_done)
            assert ctx.get(sequencer.done) == last
            assert ctx.get(sequencer.input_release) == mapped.steps[number].releases_input
            await ctx.tick()
            ctx.set(sequencer.stored_end, 0)
        assert not ctx.get(sequencer.busy)

    async def drive(ctx: Any) -> None:
        for _ in range(2):
            begun.clear()
            reads.clear()
            await inference(ctx)
            assert begun == reads == list(range(len(mapped.program)))

    simulate(sequencer, drive, background=(program_memory(mapped, sequencer, reads),))


def test_a_step_is_offered_until_it_is_taken() -> None:
    mapped, sequencer = three_layers()

    async def drive(ctx: Any) -> None:
        ctx.set(sequencer.result_free, 1)
        assert not ctx.get(sequencer.offered)
        await pulse(ctx, sequencer.start)
        for _ in range(7):
            assert ctx.get(sequencer.offered)
            await ctx.tick()
        await pulse(ctx, sequencer.taken)
        assert not ctx.get(sequencer.offered)

    simulate(sequencer, drive, background=(program_memory(mapped, sequencer, []),))


def test_latency() -> None:
    mapped, sequencer = three_layers()
    measured = []

    async def drive(ctx: Any) -> None:
        ctx.set(sequencer.result_free, 1)
        for event in (sequencer.start, sequencer.stored_end):
            await ctx.tick().repeat(3)
            ctx.set(event, 1)
            assert not ctx.get(sequencer.running.begin)
            await ctx.tick()
            ctx.set(event, 0)
            measured.append(1 + await cycles_until(ctx, sequencer.running.begin))
            if ctx.get(sequencer.offered):  # the first step
                await pulse(ctx, sequencer.taken)
            else:
                await ctx.tick()
            measured.append(1 + await cycles_until(ctx, sequencer.offered))
            await pulse(ctx, sequencer.taken)

    simulate(sequencer, drive, background=(program_memory(mapped, sequencer, []),))
    assert measured == [
        LayerSequencer.START_LATENCY,
        LayerSequencer.OFFER_LATENCY,
        LayerSequencer.NEXT_LATENCY,
        LayerSequencer.OFFER_LATENCY,
    ]


def test_first_step_is_offered() -> None:
    mapped, sequencer = three_layers()
    measured = []

    async def drive(ctx: Any) -> None:
        ctx.set(sequencer.start, 1)
        assert not ctx.get(sequencer.offered)
        await ctx.tick()
        ctx.set(sequencer.start, 0)
        measured.append(1 + await cycles_until(ctx, sequencer.offered))
        assert ctx.get(sequencer.program.data.as_value()) == mapped.program[0]

    simulate(sequencer, drive, background=(program_memory(mapped, sequencer, []),))
    assert measured == [LayerSequencer.OFFER_LATENCY]
