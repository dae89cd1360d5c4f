"""The core computes exactly what the reference computes, in exactly the predicted cycles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.gateware.core import SimtCore, program_signature
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.architectures.simt.simulator import simulate as simulate_program
from hawx_hw.assignment.space import Space
from hawx_hw.blocks import by_name
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.gateware.core_simulation import run_core
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.graph.reference import run_all
from tests.architectures.simt.networks import UNITS, random_plan
from tests.search.small import small_graph, small_images


def check(mapped: Plan, images: np.ndarray) -> None:
    """Results, every word that each layer stores, and cycles; all exact."""
    tensors = run_all(mapped.graph, images, mapped.assignment)
    expected = mapped.write_trace(tensors)
    cycles = [layer.total for layer in mapped.cycles().layers]
    words = [memory.words for memory in mapped.memories()] if mapped.loadable else ()
    inferences = run_core(mapped.core({}), images, parameters=words)
    assert len(inferences) == len(images)
    for number, inference in enumerate(inferences):
        for layer, writes in zip(expected, inference.writes, strict=True):
            assert [address for address, _ in writes] == layer.addresses.tolist(), layer.name
            codes = np.array([list(codes) for _, codes in writes], dtype=np.uint8).view(np.int8)
            differ = (codes != layer.codes[number]) & (layer.channels >= 0)
            assert not differ.any(), f"{layer.name}: words {np.flatnonzero(differ.any(axis=1))}"
        np.testing.assert_array_equal(inference.result, tensors[mapped.graph.output][number])
        assert inference.layer_cycles == cycles


def check_random(seed: int) -> None:
    mapped = random_plan(seed)
    check(mapped, random_codes(np.random.default_rng(seed), mapped.graph, 2))


# Twelve shapes; loaded and built in; blocks that are exact, by layer, by filter and by tap.
@pytest.mark.parametrize("seed", [2, 9, 20, 32])
def test_random_networks(seed: int) -> None:
    check_random(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4 * len(UNITS)))
def test_many_random_networks(seed: int) -> None:
    check_random(seed)


def run_source(source: str, watchdog: int = 0) -> tuple[SimtCore, dict[str, int]]:
    """Run a program by hand; its core, and the trap that it ends with."""
    program = assemble(source)
    core = SimtCore(program, program_signature(program))
    seen: dict[str, int] = {}

    async def testbench(ctx: Any) -> None:
        ctx.set(core.result_free, 1)
        ctx.set(core.start, 1)
        await ctx.tick()
        ctx.set(core.start, 0)
        while ctx.get(core.busy):
            ctx.set(core.watchdog, 0 < watchdog <= seen.get("cycles", 0))
            seen["cycles"] = seen.get("cycles", 0) + 1
            seen["done"] = ctx.get(core.done)
            if ctx.get(core.trap.valid):
                names = ("cause", "source", "address", "value")
                seen.update({name: ctx.get(getattr(core.trap, name)) for name in names})
            await ctx.tick()

    simulate(core, testbench, limit=2000)
    return core, seen


def test_a_program_without_streams_runs() -> None:
    _, seen = run_source(".unit lanes=4 warps=2\nLI s1, 3\nHALT")
    assert seen["done"] and "cause" not in seen


def test_a_trap_is_reported() -> None:
    core, seen = run_source(".unit lanes=4 warps=2\nREL\nREL\nHALT")
    assert not seen["done"]
    trap = core.signature.trap
    assert trap is not None
    assert list(trap.causes)[seen["cause"]] == "SEQUENCE"
    # Both warps release the image with their first instruction: the second one is too late.
    assert (seen["source"], seen["address"], seen["value"]) == (1, 0, 0)


def test_the_watchdog_ends_a_program_without_an_end() -> None:
    source = ".unit lanes=4 warps=2\nNOP\nhere: JMP here"
    core, seen = run_source(source, watchdog=50)
    assert not seen["done"]
    expected = simulate_program(assemble(source), watchdog=50)
    trap = core.signature.trap
    assert trap is not None and expected.trap is not None
    assert list(trap.causes)[seen["cause"]] == "WATCHDOG" == expected.trap.cause.name
    assert (seen["source"], seen["address"], seen["value"]) == (0, expected.trap.pc, 0)


def test_an_inference_may_begin_any_time_after_a_trap() -> None:
    program = assemble(".unit lanes=2 warps=2\nLI s1, 3\nNOP\nNOP\nHALT")
    core = SimtCore(program, program_signature(program))
    cycles = simulate_program(program).cycles
    ended: list[int] = []

    async def inference(ctx: Any, watchdog: int) -> None:
        ctx.set(core.start, 1)
        await ctx.tick()
        ctx.set(core.start, 0)
        cycle = 0
        while ctx.get(core.busy):
            ctx.set(core.watchdog, 0 < watchdog <= cycle)
            if ctx.get(core.done):
                ended.append(cycle + 1)
            await ctx.tick()
            cycle += 1
        ctx.set(core.watchdog, 0)

    async def testbench(ctx: Any) -> None:
        for pause in range(1, 21):
            await inference(ctx, watchdog=5)
            await ctx.tick().repeat(pause)
            await inference(ctx, watchdog=0)
            assert ended == [cycles] * pause, pause

    simulate(core, testbench, limit=5000)


def test_no_store_follows_the_release_of_the_image_after_a_trap() -> None:
    """Warp 0 stores eight words, one after the other, when warp 1 traps."""
    program = assemble("""
        .unit lanes=4 cluster=4 word=4 warps=2 registers=8 activation_words=64
        .store o window=1 shift=1
        .constant 1, 0
        SR   s1, 0
        BNE  s1, s0, bad
        LI   s4, 0
        LI   s6, 8
        LI   s7, 8
        STV  v0, s4, o
        HALT
