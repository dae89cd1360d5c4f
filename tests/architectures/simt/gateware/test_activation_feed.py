# amaranth: UnusedElaboratable=no
"""Words that some window lacks are read once; each group has its own tap."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Value

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware.activation_feed import ActivationFeed, windows_of
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate


def test_windows() -> None:
    packed, plain, grouped = Stream(words=3), Stream(words=2), Stream(groups=2)
    unit = Unit(lanes=16, cluster=4)

    def windows(*streams: Stream) -> tuple[int, int]:
        return windows_of(unit, StreamFormat.of(streams, unit))

    assert windows(plain) == (1, 1)
    assert windows(packed, plain) == (1, 2)
    assert windows(plain, grouped) == (4, 1)
    assert windows(packed, grouped) == (4, 2)


def test_two_groups_take_their_own_bytes() -> None:
    """Group g takes bytes 4 g, 4 g + 1, and so on, of words of two bytes: words 2 g and on."""
    unit = Unit(lanes=4, cluster=2, activation_words=16)
    stream = Stream(taps=3, tap_step=1, groups=2, group_step=4, words=4, word_step=2)
    format = StreamFormat.of((stream,), unit)
    dut = ActivationFeed(unit, format)
    assert len(dut.codes) == 2
    memory = [(2 * n + 1) << 8 | 2 * n for n in range(16)]
    seen: list[tuple[int, int]] = []
    read: list[int] = []

    async def testbench(ctx: Any) -> None:
        ctx.set(Value.cast(dut.stream), format.pack(stream))
        ctx.set(dut.run.address, 2)
        ctx.set(dut.run.inside, 1)
        ctx.set(dut.first, 1)
        await ctx.tick()
        ctx.set(dut.first, 0)
        # Words 1 to 4; those of group 0 are 1 and 2, those of group 1 are 3 and 4.
        for cycle in range(9):
            ctx.set(dut.word_valid, cycle < 4)
            ctx.set(dut.word, min(cycle, 3) + 1)
            ctx.set(dut.run_begins, cycle == 3)
            await ctx.delay(0)
            fetch = ctx.get(dut.memory.address) if ctx.get(dut.memory.enable) else None
            if cycle - 3 in range(ActivationFeed.LATENCY, ActivationFeed.LATENCY + 3):
                seen.append((ctx.get(dut.codes[0].code), ctx.get(dut.codes[1].code)))
            await ctx.tick()
            if fetch is not None:
                read.append(fetch)
                ctx.set(dut.memory.data, memory[fetch])

    simulate(dut, testbench)
    assert read == [1, 2, 3, 4]
    assert seen == [(2, 6), (3, 7), (4, 8)]
