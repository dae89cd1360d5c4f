import random

import pytest

from hawx_hw.gateware.image_loader import ImageLoader
from hawx_hw.gateware.layout import TensorLayout
from hawx_hw.gateware.simulation import packet_put, simulate, stream_put

LATENCY = ImageLoader.LATENCY
SHAPES = [(1, 1, 1), (1, 3, 4), (3, 2, 3), (4, 2, 2), (9, 1, 3), (10,), (1,)]


def packets_of(layout, count, rng):
    return [rng.randbytes(layout.bytes) for _ in range(count)]


def rtl_images(layout, packets, *, stalls=None, hold=0):
    """Memory contents at the moment each image is whole; it is used for ``hold`` cycles."""
    dut = ImageLoader(layout)
    memory = [None] * layout.words
    images = []
    sink = random.Random(stalls) if stalls is not None else None

    async def source(ctx):
        stream = random.Random(stalls + 1) if stalls is not None else None
        for packet in packets:
            await packet_put(ctx, dut.bytes_in, packet, stalls=stream)

    async def store(ctx):
        while True:
            ctx.set(dut.words.ready, sink is None or sink.random() < 0.6)
            *_, valid, ready, word = await ctx.tick().sample(
                dut.words.valid, dut.words.ready, dut.words.payload
            )
            if valid and ready:
                memory[word.address] = word.data

    async def user(ctx):
        for _ in packets:
            await ctx.tick().until(dut.full)
            images.append(list(memory))
            memory[:] = [None] * layout.words
            ctx.set(dut.take, 1)
            await ctx.tick()
            ctx.set(dut.take, 0)
            for _ in range(hold):
                assert not ctx.get(dut.full)
                assert not ctx.get(dut.bytes_in.ready)
                await ctx.tick()
            ctx.set(dut.release, 1)
            await ctx.tick()
            ctx.set(dut.release, 0)

    simulate(dut, source, user, background=[store])
    return images