bad:    NOP
        NOP
        NOP
        NOP
        NOP
        NOP
        NOP
        NOP
        .word 0
""")
    core = SimtCore(program, program_signature(program))
    stores: list[int] = []
    released: list[int] = []
    trapped: list[int] = []

    async def testbench(ctx: Any) -> None:
        ctx.set(core.start, 1)
        await ctx.tick()
        ctx.set(core.start, 0)
        cycle = 0
        while ctx.get(core.busy):
            for signal, cycles in (
                (core.trace.valid, stores),
                (core.input_release, released),
                (core.trap.valid, trapped),
            ):
                if ctx.get(signal):
                    cycles.append(cycle)
            cycle += 1
            await ctx.tick()

    simulate(core, testbench, limit=500)
    assert len(stores) == 8 and len(released) == len(trapped) == 1
    assert stores[0] < trapped[0] < stores[-1] < released[0]


@pytest.mark.parametrize(
    "slices", ["columns", *(pytest.param(s, marks=pytest.mark.slow) for s in ("rows", "channels"))]
)
def test_parts_of_kernels_are_skipped(slices: str) -> None:
    """Groups of filters, each with blocks of its own in each slice; some of them multiply nothing.

    A layer with nothing to multiply at all has its biases for sums.
    """
    graph = small_graph()
    blocks = [by_name(name) for name in ("exact", "none", "array(1,0,4)")]
    groups = {"a": np.array([0, 1]), "b": np.array([0, 1, 1]), "d": np.zeros(4, dtype=np.int64)}
    space = Space.by_granularity(graph, blocks, "kernel", slices, groups=groups)
    vector = np.random.default_rng(len(slices)).integers(0, 3, space.units)
    vector[np.unique(space.unit("b")[0])[1:]] = 1
    vector[np.unique(space.unit("d"))] = 1
    assignment = space.assignment(vector)
    images = small_images(graph, 2)[0]
    compensated = Compensated(graph, space, images)(vector)
    check(plan(compensated, SimtConfig(lanes=3, word=1), assignment), images)


@pytest.mark.slow
def test_lanes_that_skip_everything() -> None:
    graph = small_graph()
    space = Space.by_layer(graph, [by_name("exact"), by_name("none")])
    assignment = space.assignment(space.uniform(1))
    images = small_images(graph, 2)[0]
    compensated = Compensated(graph, space, images)(space.uniform(1))
    check(plan(compensated, SimtConfig(lanes=2, word=1), assignment), images)
