"""A slice of the array: some columns of PEs with their accumulators."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import CODE, Dimensions
from hawx_hw.architectures.systolic.gateware.pe import ProcessingElement
from hawx_hw.architectures.systolic.gateware.slice_blocks import PeBlocks, SliceBlocks
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

    **Latency**: a row's activation of cycle t is in that row's sum in cycle t + 1, and at the
    accumulators in cycle t + rows - row; with block registers both are a cycle later.
    ``accumulate`` must arrive one cycle before the sums that
    it belongs to; they are in the accumulators two cycles after it.

    Parameters
    ----------
    dimensions : Dimensions
    blocks : SliceBlocks
        What the PEs hold.
    implementations : mapping of str to str
        How each block is built, by its digest.

    Attributes
    ----------
    select : In
        Which of its blocks each PE uses; holds still while pixels are under way.
    activations, activations_out : In, Out(ArrayLayout(signed(8), rows))
    swap, swap_out : In, Out(rows)
        One bit a row.
    load : In(rows)
        One bit a row: take its weights from ``weights`` of its bank.
    weights : In(ArrayLayout(ArrayLayout(signed(8), slice_columns), banks))
    accumulate, accumulate_out : In, Out(Dimensions.accumulate)
    drain_enable, drain_bank, drain_index : In
        Read the sums of one pixel.
    drain_sums : Out(ArrayLayout(signed(sum_bits), slice_columns))
        In the cycle after ``drain_enable``.
    """

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
        activations = data.ArrayLayout(CODE, a.rows)
        self._sums = data.ArrayLayout(d.sums.elem_shape, a.slice_columns)
        super().__init__(
            {
                "select": In(d.field("select")),
                "activations": In(activations),
                "activations_out": Out(activations),
                "swap": In(a.rows),
                "swap_out": Out(a.rows),
                "load": In(a.rows),
                "weights": In(data.ArrayLayout(data.ArrayLayout(CODE, a.slice_columns), a.banks)),
                "accumulate": In(d.accumulate),
                "accumulate_out": Out(d.accumulate),
                "drain_enable": In(1),
                "drain_bank": In(1),
                "drain_index": In(d.accumulate["index"].shape),
                "drain_sums": Out(self._sums),
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
            self.activations_out.eq(self.activations),
            self.swap_out.eq(self.swap),
            self.accumulate_out.eq(self.accumulate),
        ]
        self._accumulators(m, platform, self._columns(m, platform))
        return m

    def _columns(self, m: Module, platform: Any) -> list[Any]:
        """The PEs; returns the sums that leave the columns."""
        a = self._dimensions.array
        selects: dict[tuple[int, ...], Signal] = {}
        bottoms = []
        for column in range(a.slice_columns):
            above: Any = 0
            for row in range(a.rows):
                held = self._blocks.pes[row][column]
                pe = place(
                    m,
                    platform,
                    f"pe_{row}_{column}",
                    f"hawx_pe_{held.identifier}",
                    partial(
                        ProcessingElement,
                        held.blocks,
                        self._dimensions.sum_bits,
                        block_register=a.block_register,
                        implementations=self._implementations,
                    ),
                )
                if len(held.blocks) > 1:
                    if held.choices not in selects:
                        selects[held.choices] = self._select(m, held, len(selects))
                    m.d.comb += pe.select.eq(selects[held.choices])
                m.d.comb += [
                    pe.activation.eq(self.activations[row]),
                    pe.swap.eq(self.swap[row]),
                    pe.load.eq(self.load[row]),
                    pe.weight.eq(self.weights[row // a.bank_rows][column]),
                    pe.sum_in.eq(above),
                ]
                above = pe.sum_out
            bottoms.append(above)
        return bottoms

    def _select(self, m: Module, held: PeBlocks, number: int) -> Signal:
        """The block that PEs with these choices use."""
        select = Signal(range(len(held.blocks)), name=f"select_{number}")
        with m.Switch(self.select):
            for value, choice in enumerate(held.choices):
                with m.Case(value):
                    m.d.comb += select.eq(choice)
        return select

    def _accumulators(self, m: Module, platform: Any, bottoms: list[Any]) -> None:
        d = self._dimensions
        request, here = self.accumulate, self.accumulate_out
        width = self._sums.size

        sums, last_sums = Signal(self._sums), Signal(self._sums, reset_less=True)
        # A pixel that follows itself at once is not yet in the memory when it is read.
        follows_itself = Signal()
        m.d.sync += follows_itself.eq(
            here.valid
            & (here.index == request.index)
            & (here.bank == request.bank)
            & ~request.first_tile
        )
        drained_bank = Signal()
        m.d.sync += drained_bank.eq(self.drain_bank)
        stored = Signal(self._sums)
        words = []
        for bank in range(2):
            ram = place(
                m,
                platform,
                f"accumulators_{bank}",
                "hawx_accumulators",
                lambda: SimpleDualPortRam(width, d.accumulators),
            )
            read = request.valid & ~request.first_tile & (request.bank == bank)
            drain = self.drain_enable & (self.drain_bank == bank)
            m.d.comb += [
                ram.read_enable.eq(read | drain),
                ram.read_address.eq(Mux(drain, self.drain_index, request.index)),
                ram.write_enable.eq(here.valid & (here.bank == bank)),
                ram.write_address.eq(here.index),
                ram.write_data.eq(sums),
            ]
            words.append(ram.read_data)
        m.d.comb += [
            stored.as_value().eq(Mux(here.bank, words[1], words[0])),
            self.drain_sums.as_value().eq(Mux(drained_bank, words[1], words[0])),
        ]
        for column, bottom in enumerate(bottoms):
            before = Mux(here.first_tile, 0, Mux(follows_itself, last_sums[column], stored[column]))
            m.d.comb += sums[column].eq(bottom + before)
        with m.If(here.valid):
            m.d.sync += last_sums.eq(sums)
