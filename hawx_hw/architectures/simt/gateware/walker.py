"""The walker: the loop nest of a stream, one run of taps after the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.addresses import add_address, add_modulo
from hawx_hw.architectures.simt.isa import HAZARD
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["RunLayout", "Walker", "number_bits"]

#: Loops from the innermost one on, with the field of each count; that of beats is a scalar.
_LOOPS = ("across", "beats", "down", "kernel_x", "kernel_y", "blocks")


def number_bits(unit: Unit, format: StreamFormat) -> int:
    """Bits of a register's number, up to the first one that there is not: there the walk stops."""
    return max(5, (unit.registers + (1 << dict(format.widths)["window"])).bit_length())


class RunLayout(data.StructLayout):
    """The runs of one register: where its first tap lies, and what it begins and ends.

    Members
    -------
    address : scalar_bits
        Of the first tap of group 0.
    x : scalar_bits
        Of the first tap of group 0.
    inside : 1
        Its row lies on the map.
    register
        Number of the vector register, if there is such a one.
    number
        Number that it would have, also beyond the last one.
    fetches : 1
        The run is the first of its position: it takes its weights from the memory.
    keeps : 1
        Other runs of the position follow, which take them from the buffer.
    begins, ends : 1
        Its first tap begins with the register; its last one writes it. A single register is not
        written before its last position.
    opens : 1
        The run belongs to the first position.
    """

    def __init__(self, unit: Unit, format: StreamFormat):
        super().__init__(
            {
                "address": unit.scalar_bits,
                "x": unit.scalar_bits,
                "inside": 1,
                "register": index_width(unit.registers),
                "number": number_bits(unit, format),
                "fetches": 1,
                "keeps": 1,
                "begins": 1,
                "ends": 1,
                "opens": 1,
            }
        )


