"""The processing element: one weight, one or several blocks, one partial sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.widths import Widths
from hawx_hw.blocks.block import Block
from hawx_hw.gateware.block_bank import BlockBank, Isolation

__all__ = ["PeFormat", "ProcessingElement"]


@dataclass(frozen=True)
class PeFormat:
    """Bits of a PE's operands and sums.

    Parameters
    ----------
    activation_bits, weight_bits : int
        The upper bits of the operands; those below are zero at the blocks.
    product_bits : int
        Of the product, without ``zeros``.
    sum_in_bits, sum_out_bits : int
        Of the sums, without ``zeros``; the mapping proves that they never overflow.
    zeros : int
        Low bits of products and sums that are left out, since they are always zero.
    """

    activation_bits: int
    weight_bits: int
    product_bits: int
    sum_in_bits: int
    sum_out_bits: int
    zeros: int = 0

    @classmethod
    def of(cls, widths: Widths, row: int) -> PeFormat:
        """The format of the PEs of a row; nothing enters the first row from above."""
        return cls(
            widths.activation_bits,
            widths.weight_bits,
            widths.product_bits[row],
            widths.sum_bits[row - 1] if row else 1,
            widths.sum_bits[row],
            widths.sum_zeros,
        )

    @classmethod
    def whole(cls, blocks: Sequence[Block], sum_bits: int) -> PeFormat:
        """Eight bits of each operand, all of the products, and sums of one width."""
        return cls(8, 8, max(block.product_bits for block in blocks), sum_bits, sum_bits)


class ProcessingElement(wiring.Component):
    """A weight-stationary PE.

    It holds two weights: the one that multiplies, and the next tile's, which is loaded meanwhile.
    A register follows the blocks: it keeps their glitches out of the adders below, and their delay
    out of the adder's path.

    Of several blocks, ``select`` chooses the one whose product counts. It is loaded and swapped in
    with the weight. The operands of the other blocks are held at zero, so that nothing in them
    toggles.

    **Latency**: ``sum_out`` follows ``sum_in`` by :attr:`SUM_LATENCY`, and ``activation`` with the
    weight of its cycle by :attr:`PRODUCT_LATENCY` more. A weight may be swapped in
    :attr:`LOAD_LATENCY` after it was loaded, and multiplies :attr:`SWAP_LATENCY` after the swap.
    Loading and swapping in one cycle swaps the weight that was there before.

    Parameters
    ----------
    blocks : sequence of Block
        At least one.
    format : PeFormat
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Attributes
    ----------
    activation : In(signed(activation_bits))
    multiply : In(1)
        The product of this cycle differs from the last one that was taken, or may: the activation
        or the weight changed. Where it does not, the register after the blocks need not be clocked.
    add : In(1)
        Take ``sum_in`` and the product that was registered. Must follow the ``activation`` of the
        pixel by :attr:`PRODUCT_LATENCY`. Without a pixel the sum may hold still.
    weight : In(signed(weight_bits))
    load : In(1)
        Take ``weight``, and ``select``, as the next ones.
    swap : In(1)
        The next weight becomes the present one.
    sum_in, sum_out : In(signed(sum_in_bits)), Out(signed(sum_out_bits))
    select : In(range(len(blocks)))
        Only with several blocks: the one that multiplies ``weight``.
    """

    #: Cycles from ``sum_in`` to ``sum_out``.
    SUM_LATENCY = 1
    #: Cycles from ``activation`` to the ``sum_in`` that its product is added to.
    PRODUCT_LATENCY = 1
    #: Cycles from ``load`` to the first ``swap`` that takes the weight.
    LOAD_LATENCY = 1
    #: Cycles from ``swap`` to the first activation that the weight multiplies.
    SWAP_LATENCY = 1

    def __init__(
        self,
        blocks: Sequence[Block],
        format: PeFormat,
        *,
        implementations: Mapping[str, str] | None = None,
    ):
        self._bank = BlockBank(blocks, implementations)
        self._format = format
        select = {"select": In(range(len(blocks)))} if self._bank.several else {}
        super().__init__(
            {
                **select,
                "activation": In(signed(format.activation_bits)),
                "multiply": In(1),
                "add": In(1),
                "weight": In(signed(format.weight_bits)),
                "load": In(1),
                "swap": In(1),
                "sum_in": In(signed(format.sum_in_bits)),
                "sum_out": Out(signed(format.sum_out_bits)),
            }
        )

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The multipliers."""
        return self._bank.blocks

    @property
    def format(self) -> PeFormat:
        """Bits of operands and sums."""
        return self._format

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # Nothing here needs a reset: no sum counts before a weight is loaded and a pixel arrives.
        f = self._format
        present, following = (
            Signal(signed(f.weight_bits), name=name, reset_less=True)
            for name in ("present", "following")
        )
        total = Signal(signed(f.sum_out_bits), reset_less=True)
        with m.If(self.load):
            m.d.sync += following.eq(self.weight)
        with m.If(self.swap):
            m.d.sync += present.eq(following)
        isolation = self._isolation(m) if self._bank.several else None
        wires = self._bank.multiply(m, platform, present, self.activation, isolation)
        product = self._bank.register(m, wires, self.multiply, bits=f.product_bits, zeros=f.zeros)
        added = Signal(signed(max(len(self.sum_in), len(product)) + 1))
        m.d.comb += added.eq(self.sum_in + product)
        with m.If(self.add):
            m.d.sync += total.eq(added)
        m.d.comb += self.sum_out.eq(total)
        return m

    def _isolation(self, m: Module) -> Isolation:
        """Which block multiplies the present weight.

        Decoded before the registers, so that nothing but a register drives the isolation.
        """
        count = len(self._bank.blocks)
        following = Signal(count, name="chosen_next", reset_less=True)
        isolation = Isolation.create(count)
        with m.If(self.load):
            m.d.sync += following.eq(1 << self.select)
        with m.If(self.swap):
            m.d.sync += isolation.take(following)
        return isolation
