# amaranth: UnusedElaboratable=no
"""The PE against a plain model: two weights, one sum a cycle."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from hawx_hw.architectures.common.widths import unread_bits
from hawx_hw.architectures.systolic.gateware.pe import PeFormat, ProcessingElement
from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.gateware.simulation import simulate
from tests.architectures.systolic.gateware.parts import pulse
from tests.synthetic_blocks import Biased, Wide

Stimulus = list[tuple[int, int, int, int, int]]  # activation, weight, load, swap, sum_in


def whole(blocks: Sequence[Block], sum_bits: int) -> ProcessingElement:
    """A PE that leaves no bit out."""
    return ProcessingElement(blocks, PeFormat.whole(blocks, sum_bits))


def ref_sums(stimulus: Stimulus) -> list[int]:
    present = following = 0
    sums = []
    for activation, weight, load, swap, sum_in in stimulus:
        sums.append(sum_in + activation * present)
        if swap:
            present = following
        if load:
            following = weight
    return sums


def rtl_sums(stimulus: Stimulus, sum_bits: int) -> list[int]:
    pe = whole([by_name("exact")], sum_bits)
    sums: list[int] = []
    assert ProcessingElement.PRODUCT_LATENCY == 1

    async def drive(ctx: Any) -> None:
        before = 0
        for activation, weight, load, swap, sum_in in stimulus:
            ctx.set(pe.activation, activation)
            ctx.set(pe.multiply, 1)
            ctx.set(pe.add, 1)
            ctx.set(pe.weight, weight)
            ctx.set(pe.load, load)
            ctx.set(pe.swap, swap)
            # The sum that the product of this cycle's activation is added to comes later.
            ctx.set(pe.sum_in, before)
            before = sum_in
            await ctx.tick()
            sums.append(ctx.get(pe.sum_out))
        ctx.set(pe.sum_in, before)
        await ctx.tick()
        sums.append(ctx.get(pe.sum_out))

    simulate(pe, drive)
    return sums[1:]


def code(rng: random.Random) -> int:
    return rng.choice([-128, 127, rng.randint(-128, 127)])


@pytest.mark.parametrize("seed", range(3))
def test_random_streams(seed: int) -> None:
    rng = random.Random(seed)
    stimulus = [
        (
            code(rng),
            max(-127, code(rng)),
            rng.random() < 0.4,
            rng.random() < 0.3,
            rng.randint(-(2**20), 2**20),
        )
        for _ in range(400)
    ]
    assert rtl_sums(stimulus, 23) == ref_sums(stimulus)


def test_loading_and_swapping_in_one_cycle_takes_the_old_weight() -> None:
    stimulus = [(0, 5, 1, 0, 0), (0, 7, 1, 1, 0), (10, 0, 0, 1, 1), (10, 0, 0, 0, 1)]
    assert rtl_sums(stimulus, 16) == [0, 0, 51, 71]


@pytest.mark.parametrize("chosen", range(3))
def test_the_selected_block_multiplies(chosen: int) -> None:
    blocks = [Exact(), Biased(), Wide()]
    pe = whole(blocks, 24)
    rng = random.Random(chosen)
    stimulus = [(code(rng), max(-127, code(rng)), rng.randint(-9999, 9999)) for _ in range(200)]
    expected = [int(blocks[chosen].raw_table[w + 128, x + 128]) for x, w, _ in stimulus]
    sums = []

    async def drive(ctx: Any) -> None:
        for activation, weight, sum_in in stimulus:
            ctx.set(pe.weight, weight)
            ctx.set(pe.select, chosen)
            await pulse(ctx, pe.load)
            # Counts with the load only.
            ctx.set(pe.select, rng.randrange(3))
            await pulse(ctx, pe.swap)
            ctx.set(pe.activation, activation)
            await pulse(ctx, pe.multiply)
            ctx.set(pe.activation, code(rng))
            ctx.set(pe.sum_in, sum_in)
            await pulse(ctx, pe.add)
            ctx.set(pe.sum_in, 0)
            await ctx.tick()
            sums.append(ctx.get(pe.sum_out) - sum_in)

    simulate(pe, drive)
    assert sums == expected


def test_operands_of_other_blocks_hold_still() -> None:
    """Whatever the selected block multiplies, the others see zeros in every cycle."""
    made: list[Any] = []

    class Remembered(Biased):
        def component(self, architecture: str | None = None) -> BlockComponent:
            made.append(super().component(architecture))
            return made[-1]

    pe = whole([Remembered(1), Remembered(2), Remembered(3)], 24)
    toggled = dict.fromkeys(range(3), 0)
    rng = random.Random(1)

    async def drive(ctx: Any) -> None:
        for chosen in (1, 0, 2):
            ctx.set(pe.select, chosen)
            await pulse(ctx, pe.load)
            await pulse(ctx, pe.swap)
            before = [(ctx.get(c.a), ctx.get(c.b)) for c in made]
            for _ in range(50):
                ctx.set(pe.weight, max(-127, code(rng)))
                ctx.set(pe.activation, code(rng))
                ctx.set(pe.load, rng.random() < 0.5)
                ctx.set(pe.swap, rng.random() < 0.5)
                await ctx.tick()
                now = [(ctx.get(c.a), ctx.get(c.b)) for c in made]
                for number, (old, new) in enumerate(zip(before, now, strict=True)):
                    if old != new:
                        assert number == chosen
                        toggled[number] += 1
                before = now

    simulate(pe, drive)
    assert min(toggled.values()) > 20


def test_the_selection_is_swapped_with_its_weight() -> None:
    """Loaded while another block multiplies, and in use from the swap on: tile after tile."""
    blocks = [Exact(), Biased(), Wide()]
    pe = whole(blocks, 24)
    rng = random.Random(5)
    tiles = [(rng.randrange(3), max(-127, code(rng))) for _ in range(40)]
    pixels: list[tuple[int, int, int]] = []
    sums = []

    async def drive(ctx: Any) -> None:
        ctx.set(pe.multiply, 1)
        ctx.set(pe.add, 1)
        for number in range(len(tiles) + 1):
            # The next tile is loaded while this one multiplies.
            ctx.set(pe.swap, number > 0)
            await ctx.tick()
            ctx.set(pe.swap, 0)
            if number < len(tiles):
                ctx.set(pe.select, tiles[number][0])
                ctx.set(pe.weight, tiles[number][1])
                ctx.set(pe.load, 1)
            for _ in range(3):
                activation = code(rng)
                ctx.set(pe.activation, activation)
                await ctx.tick()
                ctx.set(pe.load, 0)
                await ctx.tick()
                if number:
                    pixels.append((*tiles[number - 1], activation))
                    sums.append(ctx.get(pe.sum_out))

    simulate(pe, drive)
    assert sums == [int(blocks[n].raw_table[w + 128, x + 128]) for n, w, x in pixels]


def test_registers_hold_without_their_enables() -> None:
    pe = whole([by_name("exact")], 24)

    async def drive(ctx: Any) -> None:
        ctx.set(pe.weight, 3)
        await pulse(ctx, pe.load)
        await pulse(ctx, pe.swap)
        ctx.set(pe.activation, 5)
        await pulse(ctx, pe.multiply)
        ctx.set(pe.activation, 100)
        await ctx.tick().repeat(2)
        ctx.set(pe.sum_in, 1000)
        await pulse(ctx, pe.add)
        assert ctx.get(pe.sum_out) == 1015
        await ctx.tick().repeat(2)
        assert ctx.get(pe.sum_out) == 1015
        await pulse(ctx, pe.multiply)
        await pulse(ctx, pe.add)
        assert ctx.get(pe.sum_out) == 1300

    simulate(pe, drive)


@pytest.mark.parametrize("name", ["precision(w=3,a=3)", "array(2,2,0)"])
def test_bits_that_are_left_out(name: str) -> None:
    """Operands without the bits that the block does not read, sums without those that are zero."""
    block = by_name(name)
    unread_weight, unread_activation = unread_bits(block)
    zeros = {"precision(w=3,a=3)": 10, "array(2,2,0)": 4}[name]
    format = PeFormat(8 - unread_activation, 8 - unread_weight, 16 - zeros, 9, 20 - zeros, zeros)
    pe = ProcessingElement([block], format)
    rng = random.Random(3)

    async def drive(ctx: Any) -> None:
        for _ in range(100):
            weight, activation, sum_in = code(rng), code(rng), rng.randint(-256, 255)
            ctx.set(pe.weight, weight >> unread_weight)
            await pulse(ctx, pe.load)
            await pulse(ctx, pe.swap)
            ctx.set(pe.activation, activation >> unread_activation)
            await pulse(ctx, pe.multiply)
            ctx.set(pe.sum_in, sum_in)
            await pulse(ctx, pe.add)
            product = int(block.raw_table[weight + 128, activation + 128])
            total = ctx.get(pe.sum_out) << zeros
            # Modulo its width.
            assert (total - product - (sum_in << zeros)) % 2**20 == 0

    simulate(pe, drive)


def test_a_pe_holds_a_block() -> None:
    with pytest.raises(ValueError, match="at least one block"):
        ProcessingElement([], PeFormat(8, 8, 16, 16, 17))
