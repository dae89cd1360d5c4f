# amaranth: UnusedElaboratable=no
"""The walker against plain loops."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from amaranth.hdl import Value

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware.walker import Walker, number_bits
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import place
from hawx_hw.gateware.simulation import simulate
from tests.architectures.simt.gateware.streams import random_stream, runs


def walk(
    unit: Unit, works: list[tuple[Stream, int, int, int, int, int]], streams: list[Stream]
) -> list[dict[str, Any]]:
    """What the walker shows in each cycle; walks follow each other without a pause."""
    format = StreamFormat.of(streams, unit)
    walker = Walker(unit, format)
    seen: list[dict[str, Any]] = []

    async def drive(ctx: Any) -> None:
        pending = list(works)
        word = 0
        while True:
            starts = bool(pending) and (not ctx.get(walker.active) or bool(ctx.get(walker.last)))
            ctx.set(walker.start, starts)
            if starts:
                stream, address, x, y, beats, first = pending.pop(0)
                for name, value in (("address", address), ("x", x), ("y", y), ("beats", beats)):
                    ctx.set(getattr(walker, name), value)
                ctx.set(walker.first_register, first)
            if ctx.get(walker.active):
                run = walker.run
                seen.append(
                    {
                        name: ctx.get(Value.cast(signal))
                        for name, signal in {
                            "first": walker.first,
                            "last": walker.last,
                            "begins_run": walker.run_begins,
                            "word_valid": walker.word_valid,
                            "word": walker.word,
                            "address": run.address,
                            "x": run.x,
                            "inside": run.inside,
                            "number": run.number,
                            "fetches": run.fetches,
                            "keeps": run.keeps,
                            "begins": run.begins,
                            "ends": run.ends,
                            "opens": run.opens,
                        }.items()
                    }
                )
            elif not pending and not starts:
                return
            if starts:
                word = format.pack(stream)
            await ctx.tick()
            # The memory's word changes with the start.
            ctx.set(Value.cast(walker.stream), word)

    simulate(walker, drive)
    return seen


@pytest.mark.parametrize(("word", "seed"), [(8, 0), (3, 1), (1, 2), (4, 3)])
def test_walks(word: int, seed: int) -> None:
    unit = Unit(lanes=word, cluster=word, word=word, requantizers=1, registers=32)
    rng = random.Random(seed)
    streams = [random_stream(rng, unit) for _ in range(12)]
    low = unit.byte_bits
    works = []
    for stream in streams:
        beats = rng.choice([1, 1, 2, 3, rng.randint(1, 32 // stream.window)])
        beats = min(beats, 32 // stream.window)
        address = rng.randrange(1 << unit.word_bits) << low | rng.randrange(word)
        first = rng.randint(0, 32 - beats * stream.window)
        x, y = (rng.choice([0, 1, 65535, 65534]) for _ in range(2))
        works.append((stream, address, x, y, beats, first))
    seen = walk(unit, works, streams)
    for stream, address, x, y, beats, first in works:
        cycles = stream.cycles(beats)
        own, seen = seen[:cycles], seen[cycles:]
        assert [each["first"] for each in own] == [1, *[0] * (cycles - 1)]
        assert [each["last"] for each in own] == [*[0] * (cycles - 1), 1]
        expected = list(runs(unit, stream, address, x, y, beats, first))
        assert [n for n, each in enumerate(own) if each["begins_run"]] == [
            r.cycle for r in expected
        ]
        several = beats * stream.window > 1
        words: dict[int, int] = {}
        for run, before in zip(expected, [None, *expected], strict=False):
            now = own[run.cycle]
            assert now["address"] == run.address[0] << low | run.address[1]
            assert now["number"] == run.number
            if stream.width:
                assert now["x"] == run.x
            assert now["inside"] == (stream.height == 0 or run.y < stream.height)
            assert now["fetches"] == (before is None or before.position != run.position)
            assert now["keeps"] == several
            assert now["opens"] == (run.position == 0)
            assert now["begins"] == (several or run.position == 0)
            assert now["ends"] == (several or run.position == stream.positions - 1)
            for number in range(stream.words):
                start = run.address[0] << low | run.address[1]
                words[run.cycle - stream.words + 1 + number] = place(
                    unit, start, number * stream.word_step
                )[0]
        assert {n: each["word"] for n, each in enumerate(own) if each["word_valid"]} == words
    assert not seen


def test_a_walk_stops() -> None:
    unit = Unit()
    stream = Stream(taps=4, blocks=9)
    walker = Walker(unit, StreamFormat.of([stream], unit))

    async def drive(ctx: Any) -> None:
        ctx.set(Value.cast(walker.stream), StreamFormat.of([stream], unit).pack(stream))
        ctx.set(walker.beats, 1)
        ctx.set(walker.start, 1)
        await ctx.tick()
        ctx.set(walker.start, 0)
        await ctx.tick().repeat(5)
        assert ctx.get(walker.active)
        ctx.set(walker.stop, 1)
        await ctx.tick()
        ctx.set(walker.stop, 0)
        for _ in range(40):
            assert not ctx.get(walker.active)
            assert not ctx.get(walker.last)
            assert not ctx.get(walker.run_begins)
            await ctx.tick()

    simulate(walker, drive)


def test_numbers_of_registers_hold_the_first_that_there_is_not() -> None:
    unit = Unit(registers=8)
    assert number_bits(unit, StreamFormat.of([Stream()], unit)) == 5
    assert number_bits(unit, StreamFormat.of([Stream(across=60)], unit)) == 7


@pytest.mark.parametrize("fixed", [{"beat_y": 0}, {"beat_y": 0, "down_y": 0}, {"down": 1}])
def test_programs_that_need_fewer_registers(fixed: dict[str, int]) -> None:
    unit = Unit(lanes=4, registers=32)
    rng = random.Random(7)
    streams = [replace(random_stream(rng, unit), **fixed) for _ in range(4)]  # type: ignore[arg-type]
    works = [(stream, 0, 1, 65535, 3, 0) for stream in streams]
    seen = walk(unit, works, streams)
    for stream, address, x, y, beats, first in works:
        cycles = stream.cycles(beats)
        own, seen = seen[:cycles], seen[cycles:]
        for run in runs(unit, stream, address, x, y, beats, first):
            now = own[run.cycle]
            assert now["address"] == run.address[0] << unit.byte_bits | run.address[1]
            assert now["inside"] == (stream.height == 0 or run.y < stream.height)
    assert not seen
