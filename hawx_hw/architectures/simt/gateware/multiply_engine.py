"""The multiply engine: takes stream instructions, one after the other, and runs them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.addresses import add_address, add_modulo
from hawx_hw.architectures.simt.gateware.cluster import Cluster
from hawx_hw.architectures.simt.gateware.group_walker import GroupWalker
from hawx_hw.architectures.simt.gateware.lane import Lane
from hawx_hw.architectures.simt.gateware.names import (
    CLUSTER,
    FAULTS,
    GROUP_WALKER,
    WALKER,
    WEIGHT_FEED,
    WINDOW,
)
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads, RegisterWrites
from hawx_hw.architectures.simt.gateware.request import Kind, MultiplyRequest
from hawx_hw.architectures.simt.gateware.stream_faults import FaultLayout, StreamFaults
from hawx_hw.architectures.simt.gateware.walker import RunLayout, Walker
from hawx_hw.architectures.simt.gateware.weight_feed import WeightFeed
from hawx_hw.architectures.simt.gateware.window import ActivationWindow
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.block_bank import CellBlocks
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import ReadPort

__all__ = ["MultiplyEngine", "cells_of", "windows_of"]


def windows_of(unit: Unit, format: StreamFormat) -> tuple[int, int]:
    """Activation windows of a unit, and ways of each.

    There are as many as distinguish all pixel groups of its streams.
    """
    windows = math.lcm(*unit.groups) if format.has("groups") else 1
    most_words = 1 << dict(format.widths)["words"]
    return windows, 1 if windows == 1 and most_words <= 2 else 2


def cells_of(lanes: LaneBlocks) -> list[CellBlocks]:
    """What each lane holds, and which of it each selection chooses."""
    cells = []
    for lane in range(lanes.choice.shape[1]):
        own = lanes.of_lane(lane)
        choices = tuple(own.index(index) for index in lanes.choice[:, lane].tolist())
        cells.append(CellBlocks(tuple(lanes.blocks[index] for index in own), choices))
    return cells


class _Instruction(data.StructLayout):
    """What stays the same for all taps of an instruction."""

    def __init__(self, unit: Unit, format: StreamFormat, selections: int):
        super().__init__(
            {
                "warp": index_width(unit.warps),
                "kind": Kind,
                "multiplies": 1,
                "own": 1,
                "clears": 1,
                "select": index_width(selections),
                "pad": signed(8),
            }
        )


class _Tap(data.StructLayout):
    """A tap on its way through the lanes."""

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "valid": 1,
                "begins": 1,
                "ends": 1,
                "clears": 1,
                "moves": 1,
                "kind": Kind,
                "warp": index_width(unit.warps),
                "register": index_width(unit.registers),
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
    cycle of ``ended``. Then its registers are written. The next request is taken in the cycle after
    the last step, at the earliest.

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
    ended, ended_warp : Out(1), Out
        An instruction ends in this cycle.
    fault : Out(FaultLayout)
        An instruction faults: it ends with that, and never in ``ended``. A fault follows its step
        by :data:`~hawx_hw.architectures.simt.isa.MULTIPLY_FAULT_LATENCY`.
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
        self._windows, self._ways = windows_of(unit, format)
        super().__init__(
            {
                "request": In(stream.Signature(MultiplyRequest(unit, streams))),
                "streams": Out(ReadPort(streams, format.bits)),
                "activations": Out(ReadPort(unit.activation_words, 8 * unit.word)),
                "weights": Out(ReadPort(weights, 8 * unit.lanes)),
                "reads": Out(RegisterReads(unit)),
                "writes": Out(RegisterWrites(unit)),
                "fault": Out(FaultLayout(unit)),
                "ended": Out(1),
                "ended_warp": Out(index_width(unit.warps)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        walker = self._walk(m, platform)
        self._instructions(m, walker)
        self._taps(m, walker)
        self._feed(m, platform)
        windows = self._activations(m, platform, walker)
        self._pipeline(m)
        self._clusters(m, platform, windows)
        faults = self._faults(m, platform, walker, windows)
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
        lanes, tapping_lanes = (
            Signal(unit.lanes, name=name, reset_less=True)
            for name in ("lanes_of_walk", "lanes_of_taps")
        )
        select = Signal(3, name="select", reset_less=True)
        weight = Signal(unit.scalar_bits, name="first_weight", reset_less=True)
        with m.If(self._starts):
            m.d.sync += [
                walking.warp.eq(taken.warp),
                walking.kind.eq(taken.kind),
                walking.multiplies.eq(taken.multiplies),
                walking.own.eq(taken.own),
                walking.clears.eq(taken.clears),
                lanes.eq(taken.lanes),
                select.eq(taken.select),
                weight.eq(taken.weight),
            ]
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
                tapping_lanes.eq(lanes),
            ]
        self._walking, self._tapping = walking, tapping
        self._lanes_of_taps, self._first_weight, self._enters = tapping_lanes, weight, enters

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
        multiplies = self._valid & self._tapping.multiplies
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

    # Activations ------------------------------------------------------------------------------

    def _activations(self, m: Module, platform: Any, walker: Any) -> list[Any]:
        """Windows, and the words that they lack."""
        unit, s = self._unit, self._stream
        word = Signal(unit.word_bits, name="word", reset_less=True)
        word_valid, word_last = Signal(name="word_valid"), Signal(name="word_last")
        reach = Signal(s.reach.shape(), name="reach", reset_less=True)
        pad = Signal(signed(8), name="pad", reset_less=True)
        m.d.sync += [
            word.eq(walker.word),
            word_valid.eq(walker.word_valid),
            word_last.eq(walker.run_begins),
            reach.eq(s.reach),
            pad.eq(self._tapping.pad),
        ]
        windows = []
        self._groups = []
        read: Value = Signal(name="no_read")
        for number, (address, x) in enumerate(self._starts_of_groups(m, walker.run)):
            group: Any = place(
                m, platform, f"group_walker_{number}", GROUP_WALKER,
                partial(GroupWalker, unit, self._format),
            )  # fmt: skip
            window: Any = place(
                m, platform, f"window_{number}", WINDOW,
                partial(ActivationWindow, unit, self._format, self._ways),
            )  # fmt: skip
            m.d.comb += [
                Value.cast(group.stream).eq(s),
                group.run_begins.eq(walker.run_begins),
                group.address.eq(address),
                group.x.eq(x),
                group.row_inside.eq(walker.run.inside),
                window.clear.eq(walker.first),
                window.word.eq(word),
                window.word_valid.eq(word_valid),
                window.word_last.eq(word_last),
                window.first.eq(group.first),
                window.reach.eq(reach),
                window.data.eq(self.activations.data),
                window.tap.eq(group.tap),
                window.inside.eq(group.inside),
                window.pad.eq(pad),
            ]
            read = read | window.read
            windows.append(window)
            self._groups.append(group)
        m.d.comb += [
            self.activations.enable.eq(read),
            self.activations.address.eq(word[: len(self.activations.address)]),
        ]
        return windows

    def _starts_of_groups(self, m: Module, run: Any) -> list[tuple[Value, Value]]:
        """Address and x of each window's first tap."""
        unit, s = self._unit, self._stream
        bits = unit.scalar_bits
        places = [(run.address, run.x)]
        for number in range(1, unit.groups[-1] if self._windows > 1 else 1):
            # Half of the groups at once, where a step of several groups is a shift.
            shift = (number.bit_length() - 1) if unit.word == 1 << unit.byte_bits else 0
            address, x = places[number - (1 << shift)]
            places.append(
                (
                    add_address(
                        m, unit, address, s.group_step.shift_left(shift), bits, f"group_{number}"
                    ),
                    add_modulo(m, x, s.group_x.shift_left(shift), bits, f"group_x_{number}"),
                )
            )
        if self._windows == 1:
            return places
        starts = []
        for window in range(self._windows):
            address, x = (Signal(bits, name=f"window_{name}_{window}") for name in ("start", "x"))
            with m.Switch(s.groups):
                for index, groups in enumerate(unit.groups[: 1 << len(s.groups)]):
                    number = window * groups // self._windows
                    with m.Case(index):
                        m.d.comb += [address.eq(places[number][0]), x.eq(places[number][1])]
            starts.append((address, x))
        return starts

    # Lanes ------------------------------------------------------------------------------------

    def _pipeline(self, m: Module) -> None:
        """Each tap, from the cycle of its byte to the write of its register."""
        unit, run, instruction = self._unit, self._run, self._tapping
        last = 2 + Lane.operand_latency(unit.block_register)
        self._stages = stages = [Signal(_Tap(unit), name=f"tap_{number}") for number in range(last)]
        masks = [
            Signal(unit.lanes, name=f"lanes_{number}", reset_less=True)
            for number in range(last - 1)
        ]
        self._masks = masks
        ends = self._left == 0
        m.d.sync += [
            stages[0].valid.eq(self._valid),
            stages[0].begins.eq(self._valid & self._first & run.begins),
            stages[0].ends.eq(ends & run.ends),
            stages[0].clears.eq(run.opens & instruction.clears),
            stages[0].moves.eq(~instruction.multiplies),
            stages[0].kind.eq(instruction.kind),
            stages[0].warp.eq(instruction.warp),
            stages[0].register.eq(run.register),
            masks[0].eq(self._lanes_of_taps),
        ]
        m.d.sync += [after.eq(before) for before, after in pairwise(stages)]
        m.d.sync += [after.eq(before) for before, after in pairwise(masks)]
        taking = stages[0].valid.replicate(unit.lanes)
        m.d.sync += masks[1].eq(masks[0] & taking)

    def _clusters(self, m: Module, platform: Any, windows: list[Any]) -> None:
        unit, stages, masks = self._unit, self._stages, self._masks
        weighs, own, choose = (Signal(name=name) for name in ("weighs", "own", "choose"))
        select = Signal(index_width(self._lanes.selections), name="selection", reset_less=True)
        m.d.sync += [
            weighs.eq(self._weigh.fetch | self._weigh.reuse),
            own.eq(self._tapping.own),
            choose.eq(self._entered & self._tapping.multiplies),
            select.eq(self._tapping.select),
        ]
        add = len(stages) - 2
        before, after = stages[add - 1], stages[add + 1]
        count = unit.cluster
        bits = unit.register_bits
        cells = cells_of(self._lanes)
        parts = [tuple(cells[n * count : (n + 1) * count]) for n in range(unit.clusters)]
        kinds = _kinds(parts)
        totals = []
        for number in range(unit.clusters):
            window = windows[number * self._windows // unit.clusters]
            own_lanes = slice(number * count, (number + 1) * count)
            kind = f"{CLUSTER}_{kinds[number]}" if max(kinds) else CLUSTER
            cluster: Any = place(
                m, platform, f"cluster_{number}", kind,
                partial(Cluster, unit, parts[number], self._implementations),
            )  # fmt: skip
            control = cluster.control
            m.d.comb += [
                control.tap.eq(stages[0].valid),
                control.weighs.eq(weighs),
                control.own.eq(own),
                control.choose.eq(choose),
                control.select.eq(select),
                control.moves.eq(stages[1].moves),
                control.product.eq(stages[1].valid),
                control.sum.begins.eq(before.begins),
                control.sum.clears.eq(before.clears),
                control.sum.kind.eq(before.kind),
                cluster.operands.eq(masks[0][own_lanes]),
                cluster.products.eq(masks[1][own_lanes]),
                cluster.sums.eq(masks[add][own_lanes]),
                cluster.weights.eq(self._weigh.weights[8 * own_lanes.start : 8 * own_lanes.stop]),
                cluster.code.eq(window.code),
                cluster.codes.eq(window.codes),
                cluster.registers.eq(
                    self.reads.data[bits * own_lanes.start : bits * own_lanes.stop]
                ),
            ]
            totals.append(cluster.totals)
        # A register that all lanes begin anew need not be read.
        unread = before.clears & masks[add - 1].all()
        m.d.comb += [
            self.reads.enable.eq(before.valid & before.begins & ~unread),
            self.reads.warp.eq(before.warp),
            self.reads.register.eq(before.register),
            self.writes.enable.eq(after.valid & after.ends),
            self.writes.warp.eq(after.warp),
            self.writes.register.eq(after.register),
            self.writes.data.eq(Cat(totals)),
        ]

    def _faults(self, m: Module, platform: Any, walker: Any, windows: list[Any]) -> Any:
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
            faults.selects.eq(self._walking.multiplies),
            faults.selection.eq(self._selection),
            faults.address.eq(walker.run.address),
            faults.warp.eq(warp),
            faults.tap.eq(self._valid),
            faults.run_begins.eq(self._first),
            faults.number.eq(run.number),
            faults.word_beyond.eq(self._weigh.beyond),
            faults.weight_word.eq(self._weigh.address),
            walker.stop.eq(faults.stop),
            self.fault.eq(faults.fault),
        ]
        for number, (window, group) in enumerate(zip(windows, self._groups, strict=True)):
            m.d.comb += [
                faults.windows[number].matches_first.eq(window.matches_first),
                faults.windows[number].matches_last.eq(window.matches_last),
                faults.windows[number].second.eq(window.second),
                faults.windows[number].first_word.eq(group.first[unit.byte_bits :]),
                faults.windows[number].tap_word.eq(window.tap_word),
                faults.windows[number].inside.eq(group.inside),
            ]
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
        m.d.comb += [self.ended.eq(ended), self.ended_warp.eq(warp)]


def _kinds(parts: Sequence[object]) -> list[int]:
    """The number of each one's kind: equal ones have the same."""
    kinds = list(dict.fromkeys(parts))
    return [kinds.index(part) for part in parts]
