# amaranth: UnusedElaboratable=no
"""Weights come from the memory once, then from the buffer, and to every group the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from hawx_hw.architectures.simt.gateware.weight_feed import WeightFeed
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.memories import ParameterMemory
from hawx_hw.gateware.simulation import simulate

DEPTH = 20


class Bench(wiring.Component):
    """A feed with its memory."""

    def __init__(self, unit: Unit, words: list[int]):
        self.feed = WeightFeed(unit, DEPTH)
        self.words = words
        self.width = 8 * unit.lanes
        own = {
            name: (Out if member.flow == Out else In)(member.shape)
            for name, member in self.feed.signature.members.items()
            if name != "memory"
        }
        super().__init__({**own, "reads": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.feed = self.feed
        m.submodules.memory = memory = ParameterMemory(self.width, DEPTH, init=self.words)
        connect(m, self.feed.memory, memory.read)
        for name, member in self.signature.members.items():
            if name == "reads":
                continue
            inner, outer = getattr(self.feed, name), getattr(self, name)
            m.d.comb += outer.eq(inner) if member.flow == Out else inner.eq(outer)
        m.d.comb += self.reads.eq(self.feed.memory.enable)
        return m


@pytest.mark.parametrize(
    ("lanes", "cluster", "groups"), [(4, 4, 1), (6, 1, 3), (6, 1, 2), (6, 1, 6), (4, 2, 1)]
)
def test_weights_of_runs(lanes: int, cluster: int, groups: int) -> None:
    unit = Unit(lanes=lanes, cluster=cluster, taps=5)
    rng = random.Random(groups)
    words = [rng.getrandbits(8 * lanes) for _ in range(DEPTH)]
    bench = Bench(unit, words)
    own = unit.group_lanes(groups)

    def expected(start: int, number: int) -> int:
        """All groups take the same part of a word."""
        part = words[start + number // groups] >> (8 * own * (number % groups))
        return sum((part & ((1 << 8 * own) - 1)) << (8 * own * each) for each in range(groups))

    async def drive(ctx: Any) -> None:
        for start in (3, 0):
            ctx.set(bench.start, start)
            ctx.set(bench.groups, unit.groups.index(groups))
            ctx.set(bench.begin, 1)
            await ctx.tick()
            ctx.set(bench.begin, 0)
            ctx.set(bench.groups, 0)
            for position in range(2):
                for run in range(3):
                    for tap in range(unit.taps):
                        ctx.set(bench.index, unit.taps - 1 - tap)
                        ctx.set(bench.fetch, run == 0)
                        ctx.set(bench.keep, run == 0)
                        ctx.set(bench.reuse, run != 0)
                        number = position * unit.taps + tap
                        # A word is read once for all its parts.
                        assert ctx.get(bench.reads) == (run == 0 and number % groups == 0)
                        await ctx.tick()
                        assert ctx.get(bench.weights) == expected(start, number)
            ctx.set(bench.fetch, 0)
            ctx.set(bench.reuse, 0)

    simulate(bench, drive)


def test_words_beyond_the_memory() -> None:
    unit = Unit(lanes=4)
    bench = Bench(unit, list(range(DEPTH)))

    async def drive(ctx: Any) -> None:
        ctx.set(bench.start, DEPTH - 2)
        ctx.set(bench.begin, 1)
        await ctx.tick()
        ctx.set(bench.begin, 0)
        for number in range(4):
            ctx.set(bench.fetch, 0)
            await ctx.tick()
            assert not ctx.get(bench.beyond)
            ctx.set(bench.fetch, 1)
            await ctx.delay(1e-7)
            assert ctx.get(bench.beyond) == (number >= 2)
            assert ctx.get(bench.address) == DEPTH - 2 + number
            await ctx.tick()

    simulate(bench, drive)


def test_one_tap_needs_no_buffer() -> None:
    """The lanes hold the weight that they have."""
    unit = Unit(lanes=4, taps=1)
    bench = Bench(unit, list(range(DEPTH)))

    async def drive(ctx: Any) -> None:
        ctx.set(bench.start, 5)
        ctx.set(bench.begin, 1)
        await ctx.tick()
        ctx.set(bench.begin, 0)
        ctx.set(bench.fetch, 1)
        for number in range(5, 9):
            await ctx.tick()
            assert ctx.get(bench.weights) == number

    simulate(bench, drive)
