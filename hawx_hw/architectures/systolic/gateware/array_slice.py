"""A slice of the array: some columns of PEs with their accumulators."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, ValueLike, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.gateware.pe import PeFormat, ProcessingElement
from hawx_hw.architectures.systolic.gateware.slice_blocks import SliceBlocks
from hawx_hw.architectures.systolic.parts import PE
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.adders import carry_select_sum
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.memories import SimpleDualPortRam

__all__ = ["ArraySlice"]


class ArraySlice(wiring.Component):
    """``rows`` x ``slice_columns`` PEs and two sets of accumulators.

    An activation reaches all columns of the slice at once, and leaves for the next slice a cycle
    later.
    Sums move down the columns, one row a cycle, into the accumulators::

          activation r --+--------+--------+---> register --> next slice
                         |        |        |
                        PE(r,0)  PE(r,1)  PE(r,2)
                         |        |        |
          sums           v        v        v
                        accumulators, set 0 and set 1

    **Latency**: ``east`` follows ``west`` by :attr:`LATENCY`. The activation of row 0 is in the
    sums that reach the accumulators :meth:`sum_latency` later; that of each further row must arrive
    ``ProcessingElement.SUM_LATENCY`` after the row before. ``west.accumulate`` must arrive
    :attr:`ACCUMULATE_LEAD` before the sums that it belongs to, which can be read
    :attr:`STORE_LATENCY` after it. ``sums.data`` follows ``sums.enable`` by :attr:`READ_LATENCY`.

    Parameters
    ----------
    dimensions : Dimensions
    blocks : SliceBlocks
        What the PEs hold.
    implementations : mapping of str to str
        How each block is built, by its digest.

    Attributes
    ----------
    west, east : In, Out(Dimensions.edge)
        From the row feeders or the slice before, and to the next slice.
    load : In(rows)
        One bit a row: take its weights from ``weights`` of its bank. Each row follows the row
        before by ``ProcessingElement.SUM_LATENCY``.
    select : In
        Which of its blocks each PE uses with the weights of a tile; with ``load`` of row 0, from
        where it moves down the rows with the loads.
    weights : In(ArrayLayout(Dimensions.weights, banks))
    sums : In(Dimensions.slice_sums)
        Reads the sums of one pixel. ``data`` holds until the next read, as long as the set that was
        read is not being filled.
    """

    #: Cycles from ``west`` to ``east``.
    LATENCY = 1
    #: Cycles by which ``west.accumulate`` precedes its sums: the sums so far are read meanwhile.
    ACCUMULATE_LEAD = SimpleDualPortRam.LATENCY
    #: Cycles from ``west.accumulate`` until its sums can be read.
    STORE_LATENCY = ACCUMULATE_LEAD + 1
    #: Cycles from ``sums.enable`` to ``sums.data``.
    READ_LATENCY = SimpleDualPortRam.LATENCY

    @staticmethod
    def sum_latency(array: ArrayShape) -> int:
        """Cycles from the activation of row 0 to its sums at the accumulators."""
        return ProcessingElement.PRODUCT_LATENCY + array.rows * ProcessingElement.SUM_LATENCY

    def __init__(
        self,
        dimensions: Dimensions,
        blocks: SliceBlocks,
        implementations: Mapping[str, str] | None = None,
    ):
        self._dimensions = d = dimensions
        self._blocks = blocks
        self._implementations = implementations
        a = d.array
        super().__init__(
            {
                "west": In(d.edge),
                "east": Out(d.edge),
                "load": In(a.rows),
                "select": In(d.field("select")),
                "weights": In(data.ArrayLayout(d.weights, a.banks)),
                "sums": In(d.slice_sums),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    @property
    def blocks(self) -> SliceBlocks:
        """What the PEs hold."""
        return self._blocks

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += [
            self.east.multiply.eq(self.west.multiply),
            self.east.add.eq(self.west.add),
            self.east.swap.eq(self.west.swap),
            self.east.accumulate.valid.eq(self.west.accumulate.valid),
            self.east.accumulate.payload.eq(self.west.accumulate.payload),
        ]
        for row in range(self._dimensions.array.rows):
            # An activation that is not multiplied anew has not changed.
            with m.If(self.west.multiply[row]):
                m.d.sync += self.east.activations[row].eq(self.west.activations[row])
        self._accumulators(m, platform, self._columns(m, platform))
        return m

    def _columns(self, m: Module, platform: Any) -> list[Value]:
        """The PEs; returns the sums that leave the columns."""
        a, widths = self._dimensions.array, self._dimensions.widths
        selects = self._selects(m)
        choices: dict[tuple[int, tuple[int, ...]], Signal] = {}
        formats = [PeFormat.of(widths, row) for row in range(a.rows)]
        kinds = list(dict.fromkeys(formats))
        bottoms = []
        for column in range(a.slice_columns):
            above: ValueLike = 0
            for row in range(a.rows):
                own = self._blocks.pes[row][column]
                number = kinds.index(formats[row])
                pe = place(
                    m,
                    platform,
                    f"pe_{row}_{column}",
                    f"{PE}{own.identifier}_{number}" if len(kinds) > 1 else f"{PE}{own.identifier}",
                    partial(
                        ProcessingElement,
                        own.blocks,
                        formats[row],
                        implementations=self._implementations,
                    ),
                )
                if len(own.blocks) > 1:
                    kind = (row, own.choices)
                    if kind not in choices:
                        choices[kind] = own.decode(m, selects[row], f"choice_{len(choices)}")
                    m.d.comb += pe.select.eq(choices[kind])
                m.d.comb += [
                    pe.activation.eq(self.west.activations[row]),
                    pe.multiply.eq(self.west.multiply[row]),
                    pe.add.eq(self.west.add[row]),
                    pe.swap.eq(self.west.swap[row]),
                    pe.load.eq(self.load[row]),
                    pe.weight.eq(self.weights[row // a.bank_rows][column]),
                    pe.sum_in.eq(above),
                ]
                above = pe.sum_out
            bottoms.append(above)
        return bottoms

    def _selects(self, m: Module) -> list[Signal]:
        """The selection of each row, with its load.

        A register for each row, so that none drives more than a row of PEs.
        """
        selects = [self.select]
        for row in range(1, self._dimensions.array.rows):
            select = Signal.like(self.select, name=f"select_{row}", reset_less=True)
            with m.If(self.load[row - 1]):
                m.d.sync += select.eq(selects[-1])
            selects.append(select)
        return selects

    def _accumulators(self, m: Module, platform: Any, bottoms: list[Value]) -> None:
        """Two sets of accumulators: each sum is read, added to, and stored a cycle later."""
        d = self._dimensions
        request, stage = self.west.accumulate, self.east.accumulate
        asked, here = request.payload, stage.payload
        shape = self.sums.data.shape()

        sums = Signal(shape)
        last_sums = Signal(shape, reset_less=True)
        # A pixel that follows itself at once is not yet in the memory when it is read.
        follows = Signal()
        follows_itself = Signal()
        m.d.comb += follows.eq(
            stage.valid
            & request.valid
            & (here.index == asked.index)
            & (here.bank == asked.bank)
            & ~asked.first_tile
        )
        m.d.sync += follows_itself.eq(follows)
        read_bank = Signal()
        with m.If(self.sums.enable):
            m.d.sync += read_bank.eq(self.sums.bank)
        stored = Signal(shape)
        words = []
        for bank in range(2):
            ram = place(
                m,
                platform,
                f"accumulators_{bank}",
                "hawx_accumulators",
                lambda: SimpleDualPortRam(shape.size, d.accumulators),
            )
            adds = request.valid & ~asked.first_tile & (asked.bank == bank)
            reads_out = self.sums.enable & (self.sums.bank == bank)
            m.d.comb += [
                ram.read.enable.eq(adds | reads_out),
                ram.read.address.eq(Mux(reads_out, self.sums.index, asked.index)),
                ram.write.enable.eq(stage.valid & (here.bank == bank)),
                ram.write.address.eq(here.index),
                ram.write.data.eq(sums),
            ]
            words.append(ram.read.data)
        m.d.comb += [
            stored.as_value().eq(Mux(here.bank, words[1], words[0])),
            self.sums.data.as_value().eq(Mux(read_bank, words[1], words[0])),
        ]
        for column, bottom in enumerate(bottoms):
            before = Signal(signed(d.sum_bits), name=f"before_{column}")
            own = Mux(follows_itself, last_sums[column], stored[column])
            m.d.comb += before.eq(Mux(here.first_tile, 0, own))
            total = carry_select_sum(m, bottom, before, d.sum_bits, f"total_{column}")
            m.d.comb += sums[column].eq(total)
        with m.If(follows):
            m.d.sync += last_sums.eq(sums)
