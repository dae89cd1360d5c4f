# amaranth: UnusedElaboratable=no
import random

import pytest

from hawx_hw.gateware.parameter_loader import ParameterLoader, parameter_packet
from hawx_hw.gateware.simulation import packet_put, simulate, stream_put

MEMORIES = [
    [(8, 1)],
    [(1, 3)],
    [(20, 4), (8, 3), (64, 2), (33, 1)],
    [(512, 2), (7, 5)],
]


def contents_of(memories, rng):
    return [[rng.getrandbits(width) for _ in range(depth)] for width, depth in memories]


class Host:
    """Memories as a core would keep them, and what the loader reports."""

    def __init__(self, memories):
        self.memories = memories
        self.dut = ParameterLoader(memories)
        self.words = [[None] * depth for _, depth in memories]
        self.errors = []
        self.loaded = []
        self.receiving = []
        self.written = []  # the cycles of the writes

    async def watch(self, ctx):
        dut = self.dut
        while True:
            (
                *_,
                valid,
                memory,
                address,
                data,
                truncated,
                overlong,
                loaded,
                receiving,
            ) = await ctx.tick().sample(
                dut.valid,
                dut.memory,
                dut.address,
                dut.data,
                dut.truncated,
                dut.overlong,
                dut.loaded,
                dut.receiving,
            )
            if valid:
                self.written.append(len(self.loaded))
                self.words[memory][address] = data & (2 ** self.memories[memory][0] - 1)
            self.errors += ["truncated"] * truncated + ["overlong"] * overlong
            self.loaded.append(bool(loaded))
            self.receiving.append(bool(receiving))


@pytest.mark.parametrize("stalls", [None, 1])
@pytest.mark.parametrize("memories", MEMORIES)
def test_words(memories, stalls):
    rng = random.Random(3)
    host = Host(memories)

    async def source(ctx):
        for _ in range(2):
            contents = contents_of(memories, rng)
            packet = parameter_packet(memories, contents)
            seed = random.Random(stalls) if stalls is not None else None
            await packet_put(ctx, host.dut.bytes_in, packet, stalls=seed)
            assert not ctx.get(host.dut.loaded)
            await ctx.tick()
            assert host.words == contents
            assert ctx.get(host.dut.loaded)
            assert not ctx.get(host.dut.receiving)

    simulate(host.dut, source, background=[host.watch])
    assert host.errors == []


def test_a_byte_a_cycle_and_loaded_after_the_last():
    memories = [(16, 8), (8, 4)]
    host = Host(memories)
    packet = parameter_packet(memories, contents_of(memories, random.Random(1)))

    async def source(ctx):
        await packet_put(ctx, host.dut.bytes_in, packet)
        await ctx.tick().repeat(3)

    simulate(host.dut, source, background=[host.watch])
    last = len(packet) - 1
    assert host.loaded.index(True) == last + ParameterLoader.LATENCY
    ends = [*range(1, 16, 2), *range(16, 20)]  # the last byte of each word
    assert host.written == [cycle + ParameterLoader.WORD_LATENCY for cycle in ends]
    assert [i for i, receiving in enumerate(host.receiving) if receiving] == list(
        range(1, last + 2)
    )


@pytest.mark.parametrize("stalls", [None, 2])
@pytest.mark.parametrize("memories", MEMORIES)
def test_wrong_lengths_are_reported_and_not_loaded(memories, stalls):
    rng = random.Random(4)
    host = Host(memories)
    size = len(parameter_packet(memories, contents_of(memories, rng)))
    expected_errors = []

    async def source(ctx):
        for length in sorted({1, size - 1, size + 1, size + 5} - {0, size}):
            seed = random.Random(stalls) if stalls is not None else None
            contents = contents_of(memories, rng)
            good = parameter_packet(memories, contents)
            await packet_put(ctx, host.dut.bytes_in, rng.randbytes(length), stalls=seed)
            expected_errors.append("truncated" if length < size else "overlong")
            await ctx.tick().repeat(3)
            assert not ctx.get(host.dut.loaded)
            assert not ctx.get(host.dut.receiving)
            await packet_put(ctx, host.dut.bytes_in, good, stalls=seed)
            await ctx.tick()
            assert ctx.get(host.dut.loaded)
            assert host.words == contents

    simulate(host.dut, source, background=[host.watch])
    assert host.errors == expected_errors


@pytest.mark.parametrize("sent", [1, 3, 4, 9])
def test_flush(sent):
    memories = [(16, 2), (24, 2)]
    rng = random.Random(6)
    first, second = contents_of(memories, rng), contents_of(memories, rng)
    host = Host(memories)

    async def source(ctx):
        packet = parameter_packet(memories, first)
        await stream_put(ctx, host.dut.bytes_in, [{"data": b, "last": 0} for b in packet[:sent]])
        ctx.set(host.dut.flush, 1)
        await ctx.tick()
        ctx.set(host.dut.flush, 0)
        await ctx.tick().repeat(2)
        assert not ctx.get(host.dut.loaded)
        assert not ctx.get(host.dut.receiving)
        await packet_put(ctx, host.dut.bytes_in, parameter_packet(memories, second))
        await ctx.tick()
        assert ctx.get(host.dut.loaded)

    simulate(host.dut, source, background=[host.watch])
    assert host.words == second
    assert host.errors == []


def test_hold_keeps_a_packet_from_beginning_but_not_from_going_on():
    dut = ParameterLoader([(16, 2)])

    async def testbench(ctx):
        ctx.set(dut.hold, 1)
        ctx.set(dut.bytes_in.valid, 1)
        for _ in range(3):
            assert not ctx.get(dut.bytes_in.ready)
            await ctx.tick()
        ctx.set(dut.hold, 0)
        await ctx.tick()
        ctx.set(dut.hold, 1)
        assert ctx.get(dut.bytes_in.ready)

    simulate(dut, testbench)


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"^ParameterLoader must have at least one memory$"):
        ParameterLoader([])
    with pytest.raises(ValueError, match=r"^Memory must have width and depth >= 1, not \(0, 3\)$"):
        ParameterLoader([(0, 3)])
    with pytest.raises(ValueError, match=r"^Contents must be given for 1 memories, not 2$"):
        parameter_packet([(8, 1)], [[1], [2]])
    with pytest.raises(ValueError, match=r"^Memory of 2 words must get as many, not 1$"):
        parameter_packet([(8, 2)], [[1]])
    with pytest.raises(ValueError, match=r"^Word must be an unsigned number of 4 bits, not 16$"):
        parameter_packet([(4, 1)], [[16]])
