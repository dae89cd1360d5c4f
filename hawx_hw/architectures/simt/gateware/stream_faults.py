"""Why a stream stops: numbers that the unit does not serve, and taps that lie nowhere."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Const, Module, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.walker import Walker, number_bits
from hawx_hw.architectures.simt.gateware.window import second_shape
from hawx_hw.architectures.simt.isa import MULTIPLY_FAULT_LATENCY
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["FaultLayout", "StreamFaults", "WindowPort"]


class FaultLayout(data.StructLayout):
    """A fault.

    Members
    -------
    valid : 1
    cause
        A :class:`~hawx_hw.architectures.simt.traps.Cause`.
    warp
    value : scalar_bits
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "valid": 1,
                "cause": index_width(len(Cause) + 1),
                "warp": index_width(unit.warps),
                "value": unit.scalar_bits,
            }
        )


class WindowPort(wiring.Signature):
    """What a window and its group say of a run's words and of a tap."""

    def __init__(self, unit: Unit, format: StreamFormat):
        super().__init__(
            {
                "matches_first": Out(1),
                "matches_last": Out(1),
                "second": Out(second_shape(unit, format)),
                "first_word": Out(unit.word_bits),
                "tap_word": Out(unit.word_bits),
                "inside": Out(1),
            }
        )


class StreamFaults(wiring.Component):
    """Checks what :mod:`~hawx_hw.architectures.simt.walks` defines for streams.

    Of several faults in a cycle the lowest cause is reported, of an instruction's the first one.

    **Latency**: ``fault`` follows the walk's cycle by :attr:`LATENCY`, and what is said of the taps
    by one less.

    Parameters
    ----------
    unit : Unit
    format : StreamFormat
    selections : int
    windows : int

    Attributes
    ----------
    stream, first, index, no_beats, selects, selection, address : In
        Of the walk's cycle: the stream, whether it is the walk's first one, the stream's index,
        whether there are no beats, whether blocks are selected and how, and the run's address.
    warp : In
        A cycle later.
    tap, run_begins, number, word_beyond, weight_word : In
        A cycle later: whether there is a tap, whether it is the first one of its run, the number of
        the run's register, and whether the tap fetches a weight word that there is not.
    windows : In, one for each window
        Likewise.
    fault : Out(FaultLayout)
    faulty : Out(1)
        The instruction whose step this is faults, or has.
    stop : Out(1)
        The walk's present cycle is one of the instruction that faults.
    """

    #: Cycles from the walk's cycle to its fault.
    LATENCY = MULTIPLY_FAULT_LATENCY - Walker.LATENCY

    def __init__(self, unit: Unit, format: StreamFormat, selections: int, windows: int):
        self._unit, self._selections = unit, selections
        selection = max(3, format.layout["selection"].width)
        super().__init__(
            {
                "stream": In(format.layout),
                "first": In(1),
                "index": In(8),
                "no_beats": In(1),
                "selects": In(1),
                "selection": In(selection),
                "address": In(unsigned(unit.scalar_bits)),
                "warp": In(index_width(unit.warps)),
                "tap": In(1),
                "run_begins": In(1),
                "number": In(number_bits(unit, format)),
                "word_beyond": In(1),
                "weight_word": In(unsigned(unit.scalar_bits)),
                "windows": In(WindowPort(unit, format)).array(windows),
                "fault": Out(FaultLayout(unit)),
                "faulty": Out(1),
                "stop": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        fault = self.fault
        early = Signal(FaultLayout(unit), name="first_fault")  # of the walk's first cycle
        now = Signal(FaultLayout(unit), name="fault_now")
        reported = Signal(FaultLayout(unit), name="fault_registered")
        self._lowest(m, early, self._of_stream())
        m.d.sync += reported.eq(now)
        opening = Signal(FaultLayout(unit), name="first_fault_registered")
        m.d.sync += opening.eq(early)
        with m.If(opening.valid):
            m.d.comb += now.eq(opening)
        with m.Else():
            self._lowest(m, now, self._of_tap(m))
        m.d.comb += [early.warp.eq(self.warp), now.warp.eq(self.warp)]
        # Steps of one instruction follow those of another.
        firsts = [Signal(name=f"first_{number}") for number in range(self.LATENCY)]
        before = Signal(name="faulty_before")
        already = Signal()
        m.d.sync += [after.eq(first) for after, first in zip(firsts, [self.first, *firsts[:-1]],
                                                              strict=True)]  # fmt: skip
        m.d.sync += before.eq(self.faulty)
        m.d.comb += [
            already.eq(before & ~firsts[-1]),
            self.faulty.eq(reported.valid | already),
            fault.eq(reported),
            fault.valid.eq(reported.valid & ~already),
            self.stop.eq(fault.valid & ~self.first & ~firsts[0]),
        ]
        return m

    def _lowest(self, m: Module, fault: Any, faults: list[tuple[Cause, Value, Value]]) -> None:
        """The first of some faults, which are in the order of their causes."""
        for cause, condition, value in reversed(faults):
            with m.If(condition):
                m.d.comb += [fault.valid.eq(1), fault.cause.eq(cause), fault.value.eq(value)]

    def _of_stream(self) -> list[tuple[Cause, Value, Value]]:
        """Faults of the walk's first cycle."""
        unit, s, first = self._unit, self.stream, self.first
        faults = [
            (Cause.STREAM, first & (s.cause == Cause.STREAM), self.index),
            (Cause.TAPS, first & (s.cause == Cause.TAPS), s.taps + 1),
            (Cause.BEATS, first & self.no_beats, Const(0, 1)),
        ]
        if self._selections < 1 << len(self.selection):
            beyond = self.selection >= self._selections
            faults.append((Cause.SELECTION, first & self.selects & beyond, self.selection))
        if unit.word < 1 << unit.byte_bits:
            byte = self.address[: unit.byte_bits]
            faults.append((Cause.ACTIVATION, first & (byte >= unit.word), self.address))
        return faults

    def _of_tap(self, m: Module) -> list[tuple[Cause, Value, Value]]:
        """Faults of a tap."""
        unit = self._unit
        faults: list[tuple[Cause, Value, Value]] = [
            (Cause.BEATS, self.run_begins & (self.number >= unit.registers), self.number)
        ]
        for number, window in enumerate(self.windows):
            seen, seen_last = (
                Signal(name=f"{name}_{number}") for name in ("seen_first", "seen_last")
            )
            for each, requested in ((seen, window.matches_first), (seen_last, window.matches_last)):
                with m.If(self.run_begins | self.first):
                    m.d.sync += each.eq(0)
                with m.Elif(requested):
                    m.d.sync += each.eq(1)
            far = (window.second < -1) | (window.second > 1)
            last = (window.first_word + window.second)[: unit.word_bits]
            lacks_last = ~(seen_last | window.matches_last) | far
            faults += [
                (
                    Cause.WINDOW,
                    self.run_begins & ~(seen | window.matches_first),
                    window.first_word,
                ),
                (Cause.WINDOW, self.run_begins & lacks_last, last),
            ]
        depth = unit.activation_words
        if depth < 1 << unit.word_bits:
            faults += [
                (
                    Cause.ACTIVATION,
                    self.tap & window.inside & (window.tap_word >= depth),
                    window.tap_word,
                )
                for window in self.windows
            ]
        faults.append((Cause.WEIGHT, self.word_beyond, self.weight_word))
        return faults
