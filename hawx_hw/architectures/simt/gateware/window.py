"""The activation window: the words that a run's taps lie in, for as long as runs use them."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import Array, Cat, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["ActivationWindow", "second_shape"]

#: Parities of a word's number: two neighbors differ.
_PARITIES = (0, 1)


def second_shape(unit: Unit, format: StreamFormat) -> Shape:
    """Shape of the words from that of a run's first tap to that of its last one."""
    return signed(max(1, format.layout["reach"].shape.width - unit.byte_bits) + 2)


class ActivationWindow(wiring.Component):
    """One or two registers for even words and as many for odd ones.

    The taps of a run lie in one word or in two neighbors, so one register for even words and one
    for odd ones hold them. Each has a tag, and a word that is there is not read again. With one
    register of a kind, only the last two of a run's words may be requested: what comes earlier
    would take the place of a word that the run before is still using. With two (``ways``), any
    may.

    **Latency**: a word that ``read`` asks for must be in ``data`` in the next cycle, as
    :class:`~hawx_hw.gateware.memories.SimpleDualPortRam` has it. ``code`` and ``codes`` follow
    ``tap`` by :attr:`LATENCY`.

    Parameters
    ----------
    unit : Unit
    format : StreamFormat
    ways : int
        1 or 2.

    Attributes
    ----------
    clear : In(1)
        Forget all words, from the next cycle on.
    word_valid, word : In(1), In(word_bits)
        One of the words of the next run, which is read if any window asks for it.
    word_last : In(1)
        It is the last of them: in this cycle the run's taps begin.
    first : In(scalar_bits)
        Address of the next run's first tap, with each of its words.
    reach : In
        As in the stream: address from the first tap of the run to the last.
    read : Out(1)
        ``word`` is requested and not there.
    matches_first, matches_last : Out(1)
        ``word`` is that of the run's first tap, or that of its last one.
    second : Out
        Words from that of the first tap to that of the last one.
    tap_word : Out(word_bits)
        The word of ``tap``.
    data : In(8 * word)
    tap : In(byte_bits + 1)
    inside : In(1)
    pad : In(signed(8))
        A cycle after ``tap``.
    code : Out(signed(8))
        The tap's byte; ``pad`` where it is not inside.
    codes : Out(8 * word)
        All bytes of its word; likewise.
    """

    #: Cycles from ``tap`` to its code.
    LATENCY = 1

    def __init__(self, unit: Unit, format: StreamFormat, ways: int):
        if ways not in (1, 2):
            raise ValueError(f"ActivationWindow ways must be 1 or 2, not {ways!r}")
        self._unit, self._ways = unit, ways
        self._reach = format.layout["reach"].shape
        super().__init__(
            {
                "clear": In(1),
                "word_valid": In(1),
                "word": In(unit.word_bits),
                "word_last": In(1),
                "first": In(unsigned(unit.scalar_bits)),
                "reach": In(self._reach),
                "read": Out(1),
                "matches_first": Out(1),
                "matches_last": Out(1),
                "second": Out(second_shape(unit, format)),
                "tap_word": Out(unit.word_bits),
                "data": In(8 * unit.word),
                "tap": In(unit.byte_bits + 1),
                "inside": In(1),
                "pad": In(signed(8)),
                "code": Out(signed(8)),
                "codes": Out(8 * unit.word),
            }
        )

    @property
    def ways(self) -> int:
        """Registers for even words, and for odd ones."""
        return self._ways

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._matches(m)
        loads, current = self._tags(m)
        tap = Signal(len(self.tap), name="tap_now", reset_less=True)
        inside = Signal(name="inside_now", reset_less=True)
        m.d.sync += [tap.eq(self.tap), inside.eq(self.inside)]
        words = self._words(m, loads, current, tap, inside)
        self._select(m, words, tap[: self._unit.byte_bits], inside)
        return m

    def _matches(self, m: Module) -> None:
        """Compare the word with those of the first and of the last tap."""
        unit, low = self._unit, self._unit.byte_bits
        reach = Signal(
            Shape(max(self._reach.width, low + 1), signed=self._reach.signed), name="wide_reach"
        )
        m.d.comb += reach.eq(self.reach)
        words = reach[low:].as_signed() if self._reach.signed else reach[low:]
        over = self.first[:low] + reach[:low] >= unit.word
        distance = Signal(unit.word_bits, name="distance")
        m.d.comb += [
            self.second.eq(words + over),
            distance.eq(self.word - self.first[low:]),
            self.matches_first.eq(self.word_valid & (distance == 0)),
            self.matches_last.eq(
                self.word_valid & (distance == _modulo(self.second, unit.word_bits))
            ),
        ]

    def _tags(self, m: Module) -> tuple[list[list[Signal]], list[Signal]]:
        """Which register a word is in or comes to; returns loads and those of the present run."""
        parity, upper = self.word[0], self.word[1:]
        requested = self.matches_first | self.matches_last
        hit = Signal()
        loads: list[list[Signal]] = []
        current = []
        of_tap = []
        m.d.comb += self.read.eq(requested & ~hit)
        for kind in _PARITIES:
            here = requested & (parity == kind)
            present = Signal(name=f"present_{kind}", reset_less=True)  # way of the present run
            coming = Signal(name=f"coming_{kind}", reset_less=True)  # way of the next run
            chosen = Signal(name=f"chosen_{kind}")
            matches, tags = [], []
            loads.append([])
            for way in range(self._ways):
                tag = Signal(len(upper), name=f"tag_{kind}_{way}", reset_less=True)
                valid = Signal(name=f"valid_{kind}_{way}")
                match, take, load = (
                    Signal(name=f"{name}_{kind}_{way}") for name in ("match", "take", "load")
                )
                m.d.comb += [
                    match.eq(valid & (tag == upper)),
                    take.eq(here & ~hit & (present != way if self._ways > 1 else 1)),
                ]
                m.d.sync += load.eq(take)
                with m.If(take):
                    m.d.sync += [tag.eq(upper), valid.eq(1)]
                with m.If(self.clear):
                    m.d.sync += valid.eq(0)
                matches.append(match)
                tags.append(tag)
                loads[-1].append(load)
            with m.If(here & Cat(matches).any()):
                m.d.comb += hit.eq(1)
            if self._ways > 1:
                m.d.comb += chosen.eq(
                    Mux(here, Mux(Cat(matches).any(), matches[1], ~present), coming)
                )
                m.d.sync += coming.eq(chosen)
                with m.If(self.word_last):
                    m.d.sync += present.eq(chosen)
            current.append(present)
            stored = tags[0]
            if self._ways > 1:
                stored = Mux(Mux(self.word_last, coming, present), tags[1], tags[0])
            of_tap.append(Mux(here & self.word_last, upper, stored))
        kind = self.tap[self._unit.byte_bits]
        m.d.comb += self.tap_word.eq(Cat(kind, Mux(kind, of_tap[1], of_tap[0])))
        return loads, current

    def _words(
        self,
        m: Module,
        loads: list[list[Signal]],
        current: list[Signal],
        tap: Signal,
        inside: Signal,
    ) -> list[tuple[Value, Value]]:
        """Words that may be the tap's, each with whether it is."""
        low = self._unit.byte_bits
        last = Signal(name="last_word_comes")
        comes = Signal(name="tap_word_comes")
        m.d.sync += last.eq(self.word_last)
        words: list[tuple[Value, Value]] = []
        arrivals = []
        for kind in _PARITIES:
            for way, load in enumerate(loads[kind]):
                register = Signal(8 * self._unit.word, name=f"word_{kind}_{way}", reset_less=True)
                with m.If(load):
                    m.d.sync += register.eq(self.data)
                chosen = Signal(name=f"chosen_{kind}_{way}_now")
                own = current[kind] == way if self._ways > 1 else 1
                m.d.comb += chosen.eq(inside & (tap[low] == kind) & own)
                arrivals.append(chosen & load)
                words.append((register, chosen & ~comes))
        # The last word of a run is used in the cycle in which it comes. Others come while the run
        # before still uses the register.
        m.d.comb += comes.eq(last & Cat(arrivals).any())
        return [*words, (self.data, comes)]

    def _select(
        self, m: Module, words: list[tuple[Value, Value]], low: Value, inside: Signal
    ) -> None:
        """The byte and the word of the tap."""
        count = self._unit.word
        padding = Signal(8, name="padding")
        word = Signal(data.ArrayLayout(signed(8), count), name="tap_word_now")
        code = Signal(8, name="tap_code")
        m.d.comb += padding.eq(self.pad & (~inside).replicate(8))
        gated = [value & chosen.replicate(8 * count) for value, chosen in words]
        m.d.comb += Value.cast(word).eq(reduce(or_, gated))
        m.d.comb += [
            code.eq(Array([word[n] for n in range(count)])[low] if len(low) else word[0]),
            self.code.eq(code | padding),
            self.codes.eq(Value.cast(word) | Cat(*[padding] * count)),
        ]


def _modulo(value: Value, bits: int) -> Value:
    """A signed number modulo ``2**bits``."""
    wide = value.as_signed()
    missing = bits - len(wide)
    return Cat(wide, *[wide[-1]] * missing) if missing > 0 else wide[:bits]