@pytest.mark.parametrize("stalls", [None, 3, 4])
@pytest.mark.parametrize("word_codes", [1, 2, 4, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_images(shape, word_codes, stalls):
    layout = TensorLayout(shape, word_codes)
    packets = packets_of(layout, 3, random.Random(5))
    expected = [layout.words_of(packet) for packet in packets]
    assert rtl_images(layout, packets, stalls=stalls, hold=4) == expected


@pytest.mark.parametrize("stalls", [None, 3])
@pytest.mark.parametrize(("shape", "packed"), [((1, 4, 5), 4), ((3, 2, 5), 2), ((2, 3, 2), 3)])
def test_images_of_several_pixels_in_a_word(shape, packed, stalls):
    layout = TensorLayout(shape, 8, pixels_per_word=packed)
    packets = packets_of(layout, 3, random.Random(5))
    expected = [layout.words_of(packet) for packet in packets]
    assert rtl_images(layout, packets, stalls=stalls, hold=4) == expected


def rtl_events(layout, beats):
    """Sends ``beats`` without stalls; returns (cycle, event) from the first beat's cycle on."""
    dut = ImageLoader(layout)
    events = []
    names = ("truncated", "overlong", "dropped", "full")

    async def source(ctx):
        ctx.set(dut.words.ready, 1)
        await stream_put(ctx, dut.bytes_in, beats)
        await ctx.tick().repeat(5)

    async def watch(ctx):
        before = set()
        for cycle in range(1_000_000):
            *_, truncated, overlong, dropped, full = await ctx.tick().sample(
                dut.truncated, dut.overlong, dut.dropped, dut.full
            )
            now = {n for n, v in zip(names, (truncated, overlong, dropped, full), strict=True) if v}
            events.extend((cycle, name) for name in names if name in now - before)
            before = now & {"full"}

    simulate(dut, source, background=[watch])
    return events


def beats_of(packet):
    return [{"data": byte, "last": i == len(packet) - 1} for i, byte in enumerate(packet)]


def test_a_byte_a_cycle_and_full_after_the_last():
    layout = TensorLayout((1, 4, 4), 1)
    assert rtl_events(layout, beats_of(bytes(range(16)))) == [(15 + LATENCY, "full")]


@pytest.mark.parametrize("word_codes", [1, 2, 4])
def test_a_word_is_offered_after_its_last_byte(word_codes):
    layout = TensorLayout((word_codes, 2, 2), word_codes)
    dut = ImageLoader(layout)
    offered = []

    async def source(ctx):
        ctx.set(dut.words.ready, 1)
        await packet_put(ctx, dut.bytes_in, bytes(layout.bytes))
        await ctx.tick().repeat(3)

    async def watch(ctx):
        for cycle in range(1_000):
            *_, valid = await ctx.tick().sample(dut.words.valid)
            if valid:
                offered.append(cycle)

    simulate(dut, source, background=[watch])
    last_bytes = range(word_codes - 1, layout.bytes, word_codes)
    assert offered == [cycle + ImageLoader.WORD_LATENCY for cycle in last_bytes]


@pytest.mark.parametrize("word_codes", [1, 2, 4])
@pytest.mark.parametrize("length", [1, 2, 3, 5, 11])
def test_truncated_packet_is_dropped_and_the_next_image_is_right(length, word_codes):
    layout = TensorLayout((3, 2, 2), word_codes)
    good = random.Random(1).randbytes(layout.bytes)
    beats = beats_of(b"\xaa" * length) + beats_of(good)
    assert rtl_events(layout, beats) == [
        (length - 1, "truncated"),
        (length - 1, "dropped"),
        (length + layout.bytes - 1 + LATENCY, "full"),
    ]


@pytest.mark.parametrize("word_codes", [1, 2, 4])
@pytest.mark.parametrize("excess", [1, 2, 20])
def test_overlong_packet_is_dropped_and_the_next_image_is_right(excess, word_codes):
    layout = TensorLayout((3, 2, 2), word_codes)
    good = random.Random(1).randbytes(layout.bytes)
    beats = beats_of(b"\xaa" * (layout.bytes + excess)) + beats_of(good)
    assert rtl_events(layout, beats) == [
        (layout.bytes - 1, "overlong"),
        (layout.bytes - 1, "dropped"),
        (2 * layout.bytes + excess - 1 + 2, "full"),
    ]


@pytest.mark.parametrize("stalls", [1, 2, 3, 4])
def test_wrong_packets_under_stalls_leave_no_trace(stalls):
    layout = TensorLayout((5, 2, 2), 4)
    rng = random.Random(stalls)
    good = packets_of(layout, 4, rng)
    packets = []
    for packet in good:
        packets += [
            rng.randbytes(rng.randrange(1, 19)),
            rng.randbytes(rng.randrange(21, 40)),
            packet,
        ]

    dut = ImageLoader(layout)
    memory = [None] * layout.words
    images, dropped = [], []

    async def source(ctx):
        for packet in packets:
            await packet_put(ctx, dut.bytes_in, packet, stalls=random.Random(stalls))

    async def store(ctx):
        ready = random.Random(stalls + 1)
        while True:
            ctx.set(dut.words.ready, ready.random() < 0.5)
            *_, valid, taken, word, drop = await ctx.tick().sample(
                dut.words.valid, dut.words.ready, dut.words.payload, dut.dropped
            )
            if valid and taken:
                memory[word.address] = word.data
            if drop:
                dropped.append(1)

    async def user(ctx):
        for _ in good:
            await ctx.tick().until(dut.full)
            images.append(list(memory))
            ctx.set(dut.take, 1)
            await ctx.tick()
            ctx.set(dut.take, 0)
            ctx.set(dut.release, 1)
            await ctx.tick()
            ctx.set(dut.release, 0)

    simulate(dut, source, user, background=[store])
    assert images == [layout.words_of(packet) for packet in good]
    assert len(dropped) == 8


@pytest.mark.parametrize("sent", [0, 1, 5, 12])
@pytest.mark.parametrize("wait", [0, 1, 2, 3])
def test_flush_drops_what_came_so_far(sent, wait):
    layout = TensorLayout((3, 2, 2), 4)
    first, second = packets_of(layout, 2, random.Random(2))
    dut = ImageLoader(layout)
    memory = [None] * layout.words
    dropped = []

    async def testbench(ctx):
        ctx.set(dut.words.ready, 1)
        await stream_put(ctx, dut.bytes_in, beats_of(first)[:sent])
        for _ in range(wait):
            await ctx.tick()
        ctx.set(dut.flush, 1)
        await ctx.tick()
        ctx.set(dut.flush, 0)
        await ctx.tick()
        assert not ctx.get(dut.full)
        await packet_put(ctx, dut.bytes_in, second)
        await ctx.tick().repeat(2)
        assert ctx.get(dut.full)

    async def watch(ctx):
        while True:
            *_, valid, word, drop = await ctx.tick().sample(
                dut.words.valid, dut.words.payload, dut.dropped
            )
            if valid:
                memory[word.address] = word.data
            dropped.append(drop)

    simulate(dut, testbench, background=[watch])
    assert memory == layout.words_of(second)
    assert sum(dropped) == (sent > 0)


def test_drop_and_flush_of_an_image():
    layout = TensorLayout((2, 1, 1), 2)
    dut = ImageLoader(layout)

    async def testbench(ctx):
        ctx.set(dut.words.ready, 1)
        for action in (dut.drop, dut.flush):
            await packet_put(ctx, dut.bytes_in, b"ab")
            await ctx.tick()
            assert ctx.get(dut.full)
            ctx.set(action, 1)
            assert ctx.get(dut.dropped)
            await ctx.tick()
            ctx.set(action, 0)
            assert not ctx.get(dut.full)
            assert not ctx.get(dut.dropped)
            assert ctx.get(dut.bytes_in.ready)
        await packet_put(ctx, dut.bytes_in, b"cd")
        await ctx.tick()
        ctx.set(dut.take, 1)
        await ctx.tick()
        ctx.set(dut.take, 0)
        ctx.set(dut.flush, 1)
        assert not ctx.get(dut.dropped)
        await ctx.tick()
        ctx.set(dut.flush, 0)
        await ctx.tick()
        assert not ctx.get(dut.bytes_in.ready), "an image in use stays"

    simulate(dut, testbench)


def test_no_byte_is_taken_while_the_core_keeps_its_port():
    dut = ImageLoader(TensorLayout((1, 1, 3), 1))

    async def testbench(ctx):
        ctx.set(dut.bytes_in.valid, 1)
        ctx.set(dut.bytes_in.payload, {"data": 7, "last": 0})
        await ctx.tick()
        for _ in range(5):
            assert not ctx.get(dut.bytes_in.ready)
            assert ctx.get(dut.words.valid)
            await ctx.tick()

    simulate(dut, testbench)
