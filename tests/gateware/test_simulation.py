"""The drivers of the simulator, against components that are easy to predict."""

import random

import pytest
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.axi_lite import AxiLiteBridge, AxiLiteSignature
from hawx_hw.gateware.registers import Access, Field, Register, RegisterFile, RegisterMap
from hawx_hw.gateware.simulation import (
    axi_lite_read,
    axi_lite_write,
    packet_get,
    packet_put,
    simulate,
    stream_get,
    stream_put,
    until,
)
from hawx_hw.gateware.streams import packet_signature


class Counter(wiring.Component):
    count: Out(8)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.count.eq(self.count + 1)
        return m


class Queue(wiring.Component):
    """A queue; every fourth payload that leaves may be damaged while it waits."""

    def __init__(self, shape, *, damaged=False):
        self._shape, self._damaged = shape, damaged
        signature = stream.Signature(shape)
        super().__init__({"source": In(signature), "sink": Out(signature)})

    def elaborate(self, platform):
        m = Module()
        width = len(self.source.payload.as_value() if hasattr(self.source.payload, "as_value")
                    else self.source.payload)  # fmt: skip
        m.submodules.fifo = fifo = SyncFIFOBuffered(width=width, depth=4)
        waited = Signal()
        m.d.sync += waited.eq(self.sink.valid & ~self.sink.ready)
        m.d.comb += [
            self.source.ready.eq(fifo.w_rdy),
            fifo.w_en.eq(self.source.valid),
            fifo.w_data.eq(self.source.payload),
            self.sink.valid.eq(fifo.r_rdy),
            self.sink.payload.eq(Mux(waited & self._damaged, ~fifo.r_data, fifo.r_data)),
            fifo.r_en.eq(self.sink.ready),
        ]
        return m


def test_testbenches_run_side_by_side_until_all_return():
    dut = Counter()
    seen = {}

    async def slow(ctx):
        await ctx.tick().repeat(9)
        seen["slow"] = ctx.get(dut.count)

    async def fast(ctx):
        await ctx.tick()
        seen["fast"] = ctx.get(dut.count)

    simulate(dut, slow, fast)
    assert seen == {"slow": 9, "fast": 1}


def test_background_ends_with_the_others():
    dut = Counter()
    seen = []

    async def watch(ctx):
        while True:
            await ctx.tick()
            seen.append(ctx.get(dut.count))

    async def drive(ctx):
        await ctx.tick().repeat(5)

    simulate(dut, drive, background=[watch])
    assert seen == [1, 2, 3, 4, 5]


def test_limit():
    async def forever(ctx):
        while True:
            await ctx.tick()

    with pytest.raises(TimeoutError, match=r"^Simulation is not over after 30 cycles$"):
        simulate(Counter(), forever, limit=30)


def test_until_samples_in_the_cycle_of_the_condition():
    dut = Counter()
    seen = []

    async def drive(ctx):
        seen.extend(await until(ctx, dut.count == 3, dut.count, dut.count + 1))
        seen.append(ctx.get(dut.count))

    simulate(dut, drive)
    assert seen == [3, 4, 4]


@pytest.mark.parametrize("put", [None, 1, 2])
@pytest.mark.parametrize("get", [None, 3, 4])
def test_streams(put, get):
    """Every payload once and in order, whatever stalls, and one a cycle where nothing does."""
    rng = random.Random(5)
    payloads = [rng.getrandbits(9) for _ in range(60)]
    dut = Queue(9)
    received, cycles = [], []

    async def send(ctx):
        await stream_put(ctx, dut.source, payloads, stalls=put and random.Random(put))

    async def receive(ctx):
        received.extend(
            await stream_get(ctx, dut.sink, len(payloads), stalls=get and random.Random(get))
        )

    async def count(ctx):
        while True:
            await ctx.tick()
            cycles.append(None)

    simulate(dut, send, receive, background=[count])
    assert received == payloads
    if put is None and get is None:
        assert len(cycles) <= len(payloads) + 4
    else:
        assert len(cycles) > 1.3 * len(payloads)


def test_a_payload_that_changes_while_it_waits():
    dut = Queue(9, damaged=True)

    async def send(ctx):
        await stream_put(ctx, dut.source, [5] * 40)

    async def receive(ctx):
        await stream_get(ctx, dut.sink, 40, stalls=random.Random(1))

    with pytest.raises(AssertionError, match="must hold its payload until it is taken"):
        simulate(dut, send, receive)


def test_packets():
    packets = [random.Random(size).randbytes(size) for size in (1, 5, 17)]
    dut = Queue(packet_signature().members["payload"].shape)
    received = []

    async def send(ctx):
        for packet in packets:
            await packet_put(ctx, dut.source, packet, stalls=random.Random(2))

    async def receive(ctx):
        for _ in packets:
            received.append(await packet_get(ctx, dut.sink, stalls=random.Random(3)))

    simulate(dut, send, receive)
    assert received == packets


def test_a_packet_without_an_end():
    dut = Queue(packet_signature().members["payload"].shape)

    async def send(ctx):
        await packet_put(ctx, dut.source, bytes(20))

    async def receive(ctx):
        await packet_get(ctx, dut.sink, limit=12)

    with pytest.raises(AssertionError, match=r"^Packet must end within 12 bytes$"):
        simulate(dut, send, receive)


class Registers(wiring.Component):
    """One register behind AXI4-Lite."""

    axi: In(AxiLiteSignature(4))

    def elaborate(self, platform):
        m = Module()
        level = Register("level", 0, "x", (Field("value", Access.RW, "x", width=32, reset=7),))
        m.submodules.bridge = bridge = AxiLiteBridge(4)
        m.submodules.registers = registers = RegisterFile(RegisterMap((level,), 4))
        wiring.connect(m, wiring.flipped(self.axi), bridge.axi)
        wiring.connect(m, bridge.registers, registers.bus)
        return m


def test_axi_lite():
    dut = Registers()

    async def drive(ctx):
        assert await axi_lite_read(ctx, dut.axi, 0) == (7, 0)
        assert await axi_lite_write(ctx, dut.axi, 0, 0x12345678) == 0
        assert await axi_lite_read(ctx, dut.axi, 0) == (0x12345678, 0)
        assert await axi_lite_write(ctx, dut.axi, 0, 0xFFFFFFFF, strobe=0b0010) == 0
        assert await axi_lite_read(ctx, dut.axi, 0) == (0x1234FF78, 0)
        assert await axi_lite_write(ctx, dut.axi, 8, 1) == 2
        assert (await axi_lite_read(ctx, dut.axi, 8))[1] == 2

    simulate(dut, drive)
