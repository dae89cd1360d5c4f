# amaranth: UnusedElaboratable=no
"""Widths and depths: everything that the plan puts on a wire or into a memory fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Shape, Signal
from amaranth.lib import wiring

from hawx_hw.architectures.systolic.gateware.core import memory_words
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions, select_fields
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.random_graphs import random_graph
from tests.architectures.systolic.gateware.parts import planned, pooled_convolution, set_layer


def random_plan(seed: int) -> tuple[Plan, Dimensions]:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, max_size=9, max_channels=9)
    rows, columns = int(rng.integers(1, 9)), 2 * int(rng.integers(1, 5))
    return planned(graph, ArrayShape.complete(rows, columns, slice_columns=2))


def holds(shape: Any, value: int) -> bool:
    return Const(value, Shape.cast(shape)).value == value


@pytest.mark.parametrize("seed", range(6))
def test_fields_hold_every_step(seed: int) -> None:
    mapped, d = random_plan(seed)
    for step in mapped.steps:
        for name, _, _ in d.fields:
            assert holds(d.field(name), getattr(step, name)), name


@pytest.mark.parametrize("seed", range(6))
def test_counters_hold_every_index(seed: int) -> None:
    mapped, d = random_plan(seed)
    pixels = [s.output_tile_pixels for s in mapped.steps if not s.stream]
    assert d.accumulators == max(pixels, default=0) + 1
    assert d.accumulators <= mapped.array.accumulators or not pixels
    payload = d.accumulate.payload_shape
    assert holds(payload["index"].shape, d.accumulators - 1)
    assert holds(d.fetch.payload_shape["tile"].shape, len(mapped.taps[0]) - 1)
    assert holds(d.load.payload_shape["beat"].shape, mapped.array.bank_rows - 1)
    assert holds(d.load.payload_shape["address"].shape, len(mapped.weights) - 1)
    assert holds(d.address, d.arena - 1)
    assert holds(d.destination, max(d.arena, d.result_words) - 1)


@pytest.mark.parametrize("seed", range(6))
def test_coordinates_hold_the_input_and_the_kernel_around_it(seed: int) -> None:
    mapped, d = random_plan(seed)
    reach = max(max(tap.column, tap.row) for taps in mapped.taps for tap in taps)
    for step in mapped.steps:
        for start, size in ((step.x_start, step.width), (step.y_start, step.height)):
            for value in (start, size, size + reach, start + reach):
                assert holds(d.position["x"].shape, value)
                assert holds(d.position["y"].shape, value)


@pytest.mark.parametrize("seed", range(6))
def test_memories_are_those_of_the_plan(seed: int) -> None:
    mapped, d = random_plan(seed)
    memories, contents = d.memories(), memory_words(mapped)
    assert len({name for name, _, _ in memories}) == len(memories) == len(contents)
    for (name, width, depth), words in zip(memories, contents, strict=True):
        assert len(words) == depth, name
        assert max(words).bit_length() <= width, name
        assert min(words) >= 0, name


def test_result_words() -> None:
    graph = random_graph(np.random.default_rng(3), layers=2, output="map")
    mapped, d = planned(graph, ArrayShape.complete(3, 4, requantizers=2))
    channels, height, width = graph.tensors[graph.output].shape
    size = mapped.layouts[mapped.layers[-1].name].size
    assert size >= channels
    assert d.result_words == -(-size // 2) * height * width


def test_a_network_of_streams_needs_one_accumulator() -> None:
    graph = random_graph(np.random.default_rng(0), layers=1, kinds=("clamp",), output="map")
    assert Dimensions.of(plan(graph, ArrayShape.complete(2, 2))).accumulators == 1


def test_interfaces_connect_with_themselves() -> None:
    """Each signature joins its source to its sink; a mistake in a direction would not."""
    _, d, _ = pooled_convolution(0, 3, 4)
    for signature in (
        d.running, d.tile_weights, d.accumulator_set, d.fetch, d.accumulate, d.edge, d.load,
        d.slice_sums, d.element, d.store,
    ):  # fmt: skip
        wiring.connect(Module(), signature.create(), signature.flip().create())


@pytest.mark.parametrize("names", ["input_fields", "rule"])
def test_selected_fields(names: str) -> None:
    _, d, step = pooled_convolution(0, 3, 4)
    layout = getattr(d, names)
    word, fields = Signal(d.descriptor), Signal(layout)
    seen = {}

    class Selection(wiring.Component):
        def __init__(self) -> None:
            super().__init__({})

        def elaborate(self, platform: Any) -> Module:
            m = Module()
            m.d.sync += fields.eq(select_fields(word, layout))
            return m

    async def drive(ctx: Any) -> None:
        set_layer(ctx, word, d, step)
        await ctx.tick()
        seen.update({name: ctx.get(fields[name]) for name, _ in layout})

    simulate(Selection(), drive)
    assert seen == {name: getattr(step, name) for name, _ in layout}
