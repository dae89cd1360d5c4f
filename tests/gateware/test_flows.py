# amaranth: UnusedElaboratable=no
import random

import pytest
from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.flows import FlowSignature, delay_line
from hawx_hw.gateware.simulation import simulate

PAYLOAD = data.StructLayout({"first": 3, "second": 5})


class Delay(wiring.Component):
    """A flow, and the same flow ``length`` cycles later."""

    def __init__(self, length):
        self._length = length
        flow = FlowSignature(PAYLOAD)
        super().__init__({"source": In(flow), "sink": Out(flow)})

    def elaborate(self, platform):
        m = Module()
        line = delay_line(m, self.source, self._length, "word")
        assert len(line) == self._length + 1
        wiring.connect(m, line[-1], wiring.flipped(self.sink))
        return m


def ref_delay(stimulus, length):
    """(valid, payload) of each cycle; a payload holds until the next one arrives."""
    delayed = ([(False, 0)] * length + stimulus)[: len(stimulus)]
    last, result = 0, []
    for valid, payload in delayed:
        last = payload if valid else last
        result.append((valid, last))
    return result


def rtl_delay(stimulus, length):
    dut = Delay(length)
    result = []

    async def drive(ctx):
        for valid, payload in stimulus:
            ctx.set(dut.source.valid, valid)
            ctx.set(dut.source.payload.as_value(), payload)
            result.append((bool(ctx.get(dut.sink.valid)), ctx.get(dut.sink.payload.as_value())))
            await ctx.tick()

    simulate(dut, drive)
    return result


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_delayed_flows(length, density):
    rng = random.Random(length)
    stimulus = [(rng.random() < density, rng.getrandbits(8)) for _ in range(200)]
    assert rtl_delay(stimulus, length) == ref_delay(stimulus, length)


def test_no_delay_is_the_source_itself():
    source = FlowSignature(PAYLOAD).create()
    assert delay_line(Module(), source, 0, "word") == [source]


def test_signatures():
    flow = FlowSignature(PAYLOAD)
    assert flow.payload_shape is PAYLOAD
    assert flow == FlowSignature(data.StructLayout({"first": 3, "second": 5}))
    assert hash(flow) == hash(FlowSignature(data.StructLayout({"first": 3, "second": 5})))
    assert flow != FlowSignature(8)
    assert repr(FlowSignature(8)) == "FlowSignature(8)"


def test_wrong_length():
    with pytest.raises(ValueError, match=r"^Delay must be a number of cycles >= 0, not -1$"):
        delay_line(Module(), FlowSignature(8).create(), -1, "word")
