"""The processing element: one weight, one multiplier, one partial sum."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.blocks.block import Block
from hawx_hw.gateware.common.hierarchy import place

from .dimensions import CODE

__all__ = ["ProcessingElement"]


class ProcessingElement(wiring.Component):
    """A weight-stationary PE.

    It holds two weights: the one that multiplies, and the next tile's, which is loaded meanwhile.

    **Latency**: ``sum_out`` is the sum of ``sum_in`` and ``activation * weight`` of the previous
    cycle. A weight loaded in one cycle may be swapped in the next; one swapped in a cycle
    multiplies from the next cycle on. Loading and swapping in one cycle swaps the weight that was
    there before.

    Parameters
    ----------
    block : Block
        The multiplier.
    sum_bits : int
        Width of the sums in two's complement; the mapping proves that they never overflow.

    Attributes
    ----------
    activation : In(signed(8))
    weight : In(signed(8))
    load : In(1)
        Take ``weight`` as the next weight.
    swap : In(1)
        The next weight becomes the present one.
    sum_in, sum_out : In, Out(signed(sum_bits))
    """

    def __init__(self, block: Block, sum_bits: int):
        if sum_bits < 8:
            raise ValueError(f"Sum width must be at least 8 bits, not {sum_bits!r}")
        self._block = block
        self._sum_bits = sum_bits
        super().__init__(
            {
                "activation": In(CODE),
                "weight": In(CODE),
                "load": In(1),
                "swap": In(1),
                "sum_in": In(signed(sum_bits)),
                "sum_out": Out(signed(sum_bits)),
            }
        )

    @property
    def block(self) -> Block:
        """The multiplier."""
        return self._block

    @property
    def sum_bits(self) -> int:
        """Width of the sums."""
        return self._sum_bits

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # Nothing here needs a reset: no sum counts before a weight is loaded and a pixel arrives.
        present, following = Signal(CODE, reset_less=True), Signal(CODE, reset_less=True)
        total = Signal(signed(self._sum_bits), reset_less=True)
        with m.If(self.load):
            m.d.sync += following.eq(self.weight)
        with m.If(self.swap):
            m.d.sync += present.eq(following)
        multiplier = place(
            m, platform, "multiplier", f"hawx_block_{self._block.identifier}", self._block.component
        )
        m.d.comb += [multiplier.a.eq(present), multiplier.b.eq(self.activation)]
        m.d.sync += total.eq(self.sum_in + multiplier.product)
        m.d.comb += self.sum_out.eq(total)
        return m
