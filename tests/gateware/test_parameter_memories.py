"""Built-in memories have their words from the start, loaded ones take them from the core's port."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.memories import ParameterMemory, ReadPort
from hawx_hw.gateware.parameter_memories import place_parameter_memories
from hawx_hw.gateware.simulation import simulate
from hawx_hw.gateware.verilog import verilog_modules

MEMORIES = [("program", 12, 3), ("weights_0", 8, 5), ("weights_1", 8, 5)]
WORDS = [
    [random.Random(depth + number).randrange(1 << width) for _ in range(depth)]
    for number, (_, width, depth) in enumerate(MEMORIES)
]


class Core(wiring.Component):
    """The memories with their read ports outside."""

    def __init__(self, *, loaded: bool):
        reads = {name: In(ReadPort(depth, width)) for name, width, depth in MEMORIES}
        port: dict[str, Any] = {}
        if loaded:
            sizes = [(width, depth) for _, width, depth in MEMORIES]
            signature = CoreSignature(
                word_codes=1, image_shape=(1,), result_shape=(1,), layers=1, memories=sizes
            )
            port["parameter"] = signature.members["parameter"]
        self._loaded = loaded
        super().__init__({**reads, **port, "placed": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        parameter = self.parameter if self._loaded else None
        memories = place_parameter_memories(m, platform, MEMORIES, WORDS, parameter)
        for (name, _, _), memory in zip(MEMORIES, memories, strict=True):
            wiring.connect(m, wiring.flipped(getattr(self, name)), memory.read)
        return m


@pytest.mark.parametrize("loaded", [False, True])
def test_words_can_be_read(loaded: bool) -> None:
    core = Core(loaded=loaded)

    async def drive(ctx: Any) -> None:
        writes = [(i, a, word) for i, words in enumerate(WORDS) for a, word in enumerate(words)]
        random.Random(1).shuffle(writes)
        for index, address, word in writes if loaded else ():
            ctx.set(core.parameter.valid, 1)
            ctx.set(core.parameter.memory, index)
            ctx.set(core.parameter.address, address)
            ctx.set(core.parameter.data, word)
            await ctx.tick()
            # Without ``valid`` nothing is written.
            ctx.set(core.parameter.valid, 0)
            ctx.set(core.parameter.data, word ^ 1)
            await ctx.tick()
        for (name, _, _), words in zip(MEMORIES, WORDS, strict=True):
            read = getattr(core, name)
            for address, word in enumerate(words):
                ctx.set(read.enable, 1)
                ctx.set(read.address, address)
                await ctx.tick().repeat(ParameterMemory.LATENCY)
                assert ctx.get(read.data) == word

    simulate(core, drive)


@pytest.mark.parametrize(
    ("loaded", "modules"),
    [
        (False, {"hawx_program", "hawx_weights_0", "hawx_weights_1"}),
        (True, {"hawx_program", "hawx_weights"}),
    ],
)
def test_loaded_memories_of_a_kind_are_one_module(loaded: bool, modules: set[str]) -> None:
    emission = Emission()
    emission.define("core", Core(loaded=loaded))
    assert set(verilog_modules(emission)) == {"core"} | modules
