# amaranth: UnusedElaboratable=no
"""The window holds what a run needs until its last tap, and reads no word twice in a row."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware.window import ActivationWindow, second_shape
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate
from tests.architectures.simt.gateware.engines import values_of, word_of

DEPTH = 16


@pytest.mark.parametrize(
    ("ways", "words", "taps", "step"),
    [
        (1, 1, 4, 1),
        (1, 2, 4, 1),
        (1, 2, 2, 1),
        (1, 2, 4, -1),
        (2, 3, 4, 1),
        (2, 3, 3, -1),
        (2, 5, 4, 1),
        (2, 1, 1, 1),
    ],
)
def test_runs(ways: int, words: int, taps: int, step: int) -> None:
    """Runs at random places follow each other without a pause, and name ``words`` words each."""
    unit = Unit(lanes=4, cluster=4, word=4)
    rng = random.Random(words)
    reach = step * (taps - 1)
    format = StreamFormat.of([Stream(taps=taps, tap_step=step)], unit)
    window = ActivationWindow(unit, format, ways)
    assert window.ways == ways
    memory = [[rng.randint(-128, 127) for _ in range(4)] for _ in range(DEPTH)]
    run = max(taps, words)
    bounds = range(4, (DEPTH - 1) * 4)
    starts = [rng.choice(bounds)]
    for _ in range(60):
        near = min(max(starts[-1] + rng.randint(-5, 5), bounds[0]), bounds[-1])
        starts.append(rng.choice([starts[-1], near, rng.choice(bounds)]))
    # In which cycle which word is named: the last one of each run when its taps begin.
    named: dict[int, tuple[int, int, bool]] = {}
    tapped: dict[int, tuple[int, bool]] = {}
    for number, start in enumerate(starts):
        begin = words - 1 + number * run
        own = sorted({start // 4, (start + reach) // 4})
        own_words = [rng.randrange(DEPTH) for _ in range(words)]
        if words == 1:
            own_words, start = [start // 4], start // 4 * 4
        else:
            # With one way only the last two words may be requested.
            places = range(words - 2, words) if ways == 1 else range(words)
            for place, word in zip(rng.sample(places, len(own)), own, strict=True):
                own_words[place] = word
        for index, word in enumerate(own_words):
            named[begin - words + 1 + index] = (word, start, index == words - 1)
        for tap in range(taps):
            inside = rng.random() < 0.8
            tapped[begin + tap] = (start + step * tap, inside)

    reads: list[int] = []

    async def drive(ctx: Any) -> None:
        ctx.set(window.reach, reach)
        ctx.set(window.clear, 1)
        await ctx.tick()
        ctx.set(window.clear, 0)
        ctx.set(window.pad, 77)
        for cycle in range(words + run * len(starts) + 1):
            word, first, last = named.get(cycle, (rng.randrange(DEPTH), 0, False))
            ctx.set(window.word_valid, cycle in named)
            ctx.set(window.word, word)
            ctx.set(window.word_last, last)
            ctx.set(window.first, first)
            tap, inside = tapped.get(cycle, (rng.randrange(64), False))
            ctx.set(window.tap, tap % 8)
            ctx.set(window.inside, inside)
            await ctx.delay(1e-7)
            if cycle in tapped:
                assert ctx.get(window.tap_word) == tap // 4
            read = ctx.get(window.read)
            if read:
                reads.append(word)
            await ctx.tick()
            if read:
                ctx.set(window.data, word_of(memory[word], 8))
            await ctx.delay(1e-7)
            if cycle in tapped:
                expected = memory[tap // 4] if inside else [77] * 4
                assert ctx.get(window.code) == expected[tap % 4]
                assert values_of(ctx.get(window.codes), 8, 4) == expected

    simulate(window, drive)
    assert len(reads) < sum(len({s // 4, (s + reach) // 4}) for s in starts)


def test_a_cleared_window_reads_again() -> None:
    unit = Unit(lanes=4, cluster=4, word=4)
    window = ActivationWindow(unit, StreamFormat.of([Stream()], unit), 1)

    async def drive(ctx: Any) -> None:
        ctx.set(window.word_valid, 1)
        ctx.set(window.word, 5)
        ctx.set(window.first, 20)
        for clear, read in ((0, 1), (0, 0), (1, 0), (0, 1), (0, 0)):
            ctx.set(window.clear, clear)
            await ctx.delay(1e-7)
            assert ctx.get(window.read) == read
            await ctx.tick()

    simulate(window, drive)


def test_ways() -> None:
    unit = Unit()
    with pytest.raises(ValueError, match="ways must be 1 or 2, not 3"):
        ActivationWindow(unit, StreamFormat.of([Stream()], unit), 3)


def test_the_second_word_is_signed() -> None:
    unit = Unit()
    shape = second_shape(unit, StreamFormat.of([Stream(taps=5, tap_step=-8)], unit))
    assert shape.signed
    assert -(1 << (shape.width - 1)) <= -5