class Walker(wiring.Component):
    """Steps through the runs of a stream, and through the words that each of them reads.

    The words of a run are named one a cycle, so that the last one is named in the cycle in which
    its taps begin. So the walk takes ``words - 1`` cycles before its first tap, and is then as many
    cycles at each run as it has taps or words, whichever are more. Between two runs into one
    register there are at least :data:`~hawx_hw.architectures.simt.isa.HAZARD` cycles.

    **Latency**: the walk's first cycle is :attr:`LATENCY` after ``start``. In the cycle of ``last``
    the next walk may start.

    Parameters
    ----------
    unit : Unit
    format : StreamFormat

    Attributes
    ----------
    start : In(1)
        Take ``address``, ``x``, ``y``, ``beats`` and ``first_register``.
    stop : In(1)
        End the walk with this cycle; ``start`` wins.
    stream : In(format.layout)
        The stream, from the cycle after ``start`` up to that of ``last``.
    address, x, y, beats : In(scalar_bits)
    first_register : In
    active : Out(1)
        The walk goes on.
    first, last : Out(1)
        Its first and its last cycle.
    word_valid, word : Out(1), Out(word_bits)
        A word that the run reads.
    run_begins : Out(1)
        In this cycle the taps of ``run`` begin.
    run : Out(RunLayout)
        From the first of the words that it reads up to ``run_begins``.
    """

    #: Cycles from ``start`` to the first cycle of the walk.
    LATENCY = 1

    def __init__(self, unit: Unit, format: StreamFormat):
        self._unit, self._format = unit, format
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "start": In(1),
                "stop": In(1),
                "stream": In(format.layout),
                "address": In(scalar),
                "x": In(scalar),
                "y": In(scalar),
                "beats": In(scalar),
                "first_register": In(5),
                "active": Out(1),
                "first": Out(1),
                "last": Out(1),
                "word_valid": Out(1),
                "word": Out(unit.word_bits),
                "run_begins": Out(1),
                "run": Out(RunLayout(unit, format)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._loops(m)
        self._pace(m)
        self._registers(m)
        self._addresses(m)
        self._coordinates(m)
        return m

    # Control ----------------------------------------------------------------------------------

    def _loops(self, m: Module) -> None:
        """Count what is left of each loop, and know beforehand which one goes on after this run.

        In the walk's first cycle all this is the stream's, which was not there before; but for the
        beats.
        """
        unit, first = self._unit, self.first
        loops = [name for name in _LOOPS if name == "beats" or self._format.has(name)]
        # More beats than registers end in a trap, at the first register that there is not.
        bits = unit.registers.bit_length() + 1
        beats = Signal(bits, name="beats_less_one", reset_less=True)
        less_one = Signal(unit.scalar_bits, name="less_one")
        m.d.comb += less_one.eq(self.beats - 1)
        with m.If(self.start):
            m.d.sync += beats.eq(less_one[:bits] | less_one[bits:].any().replicate(bits))
        self._beats = beats
        self._advance = advance = Signal(name="advance")
        counts = {name: beats if name == "beats" else self.stream[name] for name in loops}
        lefts, nows, stored, ended = {}, {}, {}, {}
        for name in loops:
            bits = len(counts[name])
            lefts[name] = Signal(bits, name=f"{name}_left", reset_less=True)
            nows[name] = Signal(bits, name=f"{name}_now")
            stored[name] = Signal(name=f"{name}_last_turn", reset_less=True)
            ended[name] = Signal(name=f"{name}_ended")
            m.d.comb += [
                nows[name].eq(Mux(first, counts[name], lefts[name])),
                ended[name].eq(Mux(first, counts[name] == 0, stored[name])),
            ]
        goes_on = self._goes_on(m, loops, advance, counts, nows, ended)
        after = []
        for number, name in enumerate(loops):
            outer = Signal(name=f"{name}_anew")  # a loop further out goes on
            m.d.comb += outer.eq(Cat([goes_on[each] for each in loops[number + 1 :]]).any())
            following = Mux(outer, counts[name], nows[name] - 1)
            last = Signal(name=f"{name}_last_turn_next")
            # Without a turn left the loop is not the one that goes on.
            m.d.comb += last.eq(
                Mux(outer, counts[name] == 0, Mux(goes_on[name], nows[name] == 1, ended[name]))
            )
            after.append(last)
            with m.If(advance & (outer | goes_on[name])):
                m.d.sync += lefts[name].eq(following)
            with m.Elif(first):
                m.d.sync += lefts[name].eq(nows[name])
            with m.If(advance):
                m.d.sync += stored[name].eq(last)
            with m.Elif(first):
                m.d.sync += stored[name].eq(ended[name])
        self._ended = {name: ended.get(name, Const(1, 1)) for name in _LOOPS}
        self._goes = goes_on
        self._all_end_after = Cat(after).all()
        inner: Value = Const(1, 1)
        for name, last in zip(loops, after, strict=True):
            with m.If(advance):
                m.d.sync += self._goes_held[name].eq(inner & ~last)
            with m.Elif(first):
                m.d.sync += self._goes_held[name].eq(goes_on[name])
            inner = inner & last

    def _goes_on(
        self,
        m: Module,
        loops: list[str],
        advance: Value,
        counts: dict[str, Value],
        nows: dict[str, Signal],
        ended: dict[str, Signal],
    ) -> dict[str, Signal]:
        """Which loop goes on after this run, those within it anew; none after the last run."""
        several = Signal(name="several_beats")
        m.d.comb += several.eq(self._beats != 0)
        goes_on = {}
        self._goes_held = {}
        for name in loops:
            stored = Signal(name=f"{name}_goes_on_held", reset_less=True)
            now = Signal(name=f"{name}_goes_on")
            if name == "beats":
                at_first = several
                if self._format.has("across"):
                    at_first = several & ~self.stream.across_first
            elif name == "across":
                at_first = self.stream.across_first
            else:
                at_first = self.stream[f"{name}_first"] & ~several
            m.d.comb += now.eq(Mux(self.first, at_first, stored))
            goes_on[name] = now
            self._goes_held[name] = stored
        return goes_on

    def _all_ended(self, *names: str) -> Value:
        value: Value = Const(1, 1)
        for name in names:
            value = value & self._ended[name]
        return value

    def _pace(self, m: Module) -> None:
        """When runs begin, and when the walk ends."""
        s, first = self.stream, self.first
        several = Signal(name="several_registers")
        self._several = several
        extra = self._hazard(m, several)
        goes = self._goes
        within = Signal(name="within_position")  # the next run is in the same position
        m.d.comb += within.eq(Cat([goes[n] for n in _LOOPS[:3] if n in goes]).any())
        bits = max(len(s.words), len(s.run), 2)
        left, now = Signal(bits, name="left", reset_less=True), Signal(bits, name="now")
        again = Signal(bits, name="again")  # cycles after this one before the next run
        following = Signal(bits, name="following")
        tail = Signal(name="tail")  # all runs have begun
        over = Signal(name="over")
        due, due_held = Signal(name="due"), Signal(name="due_held", reset_less=True)
        last_held = Signal(name="last_held")
        any_goes = Signal(name="any_goes_on")
        m.d.comb += [
            any_goes.eq(Cat(goes.values()).any()),
            now.eq(Mux(first, s.words, left)),
            due.eq(Mux(first, s.words == 0, due_held)),
            self.run_begins.eq(self.active & ~tail & due),
            self._advance.eq(self.run_begins & any_goes),
            again.eq(s.run | Mux(within, 0, extra)),
            over.eq(self.run_begins & ~any_goes),
            following.eq(Mux(self.run_begins, again, now - 1)),
            self.last.eq(last_held | (first & s.short & (self._beats == 0))),
        ]
        if self._format.has("words"):
            m.d.comb += self.word_valid.eq(self.active & ~tail & (now <= s.words))
        else:
            m.d.comb += self.word_valid.eq(self.run_begins)
        m.d.sync += [left.eq(following), due_held.eq(following == 0), first.eq(self.start)]
        # Known a cycle before: the next request waits for it.
        at_once = self._advance & self._all_end_after & (s.run == 0) & (extra == 0)
        m.d.sync += last_held.eq(
            self.active
            & ~self.last
            & ~self.stop
            & (Mux(tail, now == 2, over & (again == 1)) | at_once)
        )
        with m.If(over):
            m.d.sync += tail.eq(1)
        with m.If(self.start):
            m.d.sync += [self.active.eq(1), tail.eq(0)]
        with m.Elif(self.last | self.stop):
            m.d.sync += [self.active.eq(0), tail.eq(0)]

    def _hazard(self, m: Module, several: Signal) -> Value:
        """Cycles that the last run of a position lasts longer, for those of a single cycle."""
        s, beats = self.stream, self._beats
        window = s.window
        m.d.comb += several.eq((beats != 0) | (window != 0))
        extra = Signal(2, name="extra")
        for elements in range(1, HAZARD):
            for count in range(1, HAZARD):
                product = elements * count
                if 1 < product < HAZARD and (elements - 1) < 1 << len(window):
                    with m.If((window == elements - 1) & (beats == count - 1) & (s.run == 0)):
                        m.d.comb += extra.eq(HAZARD - product)
        return extra

    # Numbers ----------------------------------------------------------------------------------

    def _choose(self, m: Module, choices: dict[str, Value], name: str) -> Value:
        """The value of the loop that goes on; without one it does not matter."""
        shape = Value.cast(choices["beats"]).shape()
        for loop in self._goes:
            shape = Mux(Const(0, 1), Value.cast(choices[loop]), Signal(shape)).shape()
        chosen = Signal(shape, name=name)
        gated = []
        for loop, goes in self._goes.items():
            value = Signal(shape, name=f"{name}_{loop}")
            m.d.comb += value.eq(choices[loop])
            gated.append(value & goes.replicate(shape.width))
        m.d.comb += chosen.eq(reduce(or_, gated))
        return chosen

    def _outermost(self, names: tuple[str, ...]) -> Value | None:
        """Whether one of some loops goes on; None where a program has none of them."""
        present = [self._goes[name] for name in names if name in self._goes]
        return Cat(present).any() if present else None

    def _places(
        self,
        m: Module,
        name: str,
        start: Value,
        steps: dict[str, Value],
        add: Any,
        inner: Sequence[str] = _LOOPS[:2],
    ) -> tuple[Signal, Value]:
        """A number that each loop steps; returns it and what it steps to.

        A loop steps from where it began itself, which needs a register where a loop within it
        changes the number meanwhile: one of ``inner``, by its name or by that of its step.
        """
        bits = len(start)
        place = Signal(bits, name=name, reset_less=True)
        position = row = place
        outer = self._outermost(_LOOPS[3:])
        down = self._outermost(_LOOPS[2:])
        if inner and (outer is not None or self._format.has("down")):
            position = row = Signal(bits, name=f"position_{name}", reset_less=True)
        # Beats step along a row, so that the loop down steps from the row.
        if self._format.has("down"):
            if not set(inner) - {"down_y"}:
                row = place
            elif Value.cast(steps["down"]).shape().width:
                row = Signal(bits, name=f"row_{name}", reset_less=True)
        bases = {
            loop: place if loop in _LOOPS[:2] else row if loop == "down" else position
            for loop in _LOOPS
        }
        base = self._choose(m, bases, f"{name}_base")
        step = self._choose(m, steps, f"{name}_chosen_step")
        following = Signal(bits, name=f"{name}_next")
        m.d.comb += following.eq(add(base, step))
        with m.If(self.start):
            m.d.sync += place.eq(start)
        with m.Elif(self._advance):
            m.d.sync += place.eq(following)
        for origin, when in ((row, down), (position, outer)):
            if origin is place or (origin is row is position and when is not outer):
                continue
            with m.If(self.start):
                m.d.sync += origin.eq(start)
            if when is not None:
                with m.Elif(self._advance & when):
                    m.d.sync += origin.eq(following)
        return place, following

    def _addresses(self, m: Module) -> None:
        unit, s = self._unit, self.stream
        steps = {
            "across": s.across_step,
            "beats": s.beat_step,
            "down": s.down_step,
            "kernel_x": s.kernel_x_step,
            "kernel_y": s.kernel_y_step,
            "blocks": s.block_step,
        }
        bits = unit.scalar_bits
        place, following = self._places(
            m, "place", self.address, steps,
            lambda base, step: add_address(m, unit, base, step, bits, "place_sum"),
        )  # fmt: skip
        m.d.comb += self.run.address.eq(place)
        if not self._format.has("words"):
            m.d.comb += self.word.eq(place[unit.byte_bits :])
            return
        reading = Signal(bits, name="reading", reset_less=True)
        with m.If(self.start):
            m.d.sync += reading.eq(self.address)
        with m.Elif(self._advance):
            m.d.sync += reading.eq(following)
        with m.Elif(self.word_valid):
            m.d.sync += reading.eq(add_address(m, unit, reading, s.word_step, bits, "reading_sum"))
        m.d.comb += self.word.eq(reading[unit.byte_bits :])

    def _coordinates(self, m: Module) -> None:
        s, bits = self.stream, self._unit.scalar_bits
        none = Const(0, 0)
        if self._format.has("width"):
            x, _ = self._places(
                m, "column", self.x,
                {
                    "across": s.across_x,
                    "beats": s.beat_x,
                    # Back to the position's own.
                    "down": none,
                    "kernel_x": s.kernel_x_x,
                    "kernel_y": s.kernel_y_x,
                    "blocks": s.kernel_y_x,
                },
                lambda base, step: add_modulo(m, base, step, bits, "column_sum"),
            )  # fmt: skip
            m.d.comb += self.run.x.eq(x)
        if not self._format.has("height"):
            m.d.comb += self.run.inside.eq(1)
            return
        y, _ = self._places(
            m, "line", self.y,
            {
                "across": none,
                "beats": s.beat_y,
                "down": s.down_y,
                "kernel_x": none,
                "kernel_y": s.kernel_y_y,
                "blocks": s.block_y,
            },
            lambda base, step: add_modulo(m, base, step, bits, "line_sum"),
            [name for name in ("beat_y", "down_y") if self._format.has(name)],
        )  # fmt: skip
        m.d.comb += self.run.inside.eq((s.height == 0) | (y < s.height))

    def _registers(self, m: Module) -> None:
        """The vector register of the run, and what the run does with it."""
        s = self.stream
        bits = len(self.run.number)
        first = Signal(bits, name="first_register_kept", reset_less=True)
        number = Signal(bits, name="number", reset_less=True)
        row = Signal(bits, name="row_number", reset_less=True)
        opens = Signal(reset_less=True)
        inner = [self._goes[name] for name in _LOOPS[:3] if name in self._goes]
        position = Signal(name="next_position")
        m.d.comb += position.eq(~Cat(inner).any())
        down = self._goes.get("down", Const(0, 1))
        with m.If(self.start):
            m.d.sync += [
                first.eq(self.first_register),
                number.eq(self.first_register),
                row.eq(self.first_register),
                opens.eq(1),
            ]
        with m.Elif(self._advance):
            with m.If(position):
                m.d.sync += [number.eq(first), row.eq(first), opens.eq(0)]
            with m.Elif(down):
                m.d.sync += [number.eq(row + s.across + 1), row.eq(row + s.across + 1)]
            with m.Elif(self._goes["beats"]):
                m.d.sync += number.eq(number + s.beat_number)
            with m.Else():
                m.d.sync += number.eq(number + 1)
        starts = Signal(name="starts", reset_less=True)  # the run is the first of its position
        with m.If(self.start):
            m.d.sync += starts.eq(1)
        with m.Elif(self._advance):
            m.d.sync += starts.eq(position)
        several = self._several
        m.d.comb += [
            self.run.register.eq(number),
            self.run.number.eq(number),
            self.run.opens.eq(opens),
            self.run.fetches.eq(starts),
            self.run.keeps.eq(several),
            self.run.begins.eq(opens | several),
            self.run.ends.eq(self._all_ended(*_LOOPS[3:]) | several),
        ]
