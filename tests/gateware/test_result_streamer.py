import random

import pytest

from hawx_hw.gateware.layout import TensorLayout
from hawx_hw.gateware.result_streamer import ResultStreamer
from hawx_hw.gateware.simulation import packet_get, simulate

LATENCY = ResultStreamer.LATENCY
SHAPES = [(1, 1, 1), (1, 3, 4), (3, 2, 3), (4, 2, 2), (9, 1, 3), (10,), (1,)]


def rtl_packets(layout, packets, *, stalls=None):
    """Packets received, and for each the cycles from ``done`` to its first and its last byte."""
    dut = ResultStreamer(layout)
    received, latencies = [], []
    rng = random.Random(stalls) if stalls is not None else None

    async def core(ctx):
        order = list(range(layout.words))
        for packet in packets:
            words = layout.words_of(packet)
            random.Random(1).shuffle(order)
            for index, address in enumerate(order):
                ctx.set(dut.result.valid, 1)
                ctx.set(dut.result.address, address)
                ctx.set(dut.result.data, words[address])
                ctx.set(dut.done, index == len(order) - 1)
                assert not ctx.get(dut.pending)
                await ctx.tick()
            ctx.set(dut.result.valid, 0)
            ctx.set(dut.done, 0)
            while ctx.get(dut.pending):
                await ctx.tick()

    async def sink(ctx):
        for _ in packets:
            received.append(await packet_get(ctx, dut.bytes_out, stalls=rng))

    async def measure(ctx):
        since = first = 0
        while True:
            *_, done, valid, ready, beat = await ctx.tick().sample(
                dut.done, dut.bytes_out.valid, dut.bytes_out.ready, dut.bytes_out.payload
            )
            since = 0 if done else since + 1
            first = since if valid and not first else first
            if valid and ready and beat["last"]:
                latencies.append((first, since))
                first = 0

    simulate(dut, core, sink, background=[measure])
    return received, latencies


@pytest.mark.parametrize("stalls", [None, 1])
@pytest.mark.parametrize(("shape", "positions"), [((3, 2, 3), (4, 1, 2)), ((5,), (4, 3, 2, 1, 0))])
def test_channels_in_positions_of_their_own(shape, positions, stalls):
    layout = TensorLayout(shape, 2, positions)
    packets = [bytes(random.Random(n).randbytes(layout.bytes)) for n in range(2)]
    received, _ = rtl_packets(layout, packets, stalls=stalls)
    assert received == packets


@pytest.mark.parametrize("stalls", [None, 1, 2])
@pytest.mark.parametrize("word_codes", [1, 2, 4, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_packets(shape, word_codes, stalls):
    layout = TensorLayout(shape, word_codes)
    rng = random.Random(9)
    packets = [rng.randbytes(layout.bytes) for _ in range(3)]
    received, latencies = rtl_packets(layout, packets, stalls=stalls)
    assert received == packets
    if stalls is None:
        assert latencies == [(LATENCY, LATENCY + layout.bytes - 1)] * 3
