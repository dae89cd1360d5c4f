import itertools
import random

import pytest

from hawx_hw.gateware.axi_lite import AxiLiteBridge, AxiLiteSignature
from hawx_hw.gateware.simulation import simulate

OKAY, SLVERR = 0, 2
WORDS = 16


class Registers:
    """Sixteen plain words behind the bridge; the upper four refuse every access."""

    def __init__(self, dut):
        self.bus = dut.registers
        self.words = [0] * 12
        self.writes = []  # (word address, data, strobe), those that are refused too

    async def run(self, ctx):
        bus = self.bus
        while True:
            ctx.set(bus.write_error, ctx.get(bus.write_address) >= len(self.words))
            *_, write, w_address, w_data, strobe, read, r_address = await ctx.tick().sample(
                bus.write,
                bus.write_address,
                bus.write_data,
                bus.write_strobe,
                bus.read,
                bus.read_address,
            )
            if write:
                self.writes.append((w_address, w_data, strobe))
            if write and w_address < len(self.words):
                mask = sum(0xFF << (8 * i) for i in range(4) if strobe >> i & 1)
                self.words[w_address] = self.words[w_address] & ~mask | w_data & mask
            if read:
                known = r_address < len(self.words)
                ctx.set(bus.read_data, self.words[r_address] if known else 0xDEAD)
                ctx.set(bus.read_error, not known)


async def pause(ctx, rng):
    while rng is not None and rng.random() < 0.5:
        await ctx.tick()


async def send(ctx, valid, ready, fields, rng):
    await pause(ctx, rng)
    for signal, value in fields:
        ctx.set(signal, value)
    ctx.set(valid, 1)
    await ctx.tick().until(ready)
    ctx.set(valid, 0)


async def receive(ctx, valid, ready, fields, rng):
    await pause(ctx, rng)
    ctx.set(ready, 1)
    values = await ctx.tick().sample(*fields).until(valid)
    ctx.set(ready, 0)
    return tuple(int(value) for value in values)


