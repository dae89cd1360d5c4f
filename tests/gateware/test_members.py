# amaranth: UnusedElaboratable=no
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.members import connect_members
from hawx_hw.gateware.simulation import simulate


class Source(wiring.Component):
    go: Out(4)
    back: In(1)
    other: Out(1)

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.go.eq(9)
        return m


class Sink(wiring.Component):
    go: In(4)
    back: Out(1)
    different: In(1)

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.back.eq(self.go == 9)
        return m


class Pair(wiring.Component):
    """Joins the members that both have."""

    seen: Out(1)

    def __init__(self, names=("go", "back")):
        self._names = names
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.source = source = Source()
        m.submodules.sink = sink = Sink()
        connect_members(m, source, sink, self._names)
        m.d.sync += self.seen.eq(source.back)
        return m


def test_named_members_are_connected_in_their_directions():
    pair = Pair()

    async def drive(ctx):
        await ctx.tick()
        assert ctx.get(pair.seen)

    simulate(pair, drive)


def test_a_member_that_is_left_out_stays_unconnected():
    pair = Pair(("back",))

    async def drive(ctx):
        await ctx.tick()
        assert not ctx.get(pair.seen)

    simulate(pair, drive)


def test_members_must_match():
    m = Module()
    with pytest.raises(wiring.ConnectionError, match="shape"):
        connect_members(m, wiring.Signature({"go": Out(3)}).create(), Sink(), ("go",))
    with pytest.raises(wiring.SignatureError, match="other"):
        connect_members(m, Source(), Sink(), ("other",))
