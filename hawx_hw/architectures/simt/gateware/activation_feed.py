"""The activations of the lanes: where each pixel group is, and the words that its taps lie in."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.addresses import add_address, add_modulo
from hawx_hw.architectures.simt.gateware.group_walker import GroupWalker
from hawx_hw.architectures.simt.gateware.names import GROUP_WALKER, WINDOW
from hawx_hw.architectures.simt.gateware.stream_faults import WindowPort
from hawx_hw.architectures.simt.gateware.walker import RunLayout
from hawx_hw.architectures.simt.gateware.window import ActivationWindow
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.memories import ReadPort

__all__ = ["ActivationFeed", "CodePort", "windows_of"]


def windows_of(unit: Unit, format: StreamFormat) -> tuple[int, int]:
    """Activation windows of a unit, and ways of each.

    There are as many as distinguish all pixel groups of its streams.
    """
    windows = math.lcm(*unit.groups) if format.has("groups") else 1
    most_words = 1 << dict(format.widths)["words"]
    return windows, 1 if most_words <= 2 else 2


class CodePort(wiring.Signature):
    """Codes of a window, seen from it.

    Members
    -------
    code : Out(signed(8))
        Of the tap.
    codes : Out(8 * word)
        Of its word.
    """

    def __init__(self, unit: Unit):
        super().__init__({"code": Out(signed(8)), "codes": Out(8 * unit.word)})


class ActivationFeed(wiring.Component):
    """Windows with a walker of each group, and the words that some window lacks.

    **Latency**: ``codes`` follow the walk's step by :attr:`LATENCY`; ``checks`` of its words and
    taps by :attr:`GroupWalker.LATENCY`.

    Parameters
    ----------
    unit : Unit
    format : StreamFormat

    Attributes
    ----------
    stream : In(format.layout)
    first, word_valid, word, run_begins, run : In
        Of the walker.
    pad : In(signed(8))
        A cycle after the step.
    memory : Out(ReadPort)
    codes : Out(CodePort), one for each window
    checks : Out(WindowPort), one for each window
    """

    #: Cycles from a step to its code.
    LATENCY = GroupWalker.LATENCY + ActivationWindow.LATENCY

    def __init__(self, unit: Unit, format: StreamFormat):
        self._unit, self._format = unit, format
        self._windows, self._ways = windows_of(unit, format)
        super().__init__(
            {
                "stream": In(format.layout),
                "first": In(1),
                "word_valid": In(1),
                "word": In(unit.word_bits),
                "run_begins": In(1),
                "run": In(RunLayout(unit, format)),
                "pad": In(signed(8)),
                "memory": Out(ReadPort(unit.activation_words, 8 * unit.word)),
                "codes": Out(CodePort(unit)).array(self._windows),
                "checks": Out(WindowPort(unit, format)).array(self._windows),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit, s = self._unit, self.stream
        word = Signal(unit.word_bits, name="word_now", reset_less=True)
        word_valid, word_last = Signal(name="word_valid_now"), Signal(name="word_last")
        reach = Signal(s.reach.shape(), name="reach", reset_less=True)
        pad = Signal(signed(8), name="pad_now", reset_less=True)
        m.d.sync += [
            word.eq(self.word),
            word_valid.eq(self.word_valid),
            word_last.eq(self.run_begins),
            reach.eq(s.reach),
            pad.eq(self.pad),
        ]
        read: Value = Signal(name="no_read")
        for number, (address, x) in enumerate(self._starts(m)):
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
                group.run_begins.eq(self.run_begins),
                group.address.eq(address),
                group.x.eq(x),
                group.row_inside.eq(self.run.inside),
                window.clear.eq(self.first),
                window.word.eq(word),
                window.word_valid.eq(word_valid),
                window.word_last.eq(word_last),
                window.first.eq(group.first),
                window.reach.eq(reach),
                window.data.eq(self.memory.data),
                window.tap.eq(group.tap),
                window.inside.eq(group.inside),
                window.pad.eq(pad),
            ]
            read = read | window.read
            self._report(m, number, window, group)
        m.d.comb += [
            self.memory.enable.eq(read),
            self.memory.address.eq(word[: len(self.memory.address)]),
        ]
        return m

    def _report(self, m: Module, number: int, window: Any, group: Any) -> None:
        codes, checks = self.codes[number], self.checks[number]
        m.d.comb += [
            codes.code.eq(window.code),
            codes.codes.eq(window.codes),
            checks.matches_first.eq(window.matches_first),
            checks.matches_last.eq(window.matches_last),
            checks.second.eq(window.second),
            checks.first_word.eq(group.first[self._unit.byte_bits :]),
            checks.tap_word.eq(window.tap_word),
            checks.inside.eq(group.inside),
        ]

    def _starts(self, m: Module) -> list[tuple[Value, Value]]:
        """Address and x of each window's first tap."""
        unit, s = self._unit, self.stream
        bits = unit.scalar_bits
        places: list[tuple[Value, Value]] = [(self.run.address, self.run.x)]
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
        starts: list[tuple[Value, Value]] = []
        for window in range(self._windows):
            address, x = (Signal(bits, name=f"window_{name}_{window}") for name in ("start", "x"))
            with m.Switch(s.groups):
                for index, groups in enumerate(unit.groups[: 1 << len(s.groups)]):
                    number = window * groups // self._windows
                    with m.Case(index):
                        m.d.comb += [address.eq(places[number][0]), x.eq(places[number][1])]
            starts.append((address, x))
        return starts
