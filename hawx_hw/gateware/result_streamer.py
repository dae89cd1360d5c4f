"""Keeps the result of an inference and sends it as one packet."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import TensorLayout, index_width
from hawx_hw.gateware.memories import SimpleDualPortRam
from hawx_hw.gateware.streams import packet_signature
from hawx_hw.gateware.tensor_walker import TensorWalker

__all__ = ["ResultStreamer"]


class ResultStreamer(wiring.Component):
    """Stores result words, and after ``done`` streams them in HWC order with ``last`` on the last
    byte.

    **Latency**: the first byte is offered :attr:`LATENCY` after ``done``, then one byte a cycle.

    Parameters
    ----------
    layout : TensorLayout
        Of the result.

    Attributes
    ----------
    result : In({valid, address, data})
        One word a cycle; not while ``pending``.
    done : In(1)
        Pulse: the result is whole, counting a word that is written in the same cycle.
    pending : Out(1)
        The result has not been sent to its last byte yet: from the cycle after ``done`` to the
        cycle in which the last byte is accepted.
    bytes_out : Out(stream of {data, last})
        Result packets.
    """

    #: Cycles from ``done`` to the offer of the first byte: one until the first word is read.
    LATENCY = 1 + SimpleDualPortRam.LATENCY

    def __init__(self, layout: TensorLayout):
        self._layout = layout
        super().__init__(
            {
                "result": In(
                    wiring.Signature(
                        {
                            "valid": Out(1),
                            "address": Out(index_width(layout.words)),
                            "data": Out(8 * layout.word_codes),
                        }
                    )
                ),
                "done": In(1),
                "pending": Out(1),
                "bytes_out": Out(packet_signature()),
            }
        )

    @staticmethod
    def memory_shape(layout: TensorLayout) -> tuple[int, int]:
        """Width and depth of the memory of a result."""
        return 8 * layout.word_codes, layout.words

    @property
    def layout(self) -> TensorLayout:
        """The result's layout."""
        return self._layout

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        memory = place(
            m,
            platform,
            "memory",
            "hawx_result_ram",
            lambda: SimpleDualPortRam(*self.memory_shape(self._layout)),
        )
        walker = place(
            m, platform, "walker", "hawx_result_walker", lambda: TensorWalker(self._layout)
        )
        fetching = Signal()
        fetch = Signal()
        byte = Signal.like(walker.byte)

        m.d.comb += [
            memory.write.enable.eq(self.result.valid),
            memory.write.address.eq(self.result.address),
            memory.write.data.eq(self.result.data),
            # The memory's output register is the stage before the port: it moves when the port
            # does, and all bytes of a word are sent from one read.
            fetch.eq(fetching & (~self.bytes_out.valid | self.bytes_out.ready)),
            walker.step.eq(fetch),
            memory.read.enable.eq(fetch & walker.first_of_word),
            memory.read.address.eq(walker.address),
            self.bytes_out.p.data.eq(memory.read.data.word_select(byte, 8)),
            self.pending.eq(fetching | self.bytes_out.valid),
        ]
        with m.If(self.bytes_out.ready):
            m.d.sync += self.bytes_out.valid.eq(0)
        with m.If(fetch):
            m.d.sync += [
                self.bytes_out.valid.eq(1),
                self.bytes_out.p.last.eq(walker.last),
                byte.eq(walker.byte),
            ]
            with m.If(walker.last):
                m.d.sync += fetching.eq(0)
        with m.If(self.done):
            m.d.sync += fetching.eq(1)
        return m
