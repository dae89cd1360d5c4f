"""The lane: operands, one or several blocks, and the running sum of a register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.request import Kind
from hawx_hw.blocks.block import Block
from hawx_hw.gateware.adders import carry_select_sum
from hawx_hw.gateware.block_bank import BlockBank, Isolation
from hawx_hw.graph.graph import CODE_MIN

__all__ = ["Lane", "LaneControl"]


class LaneControl(data.StructLayout):
    """What a lane does in a cycle of its adder.

    Members
    -------
    begins : 1
        A tap is there that is the first of its run: the sum begins with the register, or anew.
    clears : 1
        With ``begins``: anew.
    kind : Kind
    """

    def __init__(self) -> None:
        super().__init__({"begins": 1, "clears": 1, "kind": Kind})


class Lane(wiring.Component):
    """Multiplies, and adds to the sum of the vector register that the run belongs to.

    Of several blocks the selection chooses the one that counts; the operands of the others are held
    at zero. A lane that does not take part holds its operands still; its sum takes the register at
    the begin of a run and keeps it.

    **Latency**: from ``weight`` and ``activation`` to the cycle of ``control``, in which they are
    added, :meth:`operand_latency`; to ``total`` one cycle more.

    Parameters
    ----------
    blocks : sequence of Block
        At least one.
    bits : int
        Of a vector register.
    block_register : bool
        Whether a register follows the blocks: it keeps their glitches out of the adder, and their
        delay out of its path.
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Attributes
    ----------
    weight, take_weight : In(signed(8)), In(1)
    activation, take_activation : In(signed(8)), In(1)
    moves : In(1)
        The operands that were taken last are codes, to be added as they are.
    product : In(1)
        Only with ``block_register``: the register takes the product, or the code, of the operands
        that were taken in the cycle before.
    choose, select : In(1), In
        Only with several blocks: the number of the one that counts for the operands that are taken
        with it and later.
    control : In(LaneControl)
    takes_part : In(1)
        With ``control``: a tap is there, and the lane is not masked. Otherwise the sum holds still,
        or is the register.
    before : In(signed(bits))
        With ``control.begins``: the vector register.
    total : Out(signed(bits))
    """

    @staticmethod
    def operand_latency(block_register: bool) -> int:
        """Cycles from the operands to the cycle in which their product is added."""
        return 2 if block_register else 1

    def __init__(
        self,
        blocks: Sequence[Block],
        bits: int,
        *,
        block_register: bool = False,
        implementations: Mapping[str, str] | None = None,
    ):
        self._bank = BlockBank(blocks, implementations)
        self._bits = bits
        self._block_register = block_register
        members = {
            "weight": In(signed(8)),
            "take_weight": In(1),
            "activation": In(signed(8)),
            "take_activation": In(1),
            "moves": In(1),
            "control": In(LaneControl()),
            "takes_part": In(1),
            "before": In(signed(bits)),
            "total": Out(signed(bits)),
        }
        if block_register:
            members["product"] = In(1)
        if self._bank.several:
            members |= {"choose": In(1), "select": In(range(len(self._bank.blocks)))}
        super().__init__(members)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The multipliers."""
        return self._bank.blocks

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # Nothing here needs a reset: no sum counts before a run begins.
        weight, activation = (
            Signal(signed(8), name=name, reset_less=True) for name in ("weight_held", "code_held")
        )
        with m.If(self.take_weight):
            m.d.sync += weight.eq(self.weight)
        with m.If(self.take_activation):
            m.d.sync += activation.eq(self.activation)
        isolation = None
        if self._bank.several:
            isolation = Isolation.create(len(self._bank.blocks))
            with m.If(self.choose):
                m.d.sync += isolation.take(1 << self.select)
        product: Value = self._bank.multiply(m, platform, weight, activation, isolation)
        if self._block_register:
            width = max(8, len(product))
            # Codes take the way of products.
            value = Mux(self.moves, activation, product)
            value = self._bank.register(m, value, self.product, bits=width)
            self._sum(m, value, value)
        else:
            self._sum(m, Mux(self.moves, activation, product), activation)
        return m

    def _sum(self, m: Module, value: Value, code: Value) -> None:
        """Add a product or code; the code alone is there earlier."""
        control, bits = self.control, self._bits
        total = Signal(signed(bits), reset_less=True)
        base = Signal(signed(bits), name="base")
        maximum = control.kind == Kind.MAXIMUM
        with m.If(~control.begins):
            m.d.comb += base.eq(total)
        with m.Elif(control.clears & self.takes_part):
            m.d.comb += base.eq(Mux(maximum, Const(CODE_MIN, signed(bits)), 0))
        with m.Else():
            m.d.comb += base.eq(self.before)
        # Nothing is added where the sum stays, so that it needs no other way to stay.
        adds, loads = Signal(name="adds"), Signal(name="loads")
        addend = Signal(value.shape(), name="addend")
        m.d.comb += [
            adds.eq(self.takes_part & (control.kind == Kind.ADD)),
            loads.eq(
                self.takes_part & ((control.kind == Kind.LOAD) | (maximum & _below(m, base, code)))
            ),
            addend.eq(value & adds.replicate(len(value))),
        ]
        added = carry_select_sum(m, base, addend, bits, "added")
        m.d.sync += total.eq(Mux(loads, code, added))
        m.d.comb += self.total.eq(total)


def _below(m: Module, number: Signal, code: Value) -> Value:
    """Whether a number is below a code of eight bits: only those of eight bits are compared."""
    sign = number[-1]
    small = Signal(name="small")
    m.d.comb += small.eq(number[7:] == sign.replicate(len(number) - 7))
    return Mux(small, number[:8].as_signed() < code[:8].as_signed(), sign)
