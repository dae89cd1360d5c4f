"""Drives components in Amaranth's simulator: packets in, packets out, with stalls from a seed."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.sim import Simulator

__all__ = [
    "axi_lite_read",
    "axi_lite_write",
    "packet_get",
    "packet_put",
    "simulate",
    "stream_get",
    "stream_put",
    "until",
]

Testbench = Callable[[Any], Awaitable[None]]


def simulate(
    component: wiring.Component,
    *testbenches: Testbench,
    background: Sequence[Testbench] = (),
    limit: int = 100_000,
) -> None:
    """Run ``testbenches`` side by side until all have returned.

    Parameters
    ----------
    component : Component
    *testbenches : async function of the simulation context
    background : sequence of async functions
        End with the others.
    limit : int
        Cycles after which the simulation fails with TimeoutError.
    """

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    # First, so that after a tick the testbenches see what the background has made of it.
    for testbench in background:
        simulator.add_testbench(testbench, background=True)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    # Each clock edge is one step.
    for _ in range(2 * limit):
        if not simulator.advance():
            return
    raise TimeoutError(f"Simulation is not over after {limit} cycles")


async def until(ctx: Any, condition: Any, *sampled: Any) -> tuple[Any, ...]:
    """Tick up to and including the first cycle of ``condition``; returns the values in that cycle.

    Unlike ``ctx.tick().until()`` it may still be waiting when the simulation ends.
    """
    while True:
        _clock, _reset, reached, *values = await ctx.tick().sample(condition, *sampled)
        if reached:
            return tuple(values)


async def _pause(ctx: Any, stalls: random.Random | None) -> None:
    while stalls is not None and stalls.random() < 0.4:
        await ctx.tick()


async def stream_put(
    ctx: Any, stream: Any, payloads: Iterable[Any], *, stalls: random.Random | None = None
) -> None:
    """Offer each payload until it is taken; without ``stalls`` one a cycle. Between two there is
    noise."""
    bits = Value.cast(stream.payload)
    for payload in payloads:
        if stalls is not None:
            ctx.set(bits, stalls.getrandbits(len(bits)))
        await _pause(ctx, stalls)
        ctx.set(stream.payload, payload)
        ctx.set(stream.valid, 1)
        await until(ctx, stream.ready)
        ctx.set(stream.valid, 0)


async def stream_get(
    ctx: Any, stream: Any, count: int, *, stalls: random.Random | None = None
) -> list[Any]:
    """Take ``count`` payloads; without ``stalls`` one a cycle. A payload must hold until it is
    taken."""
    payloads = []
    for _ in range(count):
        while stalls is not None and stalls.random() < 0.4:
            *_, valid, before = await ctx.tick().sample(stream.valid, stream.payload)
            if valid and (not ctx.get(stream.valid) or ctx.get(stream.payload) != before):
                raise AssertionError("A stream must hold its payload until it is taken")
        ctx.set(stream.ready, 1)
        (payload,) = await until(ctx, stream.valid, stream.payload)
        ctx.set(stream.ready, 0)
        payloads.append(payload)
    return payloads


async def packet_put(
    ctx: Any, stream: Any, packet: bytes, *, stalls: random.Random | None = None
) -> None:
    """Send ``packet``, with ``last`` on its last byte."""
    beats = [{"data": byte, "last": i == len(packet) - 1} for i, byte in enumerate(packet)]
    await stream_put(ctx, stream, beats, stalls=stalls)


async def packet_get(
    ctx: Any, stream: Any, *, stalls: random.Random | None = None, limit: int = 100_000
) -> bytes:
    """Receive bytes up to the one with ``last``."""
    packet = bytearray()
    while len(packet) < limit:
        (beat,) = await stream_get(ctx, stream, 1, stalls=stalls)
        packet.append(beat["data"])
        if beat["last"]:
            return bytes(packet)
    raise AssertionError(f"Packet must end within {limit} bytes")


async def axi_lite_write(ctx: Any, axi: Any, address: int, value: int, strobe: int = 15) -> int:
    """Write one register and return the response."""
    ctx.set(axi.awaddr, address)
    ctx.set(axi.awvalid, 1)
    ctx.set(axi.wdata, value)
    ctx.set(axi.wstrb, strobe)
    ctx.set(axi.wvalid, 1)
    ctx.set(axi.bready, 1)
    response = None
    while response is None:
        *_, aw, w, b, resp = await ctx.tick().sample(axi.awready, axi.wready, axi.bvalid, axi.bresp)
        if aw:
            ctx.set(axi.awvalid, 0)
        if w:
            ctx.set(axi.wvalid, 0)
        if b:
            response = resp
    ctx.set(axi.bready, 0)
    return int(response)


async def axi_lite_read(ctx: Any, axi: Any, address: int) -> tuple[int, int]:
    """Read one register and return (value, response)."""
    ctx.set(axi.araddr, address)
    ctx.set(axi.arvalid, 1)
    await until(ctx, axi.arready)
    ctx.set(axi.arvalid, 0)
    ctx.set(axi.rready, 1)
    value, response = await until(ctx, axi.rvalid, axi.rdata, axi.rresp)
    ctx.set(axi.rready, 0)
    return int(value), int(response)
