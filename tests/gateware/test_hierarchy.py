# amaranth: UnusedElaboratable=no
"""place(): a submodule in simulation, one module a kind in Verilog."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import Emission, place
from hawx_hw.gateware.memories import ParameterMemory, SimpleDualPortRam
from hawx_hw.gateware.simulation import simulate
from hawx_hw.gateware.verilog import verilog_modules


class Register(wiring.Component):
    def __init__(self) -> None:
        super().__init__({"d": In(4), "q": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += self.q.eq(self.d)
        return m


class Chain(wiring.Component):
    def __init__(self) -> None:
        super().__init__({"d": In(4), "q": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        value = self.d
        for number in range(3):
            stage = place(m, platform, f"stage_{number}", "register", Register)
            m.d.comb += stage.d.eq(value)
            value = stage.q
        m.d.comb += self.q.eq(value)
        return m


def test_simulation() -> None:
    chain = Chain()
    seen = []

    async def drive(ctx: Any) -> None:
        for value in (1, 2, 3, 4, 5, 6):
            ctx.set(chain.d, value)
            await ctx.tick()
            seen.append(ctx.get(chain.q))

    simulate(chain, drive)
    assert seen == [0, 0, 1, 2, 3, 4]


def test_verilog_has_one_module_a_kind() -> None:
    emission = Emission()
    emission.define("chain", Chain())
    modules = verilog_modules(emission)
    assert list(modules) == ["register", "chain"]
    for number in range(3):
        assert f"  register stage_{number} (\n" in modules["chain"]
    assert "input clk;" in modules["register"]
    assert "always" not in modules["chain"]


def test_two_kinds_of_one_name() -> None:
    emission = Emission()
    emission.define("x", Register())
    with pytest.raises(ValueError, match="Two kinds of component are named 'x'"):
        emission.define("x", SimpleDualPortRam(4, 4))


@pytest.mark.parametrize("depth", [1, 3, 8])
def test_simple_dual_port_ram(depth: int) -> None:
    """Words come a cycle after the read, and hold; a write needs its enable."""
    ram = SimpleDualPortRam(6, depth)

    async def drive(ctx: Any) -> None:
        for address in range(depth):
            ctx.set(ram.write.enable, 1)
            ctx.set(ram.write.address, address)
            ctx.set(ram.write.data, address + 7)
            await ctx.tick()
        ctx.set(ram.write.enable, 0)
        ctx.set(ram.write.data, 63)
        await ctx.tick()
        for address in range(depth):
            ctx.set(ram.read.address, address)
            ctx.set(ram.read.enable, 1)
            await ctx.tick()
            assert ctx.get(ram.read.data) == address + 7
            ctx.set(ram.read.enable, 0)
            ctx.set(ram.read.address, 0)
            await ctx.tick()
            assert ctx.get(ram.read.data) == address + 7

    simulate(ram, drive)


def test_parameter_memory() -> None:
    built_in = ParameterMemory(8, 3, init=[5, 6, 7])
    loaded = ParameterMemory(8, 3)
    assert loaded.loadable and not built_in.loadable
    assert "write" not in built_in.signature.members

    async def read(ctx: Any, memory: Any) -> list[int]:
        words = []
        for address in range(3):
            ctx.set(memory.read.enable, 1)
            ctx.set(memory.read.address, address)
            await ctx.tick()
            words.append(ctx.get(memory.read.data))
        return words

    async def drive_built_in(ctx: Any) -> None:
        assert await read(ctx, built_in) == [5, 6, 7]

    async def drive_loaded(ctx: Any) -> None:
        for address in range(3):
            ctx.set(loaded.write.enable, 1)
            ctx.set(loaded.write.address, address)
            ctx.set(loaded.write.data, 9 - address)
            await ctx.tick()
        ctx.set(loaded.write.enable, 0)
        assert await read(ctx, loaded) == [9, 8, 7]

    simulate(built_in, drive_built_in)
    simulate(loaded, drive_loaded)


def test_memory_messages() -> None:
    with pytest.raises(ValueError, match=r"SimpleDualPortRam must have width and depth >= 1"):
        SimpleDualPortRam(0, 4)
    with pytest.raises(ValueError, match="ParameterMemory init must have 3 words, not 2"):
        ParameterMemory(8, 3, init=[1, 2])
    with pytest.raises(ValueError, match="must have an init_file to be written as Verilog"):
        Emission().define("rom", ParameterMemory(8, 1, init=[1]))
