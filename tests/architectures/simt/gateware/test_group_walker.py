# amaranth: UnusedElaboratable=no
"""The taps of a group against plain loops."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Value

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware.group_walker import GroupWalker
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import place
from hawx_hw.gateware.simulation import simulate


@pytest.mark.parametrize("word", [1, 3, 8])
@pytest.mark.parametrize("width", [0, 5])
def test_taps(word: int, width: int) -> None:
    unit = Unit(lanes=word, cluster=word, word=word, requantizers=1)
    rng = random.Random(word)
    streams = [
        Stream(taps=taps, tap_step=step, tap_x=x, width=width)
        for taps, step, x in [(8, 1, 1), (8, -1, 2), (1, 0, 0), (6, 0, -3), (3, 2, 0)]
    ]
    format = StreamFormat.of(streams, unit)
    group = GroupWalker(unit, format)
    low = unit.byte_bits
    modulus = 1 << unit.scalar_bits

    async def drive(ctx: Any) -> None:
        for _ in range(6):
            stream = rng.choice(streams)
            first = rng.randrange(1 << unit.word_bits) << low | rng.randrange(word)
            x, inside = rng.choice([0, 3, 4, 5, modulus - 1]), rng.random() < 0.7
            ctx.set(Value.cast(group.stream), format.pack(stream))
            ctx.set(group.address, first)
            ctx.set(group.x, x)
            ctx.set(group.row_inside, inside)
            ctx.set(group.run_begins, 1)
            await ctx.tick()
            assert ctx.get(group.first) == first
            ctx.set(group.run_begins, 0)
            # What belongs to the next run does not disturb the taps.
            ctx.set(group.address, rng.randrange(modulus))
            ctx.set(group.x, rng.randrange(modulus))
            ctx.set(group.row_inside, not inside)
            for tap in range(stream.taps):
                number, byte = place(unit, first, tap * stream.tap_step)
                assert ctx.get(group.tap) == (number & 1) << low | byte
                column = (x + tap * stream.tap_x) % modulus
                assert ctx.get(group.inside) == (inside and (width == 0 or column < width))
                await ctx.tick()

    simulate(group, drive)


def test_the_last_tap_has_the_width_of_its_stream() -> None:
    """The next stream may be there by then."""
    unit = Unit()
    narrow, wide = Stream(width=2, tap_x=1), Stream(width=9)
    format = StreamFormat.of([narrow, wide], unit)
    group = GroupWalker(unit, format)

    async def drive(ctx: Any) -> None:
        ctx.set(Value.cast(group.stream), format.pack(narrow))
        ctx.set(group.row_inside, 1)
        ctx.set(group.x, 5)
        ctx.set(group.run_begins, 1)
        await ctx.tick()
        ctx.set(Value.cast(group.stream), format.pack(wide))
        assert not ctx.get(group.inside)
        await ctx.tick()
        assert ctx.get(group.inside)

    simulate(group, drive)