def rtl_transactions(writes, reads, seeds):
    """Each channel is driven on its own, so that they meet in every order."""
    dut = AxiLiteBridge(6)
    axi = dut.axi
    model = Registers(dut)
    rngs = [random.Random(seed) if seed is not None else None for seed in seeds]
    b, r = [], []

    async def aw(ctx):
        for address, _, _ in writes:
            await send(ctx, axi.awvalid, axi.awready, [(axi.awaddr, address)], rngs[0])

    async def w(ctx):
        for _, value, strobe in writes:
            await send(
                ctx, axi.wvalid, axi.wready, [(axi.wdata, value), (axi.wstrb, strobe)], rngs[1]
            )

    async def get_b(ctx):
        for _ in writes:
            b.extend(await receive(ctx, axi.bvalid, axi.bready, (axi.bresp,), rngs[2]))

    async def ar(ctx):
        for address in reads:
            await send(ctx, axi.arvalid, axi.arready, [(axi.araddr, address)], rngs[3])

    async def get_r(ctx):
        for _ in reads:
            r.append(await receive(ctx, axi.rvalid, axi.rready, (axi.rdata, axi.rresp), rngs[4]))

    simulate(dut, aw, w, get_b, ar, get_r, background=[model.run])
    # A register may act on being written: once, however long the answer waits.
    assert model.writes == [(address // 4, value, strobe) for address, value, strobe in writes]
    return b, r, model.words


def ref_writes(writes):
    words, responses = [0] * 12, []
    for address, value, strobe in writes:
        index = address // 4
        responses.append(OKAY if index < 12 else SLVERR)
        if index < 12:
            mask = sum(0xFF << (8 * i) for i in range(4) if strobe >> i & 1)
            words[index] = words[index] & ~mask | value & mask
    return responses, words


@pytest.mark.parametrize("seed", [None, *range(12)])
def test_writes_in_every_order_of_channels(seed):
    rng = random.Random(seed)
    writes = [(rng.randrange(64), rng.getrandbits(32), rng.randrange(16)) for _ in range(40)]
    seeds = (
        [None] * 5
        if seed is None
        else [seed * 5 + i if rng.random() < 0.8 else None for i in range(5)]
    )
    responses, _, words = rtl_transactions(writes, [], seeds)
    assert (responses, words) == ref_writes(writes)


@pytest.mark.parametrize("seeds", list(itertools.product([None, 1, 2], repeat=2)))
def test_reads(seeds):
    reads = [random.Random(5).randrange(64) for _ in range(40)]
    _, values, _ = rtl_transactions([], reads, [None, None, None, *seeds])
    assert values == [(0, OKAY) if address // 4 < 12 else (0xDEAD, SLVERR) for address in reads]


def test_reads_and_writes_do_not_wait_for_each_other():
    dut = AxiLiteBridge(6)
    model = Registers(dut)
    axi = dut.axi

    async def testbench(ctx):
        await send(ctx, axi.awvalid, axi.awready, [(axi.awaddr, 8)], None)
        await send(ctx, axi.arvalid, axi.arready, [(axi.araddr, 8)], None)
        assert await receive(ctx, axi.rvalid, axi.rready, (axi.rdata, axi.rresp), None) == (0, OKAY)
        await send(ctx, axi.wvalid, axi.wready, [(axi.wdata, 5), (axi.wstrb, 15)], None)
        await ctx.tick().repeat(3)
        assert ctx.get(axi.bvalid), "the response waits"
        await send(ctx, axi.arvalid, axi.arready, [(axi.araddr, 8)], None)
        assert await receive(ctx, axi.rvalid, axi.rready, (axi.rdata, axi.rresp), None) == (5, OKAY)
        assert await receive(ctx, axi.bvalid, axi.bready, (axi.bresp,), None) == (OKAY,)

    simulate(dut, testbench, background=[model.run])


def test_answer_to_a_read_holds_until_it_is_taken():
    dut = AxiLiteBridge(6)
    model = Registers(dut)
    model.words[3] = 77
    axi = dut.axi

    async def testbench(ctx):
        await send(ctx, axi.arvalid, axi.arready, [(axi.araddr, 12)], None)
        ctx.set(axi.araddr, 60)
        ctx.set(axi.arvalid, 1)
        for _ in range(4):
            *_, valid, value, response, ready = await ctx.tick().sample(
                axi.rvalid, axi.rdata, axi.rresp, axi.arready
            )
            assert (valid, value, response, ready) == (1, 77, OKAY, 0)

    simulate(dut, testbench, background=[model.run])


def test_wrong_address_width():
    with pytest.raises(ValueError, match=r"^AXI4-Lite address width must be at least 3, not 2$"):
        AxiLiteSignature(2)


def test_latency():
    """With the other side always ready: read, write, and the answer to the write."""
    dut = AxiLiteBridge(6)
    axi, bus = dut.axi, dut.registers
    measured = []

    async def cycles_until(ctx, signal):
        for cycles in range(10):
            if ctx.get(signal):
                return cycles
            await ctx.tick()
        raise AssertionError("signal must rise")

    async def testbench(ctx):
        ctx.set(axi.arvalid, 1)
        await ctx.tick()
        ctx.set(axi.arvalid, 0)
        measured.append(1 + await cycles_until(ctx, axi.rvalid))
        ctx.set(axi.awvalid, 1)
        await ctx.tick()
        ctx.set(axi.awvalid, 0)
        await ctx.tick().repeat(2)
        assert not ctx.get(bus.write)
        ctx.set(axi.wvalid, 1)
        await ctx.tick()
        ctx.set(axi.wvalid, 0)
        measured.append(1 + await cycles_until(ctx, bus.write))
        measured.append(await cycles_until(ctx, axi.bvalid))

    simulate(dut, testbench)
    assert measured == [
        AxiLiteBridge.READ_LATENCY,
        AxiLiteBridge.WRITE_LATENCY,
        AxiLiteBridge.ANSWER_LATENCY,
    ]
