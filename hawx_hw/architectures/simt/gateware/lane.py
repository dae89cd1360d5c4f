"""The lane: operands, one or several blocks, and the running sum of a register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.request import Kind
from hawx_hw.blocks.block import Block
from hawx_hw.gateware.adders import extended_sum
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
        Only where there are several.

    Parameters
    ----------
    kinds : set of Kind
    """

    def __init__(self, kinds: Set[Kind]):
        own = {"kind": Kind} if len(kinds) > 1 else {}
        super().__init__({"begins": 1, "clears": 1, **own})


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
    kinds : set of Kind
        What may become of a register and a code or product; :attr:`Kind.ADD` is one.
    moves : bool
        Whether codes are added as they are.
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Attributes
    ----------
    weight, take_weight : In(signed(8)), In(1)
    activation, take_activation : In(signed(8)), In(1)
    moves : In(1)
        Only with codes to be added as they are: the operands that were taken last are such.
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
        kinds: Set[Kind] = frozenset(Kind),
        moves: bool = True,
        implementations: Mapping[str, str] | None = None,
    ):
        self._bank = BlockBank(blocks, implementations)
        self._bits = bits
        self._block_register = block_register
        self._kinds, self._moves = frozenset(kinds), moves
        members = {
            "weight": In(signed(8)),
            "take_weight": In(1),
            "activation": In(signed(8)),
            "take_activation": In(1),
            "control": In(LaneControl(kinds)),
            "takes_part": In(1),
            "before": In(signed(bits)),
            "total": Out(signed(bits)),
        }
        if moves:
            members["moves"] = In(1)
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
        moves = self.moves if self._moves else Const(0, 1)
        if self._block_register:
            # Codes take the way of products.
            value = Mux(moves, activation, product) if self._moves else product
            product = self._bank.register(m, value, self.product, bits=max(8, len(product)))
            self._sum(m, product, product, Const(0, 1))
        else:
            self._sum(m, product, activation, moves)
        return m

    def _sum(self, m: Module, product: Value, code: Value, moves: Value) -> None:
        """Add a product, or a code, which is there earlier."""
        control, bits, kinds = self.control, self._bits, self._kinds
        total = Signal(signed(bits), reset_less=True)
        base = Signal(signed(bits), name="base")
        adds: Value = self.takes_part
        least: Value = Const(0, signed(bits))
        if len(kinds) > 1:
            adds = adds & (control.kind == Kind.ADD)
        if Kind.MAXIMUM in kinds:
            least = Mux(control.kind == Kind.MAXIMUM, Const(CODE_MIN, signed(bits)), least)
        with m.If(~control.begins):
            m.d.comb += base.eq(total)
        with m.Elif(control.clears & self.takes_part):
            m.d.comb += base.eq(least)
        with m.Else():
            m.d.comb += base.eq(self.before)
        # Nothing is added where the sum stays, so that it needs no other way to stay.
        width = max(8, len(product))
        addend = Signal(signed(width), name="addend")
        gated = [
            _extended(value, width) & when.replicate(width)
            for value, when in ((product, adds & ~moves), (code, adds & moves))
        ]
        m.d.comb += addend.eq(gated[0] | gated[1])
        added = extended_sum(m, base, addend, bits, "added")
        m.d.sync += total.eq(self._loaded(m, base, code, added))
        m.d.comb += self.total.eq(total)

    def _loaded(self, m: Module, base: Signal, code: Value, added: Value) -> Value:
        """The code itself where it takes the sum's place."""
        kinds, kind = self._kinds, self.control.kind if len(self._kinds) > 1 else None
        if kind is None:
            return added
        loads = Signal(name="loads")
        reasons = []
        if Kind.LOAD in kinds:
            reasons.append(kind == Kind.LOAD)
        if Kind.MAXIMUM in kinds:
            reasons.append((kind == Kind.MAXIMUM) & _below(m, base, code))
        m.d.comb += loads.eq(self.takes_part & Cat(reasons).any())
        return Mux(loads, code, added)


def _extended(value: Value, bits: int) -> Value:
    """A signed number in more bits, or in as many."""
    return Cat(value, value[-1].replicate(bits - len(value))) if bits > len(value) else value


def _below(m: Module, number: Signal, code: Value) -> Value:
    """Whether a number is below a code of eight bits: only those of eight bits are compared."""
    sign = number[-1]
    small = Signal(name="small")
    m.d.comb += small.eq(number[7:] == sign.replicate(len(number) - 7))
    return Mux(small, number[:8].as_signed() < code[:8].as_signed(), sign)
