# amaranth: UnusedElaboratable=no
"""Banks of weights are read as one memory."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped

from hawx_hw.architectures.simt.gateware.weight_banks import WeightBanks
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.memories import ParameterMemory, ReadPort
from hawx_hw.gateware.simulation import simulate

UNIT = Unit(lanes=2)


class Banked(wiring.Component):
    """Banks with their memories: word i is i + 1."""

    def __init__(self, depth: int, banks: int):
        self._depth, self._banks = depth, banks
        self.part = WeightBanks(UNIT, depth, banks)
        super().__init__({"read": In(ReadPort(depth * banks, 16))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.part = self.part
        connect(m, flipped(self.read), self.part.read)
        for number, port in enumerate(self.part.banks):
            words = [i + 1 for i in range(number, self._depth * self._banks, self._banks)]
            memory = ParameterMemory(16, self._depth, init=words)
            m.submodules[f"bank_{number}"] = memory
            connect(m, port, memory.read)
        return m


@pytest.mark.parametrize(("depth", "banks"), [(1, 1), (5, 1), (1, 2), (3, 2), (5, 8)])
def test_words_come_from_their_banks_and_hold(depth: int, banks: int) -> None:
    banked = Banked(depth, banks)

    async def testbench(ctx: Any) -> None:
        for address in range(depth * banks):
            ctx.set(banked.read.enable, 1)
            ctx.set(banked.read.address, address)
            enabled = [ctx.get(port.enable) for port in banked.part.banks]
            assert enabled == [int(n == address % banks) for n in range(banks)]
            await ctx.tick()
            ctx.set(banked.read.enable, 0)
            ctx.set(banked.read.address, 0)
            for _ in range(2):
                assert ctx.get(banked.read.data) == address + 1
                await ctx.tick()

    simulate(banked, testbench)


def test_banks_are_a_power_of_two() -> None:
    with pytest.raises(ValueError, match="banks must be a power of two, not 3"):
        WeightBanks(UNIT, 4, 3)
