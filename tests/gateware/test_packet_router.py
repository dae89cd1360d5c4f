import random

import pytest

from hawx_hw.gateware.packet_router import PacketRouter
from hawx_hw.gateware.simulation import packet_get, packet_put, simulate, stream_put


@pytest.mark.parametrize("stalls", [None, 1, 2, 3])
def test_requested_packets_are_parameters(stalls):
    rng = random.Random(8)
    packets = [rng.randbytes(rng.randrange(1, 6)) for _ in range(30)]
    expected = [rng.random() < 0.3 for _ in packets]
    dut = PacketRouter()
    images, parameters = [], []

    def seed(number):
        return None if stalls is None else random.Random(stalls + number)

    async def source(ctx):
        for packet, requested in zip(packets, expected, strict=True):
            if requested:
                ctx.set(dut.request, 1)
                await ctx.tick()
                ctx.set(dut.request, 0)
                assert ctx.get(dut.expected)
            await packet_put(ctx, dut.bytes_in, packet, stalls=seed(0))
            assert not ctx.get(dut.expected)

    def sink(stream, out, number):
        async def run(ctx):
            while True:
                out.append(await packet_get(ctx, stream, stalls=seed(number)))

        return run

    sinks = [sink(dut.images, images, 1), sink(dut.parameters, parameters, 2)]
    simulate(dut, source, background=sinks)
    assert parameters == [p for p, requested in zip(packets, expected, strict=True) if requested]
    assert images == [p for p, requested in zip(packets, expected, strict=True) if not requested]


def test_a_request_within_a_packet_waits_for_its_end():
    dut = PacketRouter()

    async def testbench(ctx):
        ctx.set(dut.images.ready, 1)
        ctx.set(dut.parameters.ready, 1)
        await stream_put(ctx, dut.bytes_in, [{"data": 1, "last": 0}])
        ctx.set(dut.request, 1)
        await ctx.tick()
        ctx.set(dut.request, 0)
        ctx.set(dut.bytes_in.valid, 1)
        ctx.set(dut.bytes_in.payload, {"data": 2, "last": 1})
        assert ctx.get(dut.expected)
        assert (ctx.get(dut.images.valid), ctx.get(dut.parameters.valid)) == (1, 0)
        await ctx.tick()
        assert (ctx.get(dut.images.valid), ctx.get(dut.parameters.valid)) == (0, 1)

    simulate(dut, testbench)


def test_flush_forgets_the_request_and_the_packet():
    dut = PacketRouter()

    async def testbench(ctx):
        ctx.set(dut.images.ready, 1)
        ctx.set(dut.parameters.ready, 1)
        ctx.set(dut.request, 1)
        await ctx.tick()
        ctx.set(dut.request, 0)
        await stream_put(ctx, dut.bytes_in, [{"data": 1, "last": 0}])
        ctx.set(dut.flush, 1)
        await ctx.tick()
        ctx.set(dut.flush, 0)
        assert not ctx.get(dut.expected)
        ctx.set(dut.bytes_in.valid, 1)
        assert (ctx.get(dut.images.valid), ctx.get(dut.parameters.valid)) == (1, 0)

        ctx.set(dut.bytes_in.valid, 0)
        ctx.set(dut.flush, 1)
        ctx.set(dut.request, 1)
        await ctx.tick()
        assert ctx.get(dut.expected), "a request along with the flush stays"

    simulate(dut, testbench)


def test_latency():
    """A byte leaves in the cycle in which it comes: no register lies on its way."""
    dut = PacketRouter()
    offered = []

    async def testbench(ctx):
        ctx.set(dut.bytes_in.valid, 1)
        ctx.set(dut.bytes_in.payload, {"data": 0x5A, "last": 1})
        for cycle in range(3):
            if ctx.get(dut.images.valid) and ctx.get(dut.images.payload).data == 0x5A:
                offered.append(cycle)
            await ctx.tick()

    simulate(dut, testbench)
    assert offered[0] == PacketRouter.LATENCY
