"""Weight memories side by side in depth, read as one."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.memories import ParameterMemory, ReadPort

__all__ = ["WeightBanks"]


class WeightBanks(wiring.Component):
    """Reads word i from word ``i // banks`` of bank ``i % banks``.

    Only the bank that is read has its ``enable``: shallow memories take less energy an access.

    **Latency**: ``read.data`` follows ``read.enable`` by :attr:`LATENCY`, and holds until the next
    read.

    Parameters
    ----------
    unit : Unit
    depth : int
        Words of each bank.
    banks : int
        A power of two.

    Attributes
    ----------
    read : In(ReadPort)
        Of ``depth * banks`` words.
    banks : Out(ReadPort), one for each bank
    """

    #: Cycles from ``read.enable`` to the word.
    LATENCY = ParameterMemory.LATENCY

    def __init__(self, unit: Unit, depth: int, banks: int):
        if banks < 1 or banks & (banks - 1):
            raise ValueError(f"banks must be a power of two, not {banks}")
        self._banks = banks
        width = 8 * unit.lanes
        super().__init__(
            {
                "read": In(ReadPort(depth * banks, width)),
                "banks": Out(ReadPort(depth, width)).array(banks),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        read = self.read
        bits = (self._banks - 1).bit_length()
        number = read.address[:bits]
        # A bit for each bank: half the gates of a number.
        chosen = Signal(self._banks, reset_less=True)
        for index, bank in enumerate(self.banks):
            with m.If(read.enable):
                m.d.sync += chosen[index].eq(number == index)
            m.d.comb += [
                bank.enable.eq(read.enable & (number == index)),
                bank.address.eq(read.address[bits:]),
            ]
        width = len(read.data)
        words = [bank.data & chosen[n].replicate(width) for n, bank in enumerate(self.banks)]
        m.d.comb += read.data.eq(reduce(or_, words))
        return m
