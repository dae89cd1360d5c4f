import itertools
import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.simulation import packet_get, packet_put, simulate
from hawx_hw.gateware.streams import PACKET_BYTE, packet_signature


class Stage(wiring.Component):
    """Keeps one byte of a packet."""

    source: In(packet_signature())
    sink: Out(packet_signature())

    def elaborate(self, platform):
        m = Module()
        byte = Signal(PACKET_BYTE)
        m.d.comb += [
            self.source.ready.eq(~self.sink.valid | self.sink.ready),
            self.sink.payload.eq(byte),
        ]
        with m.If(self.source.ready):
            m.d.sync += [self.sink.valid.eq(self.source.valid), byte.eq(self.source.payload)]
        return m


class Chain(wiring.Component):
    """Stages one after another, each connected to the next."""

    source: In(packet_signature())
    sink: Out(packet_signature())

    def elaborate(self, platform):
        m = Module()
        stages = [Stage() for _ in range(3)]
        m.submodules += stages
        wiring.connect(m, wiring.flipped(self.source), stages[0].source)
        for before, after in itertools.pairwise(stages):
            wiring.connect(m, before.sink, after.source)
        wiring.connect(m, stages[-1].sink, wiring.flipped(self.sink))
        return m


def test_a_beat_is_a_byte_and_its_end():
    assert PACKET_BYTE.size == 9
    assert PACKET_BYTE.const({"data": 0xA5, "last": 1}).as_value().value == 0x1A5


@pytest.mark.parametrize("stalls", [None, 1, 2])
def test_packets_pass_from_source_to_sink(stalls):
    rng = random.Random(4)
    packets = [rng.randbytes(size) for size in (1, 2, 7, 30)]
    dut = Chain()
    received = []

    async def send(ctx):
        seed = None if stalls is None else random.Random(stalls)
        for packet in packets:
            await packet_put(ctx, dut.source, packet, stalls=seed)

    async def receive(ctx):
        seed = None if stalls is None else random.Random(stalls + 10)
        for _ in packets:
            received.append(await packet_get(ctx, dut.sink, stalls=seed))

    simulate(dut, send, receive)
    assert received == packets
