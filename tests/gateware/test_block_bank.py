# amaranth: UnusedElaboratable=no
"""The blocks of a multiplier cell: the chosen one multiplies, the others hold still."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from amaranth.hdl import Module, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.gateware.block_bank import BlockBank, CellBlocks, Isolation
from hawx_hw.gateware.simulation import simulate
from tests.synthetic_blocks import Biased, Wide


class Cell(wiring.Component):
    """A bank with the registers that choose a block, and a register for its product."""

    def __init__(
        self, blocks: Sequence[Block], *, selections: Sequence[int], bits: int = 8, zeros: int = 0
    ):
        self.bank = BlockBank(blocks)
        self._cell = CellBlocks(tuple(blocks), tuple(selections))
        self._zeros = zeros
        super().__init__(
            {
                "weight": In(signed(bits)),
                "activation": In(signed(bits)),
                "select": In(range(len(selections))),
                "choose": In(1),
                "enable": In(1),
                "product": Out(self.bank.shape),
                "registered": Out(signed(24)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        isolation = None
        if self.bank.several:
            isolation = Isolation.create(len(self.bank.blocks))
            choice = self._cell.decode(m, self.select, "choice")
            with m.If(self.choose):
                m.d.sync += isolation.take(1 << choice)
        product = self.bank.multiply(m, platform, self.weight, self.activation, isolation)
        late = self.bank.register(m, product, self.enable, bits=24, zeros=self._zeros)
        m.d.comb += [self.product.eq(product), self.registered.eq(late)]
        return m


def code(rng: random.Random) -> int:
    return rng.choice([-128, 127, 0, rng.randint(-128, 127)])


@pytest.mark.parametrize("select", range(4))
def test_a_selection_chooses_a_block(select: int) -> None:
    blocks, selections = [Exact(), Biased(), Wide()], (2, 0, 0, 1)
    cell = Cell(blocks, selections=selections)
    rng = random.Random(select)
    table = blocks[selections[select]].raw_table

    async def drive(ctx: Any) -> None:
        ctx.set(cell.select, select)
        ctx.set(cell.choose, 1)
        await ctx.tick()
        ctx.set(cell.choose, 0)
        for _ in range(200):
            # Counts with ``choose`` only.
            ctx.set(cell.select, rng.randrange(4))
            weight, activation = code(rng), code(rng)
            ctx.set(cell.weight, weight)
            ctx.set(cell.activation, activation)
            await ctx.tick()
            assert ctx.get(cell.product) == int(table[weight + 128, activation + 128])

    simulate(cell, drive)


def test_blocks_that_are_not_chosen_see_zeros() -> None:
    made: list[Any] = []

    class Remembered(Biased):
        def component(self, architecture: str | None = None) -> BlockComponent:
            made.append(super().component(architecture))
            return made[-1]

    cell = Cell([Remembered(1), Remembered(2), Remembered(3)], selections=range(3))
    rng = random.Random(1)
    seen: set[int] = set()

    async def drive(ctx: Any) -> None:
        for chosen in (1, 0, 2):
            ctx.set(cell.select, chosen)
            ctx.set(cell.choose, 1)
            await ctx.tick()
            ctx.set(cell.choose, 0)
            for _ in range(30):
                ctx.set(cell.weight, rng.randint(1, 127))
                ctx.set(cell.activation, rng.randint(1, 127))
                await ctx.tick()
                for number, block in enumerate(made):
                    operands = (ctx.get(block.a), ctx.get(block.b))
                    if number == chosen:
                        assert 0 not in operands
                        seen.add(number)
                    else:
                        assert operands == (0, 0)

    simulate(cell, drive)
    assert seen == {0, 1, 2}


@pytest.mark.parametrize("name", ["exact", "precision(w=3,a=3)"])
def test_upper_bits_of_operands(name: str) -> None:
    """Those below are zero at the block, and the low bits of its product are left out."""
    block = by_name(name)
    cell = Cell([block], selections=[0], bits=3, zeros=10)

    async def drive(ctx: Any) -> None:
        ctx.set(cell.enable, 1)
        for weight in range(-4, 4):
            for activation in range(-4, 4):
                ctx.set(cell.weight, weight)
                ctx.set(cell.activation, activation)
                await ctx.tick()
                product = int(block.raw_table[weight * 32 + 128, activation * 32 + 128])
                assert ctx.get(cell.registered) == product >> 10

    simulate(cell, drive)


def test_the_register_holds_without_its_enable() -> None:
    cell = Cell([by_name("exact")], selections=[0])

    async def drive(ctx: Any) -> None:
        ctx.set(cell.weight, 7)
        ctx.set(cell.activation, -9)
        ctx.set(cell.enable, 1)
        await ctx.tick()
        ctx.set(cell.enable, 0)
        ctx.set(cell.activation, 100)
        for _ in range(3):
            assert ctx.get(cell.registered) == -63
            await ctx.tick()
        assert ctx.get(cell.product) == 700

    simulate(cell, drive)


def test_a_bank_has_a_block() -> None:
    with pytest.raises(ValueError, match="at least one block"):
        BlockBank([])


def test_an_isolation_goes_with_several_blocks() -> None:
    for blocks, isolation in (([Exact()], Isolation.create(1)), ([Exact(), Wide()], None)):
        with pytest.raises(ValueError, match="must have an isolation"):
            BlockBank(blocks).multiply(Module(), None, Isolation.create(8).chosen, 0, isolation)


@pytest.mark.parametrize(
    ("blocks", "identifier"),
    [
        ((by_name("exact"),), "exact"),
        ((by_name("exact"), Biased(3)), f"exact__{Biased(3).identifier}"),
    ],
)
def test_identifiers(blocks: tuple[Block, ...], identifier: str) -> None:
    assert CellBlocks(blocks, (0,)).identifier == identifier


def test_identifiers_of_many_blocks_are_short_and_different() -> None:
    many = tuple(Biased(number) for number in range(20))
    names = {CellBlocks(many[:count], (0,)).identifier for count in range(15, 21)}
    assert len(names) == 6
    assert all(len(name) < 100 and name.isidentifier() for name in {f"b{n}" for n in names})
    assert CellBlocks(many, (0,)).identifier.startswith("20_blocks_")
