"""One multiplier cell: several blocks of which one multiplies, the others isolated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal, Value, signed

from hawx_hw.blocks.block import Block
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.names import BLOCK

__all__ = ["BlockBank", "CellBlocks", "Isolation"]

# Longer module names are cut by some tools.
_NAME_LIMIT = 100


@dataclass(frozen=True)
class CellBlocks:
    """The blocks of one multiplier cell, and which of them it uses when.

    Parameters
    ----------
    blocks : tuple of Block
        At least one.
    choices : tuple of int
        Index into ``blocks`` for each selection.
    """

    blocks: tuple[Block, ...]
    choices: tuple[int, ...]

    @property
    def identifier(self) -> str:
        """The blocks' names as a part of a Verilog identifier."""
        name = "__".join(block.identifier for block in self.blocks)
        if len(name) <= _NAME_LIMIT:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{len(self.blocks)}_blocks_{digest}"

    def decode(self, m: Module, select: Value, name: str) -> Signal:
        """The index into ``blocks`` that a selection chooses, as a signal of this name."""
        choice = Signal(range(len(self.blocks)), name=name)
        with m.Switch(select):
            for value, index in enumerate(self.choices):
                with m.Case(value):
                    m.d.comb += choice.eq(index)
        return choice


@dataclass(frozen=True)
class Isolation:
    """Which of several blocks multiplies, one bit a block; both from registers.

    Nothing but a register drives the isolation of operands. Each operand has its own, since one
    would need a buffer to drive both.

    Parameters
    ----------
    chosen : Signal
        The block's bit is 1, all others 0.
    others : Signal
        The opposite.
    """

    chosen: Signal
    others: Signal

    @classmethod
    def create(cls, count: int) -> Isolation:
        """Registers for so many blocks; they need no reset where no product counts before."""
        chosen = Signal(count, name="chosen", reset_less=True)
        return cls(chosen, Signal(count, name="others", reset_less=True))

    def take(self, chosen: Value) -> list[Any]:
        """The statements that load both; ``chosen`` has one bit a block, of which one is 1."""
        return [self.chosen.eq(chosen), self.others.eq(~chosen)]


class BlockBank:
    """The blocks of a multiplier cell, in the module of the cell.

    Operands of the blocks that are not chosen are held at zero, so that nothing in them toggles.

    Parameters
    ----------
    blocks : sequence of Block
        At least one.
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Raises
    ------
    ValueError
        There is no block.
    """

    def __init__(self, blocks: Sequence[Block], implementations: Mapping[str, str] | None = None):
        if not blocks:
            raise ValueError("A multiplier cell must hold at least one block")
        self._blocks = tuple(blocks)
        self._implementations = dict(implementations or {})

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The multipliers."""
        return self._blocks

    @property
    def several(self) -> bool:
        """Whether one of several blocks is chosen."""
        return len(self._blocks) > 1

    @property
    def shape(self) -> Shape:
        """Shape of the product of any of the blocks."""
        return signed(max(block.product_bits for block in self._blocks))

    def multiply(
        self,
        m: Module,
        platform: Any,
        weight: Value,
        activation: Value,
        isolation: Isolation | None = None,
    ) -> Signal:
        """Place the blocks; returns the product of the chosen one, without a register.

        Parameters
        ----------
        m : Module
            Gets the instances ``multiplier`` or ``multiplier_<number>``.
        platform : Any
        weight, activation : Value
            The upper bits of the operands, at most eight; those below are zero at the blocks.
        isolation : Isolation or None
            Only with several blocks.

        Raises
        ------
        ValueError
            The isolation is missing, or is there with a single block.
        """
        if self.several != (isolation is not None):
            raise ValueError("Several blocks must have an isolation, a single one none")
        product = Signal(self.shape, name="selected_product")
        a, b = _operand(weight), _operand(activation)
        gated = []
        for number, block in enumerate(self._blocks):
            multiplier = place(
                m,
                platform,
                f"multiplier_{number}" if self.several else "multiplier",
                f"{BLOCK}{block.identifier}",
                partial(block.component, self._implementations.get(block.digest)),
            )
            if isolation is None:
                m.d.comb += [multiplier.a.eq(a), multiplier.b.eq(b)]
                gated.append(multiplier.product)
                continue
            chosen, others = isolation.chosen[number], isolation.others[number]
            m.d.comb += [multiplier.a.eq(Mux(others, 0, a)), multiplier.b.eq(Mux(chosen, b, 0))]
            wide = Signal(self.shape, name=f"product_{number}")
            # A block need not make 0 of 0 times 0; most do, and then nothing need hold it at 0.
            zero = block.raw_table[128, 128] == 0
            m.d.comb += wide.eq(multiplier.product if zero else Mux(chosen, multiplier.product, 0))
            gated.append(wide)
        m.d.comb += product.eq(reduce(or_, gated))
        return product

    def register(
        self, m: Module, product: Value, enable: Value, *, bits: int, zeros: int = 0
    ) -> Signal:
        """The product a cycle later; it keeps the glitches of the blocks out of what follows.

        Parameters
        ----------
        m : Module
            Gets the register, which needs no reset where no product counts before.
        product : Value
            Of :meth:`multiply`.
        enable : Value
            The register takes the product; otherwise it holds still.
        bits : int
            Two's complement width of what is registered.
        zeros : int
            Low bits of the product that are left out, since they are always zero.
        """
        registered = Signal(signed(bits), name="product", reset_less=True)
        with m.If(enable):
            m.d.sync += registered.eq(product[zeros:].as_signed())
        return registered


def _operand(upper: Value) -> Value:
    """An operand of eight bits, of its upper ones."""
    return Cat(C(0, 8 - len(upper)), upper).as_signed()
