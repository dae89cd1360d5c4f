# amaranth: UnusedElaboratable=no
"""place(): a submodule in simulation, one module a kind in Verilog."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import Emission, place
from hawx_hw.gateware.memories import SimpleDualPortRam
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
