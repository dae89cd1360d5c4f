"""The multiply engine: takes stream instructions, one after the other, and runs them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hawx_hw.architectures.simt.gateware.activation_feed import ActivationFeed, windows_of
from hawx_hw.architectures.simt.gateware.engine_ports import EngineReports
from hawx_hw.architectures.simt.gateware.lane_array import LaneArray, OperandLayout, TapLayout
from hawx_hw.architectures.simt.gateware.names import (
    ACTIVATION_FEED,
    FAULTS,
    LANE_ARRAY,
    WALKER,
    WEIGHT_FEED,
)
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads, RegisterWrites
from hawx_hw.architectures.simt.gateware.request import Kind, MultiplyRequest, kinds_of
from hawx_hw.architectures.simt.gateware.stream_faults import StreamFaults
from hawx_hw.architectures.simt.gateware.walker import RunLayout, Walker
from hawx_hw.architectures.simt.gateware.weight_feed import WeightFeed
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import ReadPort

__all__ = ["MultiplyEngine"]


class _Instruction(data.StructLayout):
    """What stays the same for all taps of an instruction; no bits for what all do alike."""

    def __init__(self, unit: Unit, format: StreamFormat, selections: int):
        super().__init__(
            {
                "warp": index_width(unit.warps),
                "clears": 1,
                "select": index_width(selections),
                "pad": signed(8),
                "lanes": unit.lanes if unit.masks else 0,
                "kind": Kind if len(kinds_of(unit)) > 1 else 0,
                "multiplies": int(unit.adds_codes),
                "own": int(unit.takes_own),
            }
        )


class MultiplyEngine(wiring.Component):
    """Walks streams and accumulates in the vector registers of a warp.

    ::

        walk | taps, tags | byte, weight | blocks | (register) add | write
          1        2            3            4          (5) 4        5 (6)   cycles after the step

    Steps are those of :func:`~hawx_hw.architectures.simt.walks.stream_taps`, the first in the cycle
    in which the request is taken.

    **Latency**: the instruction ends :attr:`Unit.multiply_latency` after its last step, in the
    cycle of ``report.ended``. Then its registers are written. The next request is taken in the
    cycle after the last step, at the earliest.

    Parameters
    ----------
    unit : Unit
    format : StreamFormat
    lanes : LaneBlocks
    streams : int
        Words of the stream memory.
    weights : int
        Words of the weight memory; of these only ``known`` may be read.
    known : int or None
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Attributes
    ----------
    request : In(stream of MultiplyRequest)
    streams : Out(ReadPort)
    activations : Out(ReadPort)
    weights : Out(ReadPort)
    reads : Out(RegisterReads)
    writes : Out(RegisterWrites)
    run_word : Out(1)
        A word of a run is looked for; the memory is read in the next cycle where no window has it.
    report : Out(EngineReports)
        A fault follows its step by :data:`~hawx_hw.architectures.simt.isa.MULTIPLY_FAULT_LATENCY`.
    """

    def __init__(
        self,
        unit: Unit,
        format: StreamFormat,
        lanes: LaneBlocks,
        *,
        streams: int,
        weights: int,
        known: int | None = None,
        implementations: Mapping[str, str] | None = None,
    ):
        self._unit, self._format, self._lanes = unit, format, lanes
        self._weights, self._known = weights, known
        self._implementations = dict(implementations or {})
        self._windows, _ = windows_of(unit, format)
        super().__init__(
            {
                "request": In(stream.Signature(MultiplyRequest(unit, streams))),
                "streams": Out(ReadPort(streams, format.bits)),
                "activations": Out(ReadPort(unit.activation_words, 8 * unit.word)),
                "weights": Out(ReadPort(weights, 8 * unit.lanes)),
                "reads": Out(RegisterReads(unit)),
                "writes": Out(RegisterWrites(unit)),
                "run_word": Out(1),
                "report": Out(EngineReports(unit)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        walker = self._walk(m, platform)
        self._instructions(m, walker)
        self._taps(m, walker)
        self._feed(m, platform)
        feed = self._activations(m, platform, walker)
        self._multiply(m, platform, feed)
        faults = self._faults(m, platform, walker, feed)
        self._ends(m, walker, faults)
        return m

    # The walk ---------------------------------------------------------------------------------

    def _walk(self, m: Module, platform: Any) -> Any:
        unit, request = self._unit, self.request
        taken = request.payload
        walker: Any = place(m, platform, "walker", WALKER, partial(Walker, unit, self._format))
        word = Signal(self._format.layout, name="stream")
        self._stream = word
        self._starts = Signal(name="starts")
        m.d.comb += [
            request.ready.eq(~walker.active | walker.last),
            self._starts.eq(request.valid & request.ready),
            self.streams.enable.eq(self._starts),
            self.streams.address.eq(taken.stream),
            Value.cast(word).eq(self.streams.data),
            walker.start.eq(self._starts),
            Value.cast(walker.stream).eq(word),
            walker.address.eq(taken.address),
            walker.x.eq(taken.x),
            walker.y.eq(taken.y),
            walker.beats.eq(taken.beats),
            walker.first_register.eq(taken.register),
        ]
        return walker

    def _instructions(self, m: Module, walker: Any) -> None:
        """What the taps of the instruction need, a register for each stage that is in use."""
        unit, s, taken = self._unit, self._stream, self.request.payload
        selections = self._lanes.selections
        layout = _Instruction(unit, self._format, selections)
        walking, tapping = (
            Signal(layout, name=f"{name}_instruction", reset_less=True)
            for name in ("walking", "tapping")
        )
        select = Signal(3, name="select", reset_less=True)
        weight = Signal(unit.scalar_bits, name="first_weight", reset_less=True)
        with m.If(self._starts):
            m.d.sync += [
                walking[name].eq(taken[name])
                for name in ("warp", "kind", "multiplies", "own", "clears", "lanes")
            ]
            m.d.sync += [select.eq(taken.select), weight.eq(taken.weight)]
        self._walking_stream = Signal(len(taken.stream), name="walking_stream", reset_less=True)
        self._no_beats = Signal(name="no_beats", reset_less=True)
        with m.If(self._starts):
            m.d.sync += [
                self._walking_stream.eq(taken.stream),
                self._no_beats.eq(taken.beats == 0),
            ]
        self._selection = Signal(max(3, len(s.selection)), name="selection_of_walk")
        m.d.comb += self._selection.eq(Mux(select == 0, s.selection, select - 1))
        enters = Signal(name="enters")  # the first tap of the instruction
        m.d.comb += enters.eq(walker.run_begins & walker.run.opens & walker.run.fetches)
        with m.If(enters):
            m.d.sync += [
                tapping.eq(walking),
                tapping.pad.eq(s.pad),
                tapping.select.eq(self._selection),
            ]
        self._walking, self._tapping = walking, tapping
        self._first_weight, self._enters = weight, enters
        # Without instructions that add codes all multiply.
        self._multiplies, self._selects = (
            each.multiplies if unit.adds_codes else Const(1, 1) for each in (tapping, walking)
        )

    def _taps(self, m: Module, walker: Any) -> None:
        """The taps of a run, one a cycle."""
        unit, s = self._unit, self._stream
        bits = index_width(unit.taps)
        run = Signal(RunLayout(unit, self._format), name="run", reset_less=True)
        left = Signal(bits, name="taps_left", reset_less=True)
        valid, first = Signal(name="tap"), Signal(name="first_tap", reset_less=True)
        several = Signal(name="several_taps", reset_less=True)
        entered = Signal(name="entered", reset_less=True)
        m.d.sync += [first.eq(walker.run_begins), entered.eq(self._enters)]
        with m.If(walker.run_begins):
            m.d.sync += [valid.eq(1), left.eq(s.taps), several.eq(s.taps != 0)]
            m.d.sync += [
                run[name].eq(walker.run[name])
                for name in ("register", "number", "fetches", "keeps", "begins", "ends", "opens")
            ]
        with m.Else():
            m.d.sync += left.eq(left - 1)
            with m.If(left == 0):
                m.d.sync += valid.eq(0)
        self._run, self._valid, self._first, self._left = run, valid, first, left
        self._several, self._entered = several, entered

    def _feed(self, m: Module, platform: Any) -> None:
        unit = self._unit
        feed: Any = place(
            m,
            platform,
            "weight_feed",
            WEIGHT_FEED,
            partial(WeightFeed, unit, self._weights, self._known),
        )
        multiplies = self._valid & self._multiplies
        m.d.comb += [
            feed.begin.eq(self._enters),
            feed.start.eq(self._first_weight),
            feed.groups.eq(self._stream.groups),
            feed.fetch.eq(multiplies & self._run.fetches),
            feed.keep.eq(self._run.keeps & self._several),
            feed.reuse.eq(multiplies & ~self._run.fetches & self._several),
            feed.index.eq(self._left),
            self.weights.enable.eq(feed.memory.enable),
            self.weights.address.eq(feed.memory.address),
            feed.memory.data.eq(self.weights.data),
        ]
        self._weigh = feed

    # Lanes ------------------------------------------------------------------------------------

    def _activations(self, m: Module, platform: Any, walker: Any) -> Any:
        """The codes of the taps."""
        make = partial(ActivationFeed, self._unit, self._format)
        feed: Any = place(m, platform, "activation_feed", ACTIVATION_FEED, make)
        m.d.comb += [
            Value.cast(feed.stream).eq(self._stream),
            feed.first.eq(walker.first),
            feed.word_valid.eq(walker.word_valid),
            self.run_word.eq(walker.word_valid),
            feed.word.eq(walker.word),
            feed.run_begins.eq(walker.run_begins),
            feed.run.eq(walker.run),
            feed.pad.eq(self._tapping.pad),
        ]
        connect(m, feed.memory, flipped(self.activations))
        return feed

    def _multiply(self, m: Module, platform: Any, feed: Any) -> None:
        """The lanes; a tap comes to them in the cycle of its operands."""
        unit, run, instruction = self._unit, self._run, self._tapping
        make = partial(LaneArray, unit, self._lanes, self._windows, self._implementations)
        array: Any = place(m, platform, "lane_array", LANE_ARRAY, make)
        tap = Signal(TapLayout(unit), name="tap_of_lanes")
        operands = Signal(OperandLayout(self._lanes.selections), name="operands", reset_less=True)
        lanes = Signal(unit.lanes, name="lanes_of_operands", reset_less=True)
        m.d.sync += [
            tap.valid.eq(self._valid),
            tap.begins.eq(self._valid & self._first & run.begins),
            tap.ends.eq((self._left == 0) & run.ends),
            tap.clears.eq(run.opens & instruction.clears),
            tap.moves.eq(~self._multiplies),
            tap.kind.eq(instruction.kind),
            tap.warp.eq(instruction.warp),
            tap.register.eq(run.register),
            lanes.eq(instruction.lanes),
            operands.weighs.eq(self._weigh.fetch | self._weigh.reuse),
            operands.own.eq(instruction.own),
            operands.choose.eq(self._entered & self._multiplies),
            operands.select.eq(instruction.select),
        ]
        m.d.comb += [
            array.tap.eq(tap),
            array.operands.eq(operands),
            array.lanes.eq(lanes),
            array.weights.eq(self._weigh.weights),
        ]
        for own, codes in zip(array.codes, feed.codes, strict=True):
            connect(m, own, codes)
        connect(m, array.reads, flipped(self.reads))
        connect(m, array.writes, flipped(self.writes))

    def _faults(self, m: Module, platform: Any, walker: Any, feed: Any) -> Any:
        """Check the walk's first cycle, and each of its taps."""
        unit, s, run = self._unit, self._stream, self._run
        faults: Any = place(
            m, platform, "faults", FAULTS,
            partial(StreamFaults, unit, self._format, self._lanes.selections, self._windows),
        )  # fmt: skip
        warp = Signal(len(self._walking.warp), name="warp_of_step", reset_less=True)
        m.d.sync += warp.eq(self._walking.warp)
        m.d.comb += [
            Value.cast(faults.stream).eq(s),
            faults.first.eq(walker.first),
            faults.index.eq(self._walking_stream),
            faults.no_beats.eq(self._no_beats),
            faults.selects.eq(self._selects),
            faults.selection.eq(self._selection),
            faults.address.eq(walker.run.address),
            faults.warp.eq(warp),
            faults.tap.eq(self._valid),
            faults.run_begins.eq(self._first),
            faults.number.eq(run.number),
            faults.word_beyond.eq(self._weigh.beyond),
            faults.weight_word.eq(self._weigh.address),
            walker.stop.eq(faults.stop),
            self.report.fault.eq(faults.fault),
        ]
        for own, checks in zip(faults.windows, feed.checks, strict=True):
            connect(m, own, checks)
        return faults

    def _ends(self, m: Module, walker: Any, faults: Any) -> None:
        """When instructions end that do not fault."""
        ended, warp = walker.last, self._walking.warp
        for stage in range(self._unit.multiply_latency - Walker.LATENCY):
            later = Signal(name=f"ended_{stage}")
            later_warp = Signal(len(warp), name=f"ended_warp_{stage}", reset_less=True)
            m.d.sync += [later.eq(ended), later_warp.eq(warp)]
            ended, warp = later, later_warp
            if stage + 1 == StreamFaults.LATENCY:
                ended = later & ~faults.faulty
        m.d.comb += [self.report.ended.eq(ended), self.report.warp.eq(warp)]
