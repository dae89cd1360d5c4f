"""The dispatch: instructions wait for their engine, and become requests to it."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Array, Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hawx_hw.architectures.simt.gateware.decoder import field_of, is_one_of
from hawx_hw.architectures.simt.gateware.engine_place import EnginePlace
from hawx_hw.architectures.simt.gateware.engine_ports import PostRequest
from hawx_hw.architectures.simt.gateware.names import ENGINE_PLACE
from hawx_hw.architectures.simt.gateware.predicate_file import PredicateReads
from hawx_hw.architectures.simt.gateware.request import Kind, MultiplyRequest
from hawx_hw.architectures.simt.gateware.scalar_file import ScalarReads
from hawx_hw.architectures.simt.isa import FORMS, MULTIPLY_SCALARS, OPCODE, POST_SCALARS
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width

__all__ = ["Dispatch", "needed_bits"]

_ENGINES = (("multiply", MULTIPLY_SCALARS), ("post", POST_SCALARS))


def needed_bits(unit: Unit, *, streams: int, stores: int) -> int:
    """Bits of an instruction that its request depends on; the others may be left out.

    Parameters
    ----------
    unit : Unit
    streams, stores : int
        How many there are.
    """
    form = FORMS["S"]
    numbers = index_width(max(1, streams, stores))
    bits = form["d"].mask & ((1 << numbers) - 1)
    for name in ("v", "rs", "sel", "fn"):
        bits |= form[name].mask
    if unit.masks:
        bits |= form["pred"].mask
    # Without the others there is one instruction for each engine.
    if unit.takes_own or unit.has("STV"):
        bits |= OPCODE.mask
    return bits


class Dispatch(wiring.Component):
    """The places before both engines, and what is asked of the engines.

    **Latency**: see :class:`~hawx_hw.architectures.simt.gateware.engine_place.EnginePlace`.

    Parameters
    ----------
    unit : Unit
    streams, stores : int
        How many there are.

    Attributes
    ----------
    clear : In(1)
        Nobody waits.
    goes_on : In(1)
        Requests may be taken.
    multiply_asks, post_asks : In(warps)
        Warps whose instruction goes to an engine.
    instructions : In(ArrayLayout(32, warps))
        Of each warp, from the cycle after it asks until it has another one.
    multiply_reads, post_reads : Out(ScalarReads)
    scalars : In(ArrayLayout(scalar_bits, warps))
        Of the scalar file.
    mask : Out(PredicateReads)
        Lanes that take part in the multiply engine's instruction.
    multiply, post : Out(stream of MultiplyRequest), Out(stream of PostRequest)
    walks : Out(warps)
        Warps whose request is taken.
    """

    def __init__(self, unit: Unit, *, streams: int, stores: int):
        self._unit = unit
        warps = unit.warps
        super().__init__(
            {
                "clear": In(1),
                "goes_on": In(1),
                "multiply_asks": In(warps),
                "post_asks": In(warps),
                "instructions": In(data.ArrayLayout(32, warps)),
                "multiply_reads": Out(ScalarReads(unit)),
                "post_reads": Out(ScalarReads(unit)),
                "scalars": In(data.ArrayLayout(unsigned(unit.scalar_bits), warps)),
                "mask": Out(PredicateReads(unit)),
                "multiply": Out(stream.Signature(MultiplyRequest(unit, max(1, streams)))),
                "post": Out(stream.Signature(PostRequest(unit, max(1, stores)))),
                "walks": Out(warps),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        places = []
        for name, scalars in _ENGINES:
            part: Any = place(
                m, platform, f"{name}_place", f"{ENGINE_PLACE}_{name}",
                partial(EnginePlace, unit, scalars),
            )  # fmt: skip
            request = getattr(self, name)
            connect(m, part.reads, flipped(getattr(self, f"{name}_reads")))
            m.d.comb += [
                part.clear.eq(self.clear),
                part.asks.eq(getattr(self, f"{name}_asks")),
                part.data.eq(self.scalars),
                request.valid.eq(part.valid & self.goes_on),
                part.leaves.eq(request.valid & request.ready),
            ]
            for warp in range(unit.warps):
                m.d.comb += part.first[warp].eq(field_of(self.instructions[warp], "S", "rs"))
            places.append(part)
        for warp in range(unit.warps):
            begun = [part.leaves & (part.warp == warp) for part in places]
            m.d.comb += self.walks[warp].eq(begun[0] | begun[1])
        self._multiply(m, places[0])
        self._post(m, places[1])
        return m

    def _word(self, m: Module, warp: Any, name: str) -> Signal:
        """The instruction of a warp."""
        word = Signal(32, name=name)
        words = Array([self.instructions[n] for n in range(self._unit.warps)])
        m.d.comb += word.eq(words[warp])
        return word

    def _multiply(self, m: Module, part: Any) -> None:
        word = self._word(m, part.warp, "multiply_instruction")
        payload, mask = self.multiply.payload, self.mask
        m.d.comb += [
            mask.warp.eq(part.warp),
            mask.condition.eq(field_of(word, "S", "pred")),
            payload.warp.eq(part.warp),
            payload.multiplies.eq(~is_one_of(self._unit, word, "LDV", "RADD", "RMAX")),
            payload.own.eq(is_one_of(self._unit, word, "MACW", "LDV", "RADD", "RMAX")),
            payload.clears.eq(field_of(word, "S", "fn")[0]),
            payload.register.eq(field_of(word, "S", "v")),
            payload.select.eq(field_of(word, "S", "sel")),
            payload.stream.eq(field_of(word, "S", "d")),
            payload.lanes.eq(mask.lanes),
        ]
        with m.If(is_one_of(self._unit, word, "RMAX")):
            m.d.comb += payload.kind.eq(Kind.MAXIMUM)
        with m.Elif(is_one_of(self._unit, word, "LDV")):
            m.d.comb += payload.kind.eq(Kind.LOAD)
        for number, name in enumerate(("address", "x", "y", "weight", "beats")):
            m.d.comb += payload[name].eq(part.scalars[number])

    def _post(self, m: Module, part: Any) -> None:
        word = self._word(m, part.warp, "post_instruction")
        payload = self.post.payload
        fn = field_of(word, "S", "fn")
        m.d.comb += [
            payload.warp.eq(part.warp),
            payload.plain.eq(is_one_of(self._unit, word, "STV")),
            payload.largest.eq(fn == 1),
            payload.sums.eq(fn == 2),
            payload.register.eq(field_of(word, "S", "v")),
            payload.store.eq(field_of(word, "S", "d")),
        ]
        for number, name in enumerate(("target", "constants", "beats", "remaining")):
            m.d.comb += payload[name].eq(part.scalars[number])
