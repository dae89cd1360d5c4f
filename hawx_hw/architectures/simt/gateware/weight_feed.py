"""The weights of the lanes: from the memory once, from the buffer in the other runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.names import WEIGHT_BUFFER
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import ParameterMemory, ReadPort, SimpleDualPortRam

__all__ = ["WeightFeed"]


class WeightFeed(wiring.Component):
    """Addresses the weight memory, keeps a run's weights for further runs, routes them to groups.

    Word by word the stream takes its weights; with several pixel groups, part by part of each word,
    and all groups take the same part.

    **Latency**: ``weights`` follow ``fetch`` and ``reuse`` by :attr:`LATENCY`.

    Parameters
    ----------
    unit : Unit
    depth : int
        Words of the weight memory, at least one.
    known : int or None
        Words that may be read; None: all.

    Attributes
    ----------
    begin, start, groups : In(1), In(scalar_bits), In
        In the cycle before the first ``fetch``: the stream's first word, and the index of its
        number of pixel groups.
    fetch : In(1)
        Take the next weights.
    keep : In(1)
        With ``fetch``: write them to the buffer.
    reuse : In(1)
        Take weights from the buffer, which were fetched :attr:`REUSE_LATENCY` ago or earlier.
    index : In
        Their place in the buffer.
    beyond : Out(1)
        With ``fetch``: there is no such word.
    address : Out(scalar_bits)
        Word that ``fetch`` takes.
    memory : Out(ReadPort)
    weights : Out(8 * lanes)
    """

    #: Cycles from ``fetch`` or ``reuse`` to the weights.
    LATENCY = ParameterMemory.LATENCY
    #: Cycles from ``fetch`` to the first ``reuse`` of these weights.
    REUSE_LATENCY = 2

    def __init__(self, unit: Unit, depth: int, known: int | None = None):
        self._unit, self._known = unit, depth if known is None else known
        super().__init__(
            {
                "begin": In(1),
                "start": In(unsigned(unit.scalar_bits)),
                "groups": In(index_width(len(unit.groups))),
                "fetch": In(1),
                "keep": In(1),
                "reuse": In(1),
                "index": In(index_width(unit.taps)),
                "beyond": Out(1),
                "address": Out(unsigned(unit.scalar_bits)),
                "memory": Out(ReadPort(depth, 8 * unit.lanes)),
                "weights": Out(8 * unit.lanes),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        address = Signal(unit.scalar_bits, name="word", reset_less=True)
        routed, begins, ends = self._parts(m)
        with m.If(self.begin):
            m.d.sync += address.eq(self.start)
        with m.Elif(self.fetch & ends):
            m.d.sync += address.eq(address + 1)
        m.d.comb += [
            self.address.eq(address),
            # What was read stays until the next word is: its other parts need no read.
            self.memory.enable.eq(self.fetch & begins),
            self.memory.address.eq(address[: len(self.memory.address)]),
        ]
        if self._known < 1 << unit.scalar_bits:
            m.d.comb += self.beyond.eq(self.fetch & (address >= self._known))
        if unit.taps == 1:  # the lanes hold the weight that they have
            m.d.comb += self.weights.eq(routed)
            return m
        make = partial(SimpleDualPortRam, 8 * unit.lanes, unit.taps)
        buffer = place(m, platform, "buffer", WEIGHT_BUFFER, make)
        writes = Signal()
        fresh = Signal(reset_less=True)
        index = Signal(len(self.index), name="index_now", reset_less=True)
        m.d.sync += writes.eq(self.fetch & self.keep)
        with m.If(self.fetch):
            m.d.sync += index.eq(self.index)
        with m.If(self.fetch | self.reuse):
            m.d.sync += fresh.eq(self.fetch)
        m.d.comb += [
            buffer.write.enable.eq(writes),
            buffer.write.address.eq(index),
            buffer.write.data.eq(routed),
            buffer.read.enable.eq(self.reuse),
            buffer.read.address.eq(self.index),
            self.weights.eq(Mux(fresh, routed, buffer.read.data)),
        ]
        return m

    def _parts(self, m: Module) -> tuple[Value, Value, Value]:
        """The word as the lanes take it, and whether its first or its last part is taken."""
        unit = self._unit
        word = self.memory.data
        if unit.groups == (1,):
            return word, Value.cast(1), Value.cast(1)
        bits = index_width(unit.groups[-1])
        part, now = (Signal(bits, name=name, reset_less=True) for name in ("part", "part_now"))
        groups, groups_now = (
            Signal(len(self.groups), name=name, reset_less=True)
            for name in ("groups_kept", "groups_now")
        )
        ends = Signal()
        with m.Switch(groups):
            for index, number in enumerate(unit.groups):
                with m.Case(index):
                    m.d.comb += ends.eq(part == number - 1)
        with m.If(self.begin):
            m.d.sync += [part.eq(0), groups.eq(self.groups)]
        with m.Elif(self.fetch):
            m.d.sync += part.eq(Mux(ends, 0, part + 1))
        with m.If(self.fetch):
            m.d.sync += [now.eq(part), groups_now.eq(groups)]
        routed = Signal(8 * unit.lanes, name="routed")
        m.d.comb += routed.eq(word)  # with one group
        with m.Switch(Cat(now, groups_now)):
            for index, number in enumerate(unit.groups):
                if number == 1:
                    continue
                lanes = unit.group_lanes(number)
                for each in range(number):
                    with m.Case(each | index << bits):
                        m.d.comb += routed.eq(
                            Cat(*[word[8 * lanes * each : 8 * lanes * (each + 1)]] * number)
                        )
        return routed, part == 0, ends
