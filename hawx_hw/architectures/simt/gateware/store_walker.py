"""The walk of a store: which codes of which register are made in which cycle."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.addresses import add_modulo
from hawx_hw.architectures.simt.store_words import StoreFormat, steps_of_word
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["StoreWalker"]


class StoreWalker(wiring.Component):
    """Takes the steps of :func:`~hawx_hw.architectures.simt.walks.store_steps`.

    **Latency**: a step's outputs are of the cycle that follows the step's own by :attr:`LATENCY`;
    the first one is that of ``start``.

    Parameters
    ----------
    unit : Unit
    format : StoreFormat

    Attributes
    ----------
    start : In(1)
    register, target, constants, beats, remaining, reduces : In
        With ``start``: of the instruction.
    store : In(format.layout)
        From the cycle after ``start`` on.
    stop : In(1)
        This step is the last.
    active, first : Out(1)
        In each cycle of a walk, and in the first.
    step : Out(1)
        There is a step: where no window is left, there is none.
    last : Out(1)
        The walk ends with this cycle.
    number : Out(6)
        The vector register.
    fresh : Out(1)
        It is another one than in the step before.
    position : Out
        Which word of the register.
    part : Out
        Which codes of that word.
    few : Out(1)
        Only ``store.last_codes`` of them are in use.
    window_first, window_last : Out(1)
        The first and the last register of a window.
    begins, ends : Out(1)
        The first and the last step of a word of the target.
    address, constant : Out(scalar_bits)
    """

    #: Cycles from a step to its outputs.
    LATENCY = 1

    def __init__(self, unit: Unit, format: StoreFormat):
        self._unit, self._format = unit, format
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "start": In(1),
                "register": In(index_width(32)),
                "target": In(scalar),
                "constants": In(scalar),
                "beats": In(scalar),
                "remaining": In(scalar),
                "reduces": In(1),
                "store": In(format.layout),
                "stop": In(1),
                "active": Out(1),
                "first": Out(1),
                "step": Out(1),
                "last": Out(1),
                "number": Out(6),
                "fresh": Out(1),
                "position": Out(index_width(unit.lanes // unit.word)),
                "part": Out(index_width(steps_of_word(unit))),
                "few": Out(1),
                "window_first": Out(1),
                "window_last": Out(1),
                "begins": Out(1),
                "ends": Out(1),
                "address": Out(scalar),
                "constant": Out(scalar),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._loops(m)
        self._numbers(m)
        self._addresses(m)
        return m

    def _loops(self, m: Module) -> None:
        """Windows, words, parts and elements; the walk's end."""
        unit, s = self._unit, self.store
        element, word, group = (
            Signal(len(field), name=name, reset_less=True)
            for name, field in (("element", s.window), ("word", s.words), ("group", s.groups))
        )
        # More beats than registers and more windows than these have end in a fault.
        beats = Signal(range(unit.registers + 2), name="beats_left", reset_less=True)
        most = (unit.registers + 1) * unit.groups[-1] + 1
        windows = Signal(range(most + 1), name="windows_left", reset_less=True)
        empty, reduces = (Signal(name=name, reset_less=True) for name in ("empty", "reducing"))
        last_element, last_part, last_word, last_group = (
            Signal(name=f"last_{name}") for name in ("element", "part", "word", "group")
        )
        self._word_ends, self._window_ends, self._beat_ends = (
            Signal(name=f"{name}_ends") for name in ("word", "window", "beat")
        )
        m.d.comb += [
            last_element.eq(~reduces | (element == s.window)),
            last_word.eq(word == s.words),
            last_part.eq(self.part == Mux(last_word, s.last_steps, steps_of_word(unit) - 1)),
            last_group.eq(group == s.groups),
            self._word_ends.eq(last_element & last_part),
            self._window_ends.eq(self._word_ends & last_word),
            self._beat_ends.eq(self._window_ends & last_group),
            self.step.eq(self.active & ~empty),
            self.last.eq(
                self.active
                & (empty | self._window_ends & ((windows == 1) | last_group & (beats == 1)))
            ),
            self.few.eq(last_word & last_part),
            self.window_first.eq(~reduces | (element == 0)),
            self.window_last.eq(last_element),
            self.begins.eq(self.window_first & (self.part == 0)),
            self.ends.eq(self._word_ends),
        ]
        self._last_element = last_element
        m.d.sync += self.first.eq(self.start)
        with m.If(self.start):
            m.d.sync += [
                self.active.eq(1),
                element.eq(0),
                self.part.eq(0),
                word.eq(0),
                group.eq(0),
                beats.eq(Mux(self.beats > unit.registers, unit.registers + 1, self.beats)),
                windows.eq(Mux(self.remaining >= most, most, self.remaining)),
                empty.eq(self.remaining == 0),
                reduces.eq(self.reduces),
            ]
        with m.Elif(self.active):
            with m.If(self.last | self.stop):
                m.d.sync += self.active.eq(0)
            m.d.sync += element.eq(Mux(last_element, 0, element + 1))
            with m.If(last_element):
                m.d.sync += self.part.eq(Mux(last_part, 0, self.part + 1))
            with m.If(self._word_ends):
                m.d.sync += word.eq(Mux(last_word, 0, word + 1))
            with m.If(self._window_ends):
                m.d.sync += [group.eq(Mux(last_group, 0, group + 1)), windows.eq(windows - 1)]
            with m.If(self._beat_ends):
                m.d.sync += beats.eq(beats - 1)
        self._reduces = reduces

    def _numbers(self, m: Module) -> None:
        """The register, and the word of it."""
        s = self.store
        base = Signal(6, name="first_of_beat", reset_less=True)
        following = Signal(6, name="following")
        m.d.comb += following.eq(self.number + 1)
        with m.If(self.start):
            m.d.sync += [
                self.number.eq(self.register),
                base.eq(self.register),
                self.position.eq(0),
                self.fresh.eq(1),
            ]
        with m.Else():
            m.d.sync += [
                self.number.eq(Mux(self._last_element & ~self._beat_ends, base, following)),
                self.fresh.eq(self._reduces | self._beat_ends),
            ]
            with m.If(self._beat_ends):
                m.d.sync += [base.eq(following), self.position.eq(0)]
            with m.Elif(self._window_ends):
                m.d.sync += self.position.eq(self.position + s.group_words)
            with m.Elif(self._word_ends):
                m.d.sync += self.position.eq(self.position + 1)

    def _addresses(self, m: Module) -> None:
        """The target's word, and that of the constants."""
        s, bits = self.store, self._unit.scalar_bits

        def step(name: str, own: Value, last: Value, start: Value) -> Value:
            way = Mux(self._window_ends, last, own) if len(own) or len(last) else own
            return add_modulo(m, start, way, bits, name)

        following = step("following_address", s.word_step, s.window_step, self.address)
        base = self.constant
        varies = self._format.has("element_step")
        if varies:
            base = Signal(bits, name="constant_of_word", reset_less=True)
        constant = step("following_constant", s.constant_step, s.constant_back, base)
        with m.If(self.start):
            m.d.sync += [self.address.eq(self.target), base.eq(self.constants)]
        with m.Elif(self._word_ends):
            m.d.sync += [self.address.eq(following), base.eq(constant)]
        if varies:
            other = add_modulo(m, self.constant, s.element_step, bits, "constant_of_element")
            with m.If(self.start):
                m.d.sync += self.constant.eq(self.constants)
            with m.Else():
                m.d.sync += self.constant.eq(
                    Mux(~self._last_element, other, Mux(self._word_ends, constant, base))
                )
