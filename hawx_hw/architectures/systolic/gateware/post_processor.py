"""From sums to codes: reduction of windows, requantization, clamp."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix, add_booth_row
from hawx_hw.blocks.block import CODE
from hawx_hw.gateware.flows import FlowSignature, delay_line
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.memories import ReadPort
from hawx_hw.graph.graph import MULTIPLIER_BITS

__all__ = ["PostProcessor", "Requantizer"]


class Requantizer(wiring.Component):
    """One requantizer with its window.

    ``code = clamp((sum * multiplier + addend) >> shift) & ~step``, where ``step`` is one less than
    what the codes are multiples of.

    With ``reduce``, the products of a window are added up before the shift (average pooling,
    addition); otherwise the largest sum of the window is requantized (max pooling). Its code is the
    largest of the codes, because the multiplier is not negative and nothing that follows it changes
    the order of two numbers.

    **Latency**: ``code`` follows ``value`` by :attr:`LATENCY`. The stages, one a cycle, take the
    value in, compare it with those of its window, multiply, add the lower halves and then the upper
    halves of the product's two numbers, shift and clamp. The product stays in carry-save form until
    its window is complete.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    value : In(signed(sum_bits))
    group : In
        With the value at stage :attr:`COMPARE_STAGE`: the word of its slice that it is for; the
        windows of all words of a slice are under way at once.
    constants : In(Dimensions.constants)
        Of the value that stage :attr:`COMPARE_STAGE` takes.
    rule : In(Dimensions.rule)
        Of the layer; holds still while values are under way.
    stage_valid : In(LATENCY)
        Bit k: stage k takes a value in this cycle. A stage without a value holds still.
    compare_first, compare_last : In(1)
        The value that stage :attr:`COMPARE_STAGE` takes begins its window; is to be multiplied.
    accumulate : In(1)
        The product that stage :attr:`MULTIPLY_STAGE` makes is added to the one before.
    code : Out(CODE)
    """

    #: Cycles from ``value`` to ``code``, one a stage.
    LATENCY = 6
    #: Number of the stage that compares values, from 0.
    COMPARE_STAGE = 1
    #: Number of the stage that multiplies, and adds products up.
    MULTIPLY_STAGE = 2

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "value": In(signed(d.sum_bits)),
                "group": In(d.slice_group),
                "constants": In(d.constants),
                "rule": In(d.rule),
                "stage_valid": In(self.LATENCY),
                "compare_first": In(1),
                "compare_last": In(1),
                "accumulate": In(1),
                "code": Out(CODE),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # Data need no reset: ``stage_valid`` marks which of them count.
        taken = Signal(signed(self._dimensions.sum_bits), reset_less=True)
        with m.If(self.stage_valid[0]):
            m.d.sync += taken.eq(self.value)
        value, constants = self._reduce(m, taken)
        first, second = self._multiply(m, value, constants)
        total = self._add(m, first, second)
        with m.If(self.stage_valid[-1]):
            m.d.sync += self.code.eq(self._clamped(m, total))
        return m

    def _reduce(self, m: Module, taken: Signal) -> tuple[Signal, Any]:
        """The largest value of the window, or every value; with its constants."""
        d = self._dimensions
        valid, leaves = self.stage_valid[self.COMPARE_STAGE], self.compare_last
        value = Signal.like(taken, name="value_out")
        constants = Signal(d.constants, reset_less=True)
        largest: Value = taken
        if d.pooled:
            groups = d.array.slice_groups
            maxima = [Signal.like(taken, name=f"largest_{n}") for n in range(groups)]
            before = Signal.like(taken, name="before")
            with m.Switch(self.group):
                for number, register in enumerate(maxima):
                    with m.Case(number):
                        m.d.comb += before.eq(register)
            largest = Mux(self.compare_first | (taken > before), taken, before)
            for number, register in enumerate(maxima):
                with m.If(valid & ~leaves & (self.group == number)):
                    m.d.sync += register.eq(largest)
        with m.If(valid & leaves):
            m.d.sync += [value.eq(largest), constants.eq(self.constants)]
        return value, constants

    def _multiply(self, m: Module, value: Signal, constants: Any) -> tuple[Signal, Signal]:
        """Two numbers that add up to the product and the addend, or what was before."""
        bits = self._dimensions.product_bits
        first, second = (
            Signal(bits, name=name, reset_less=True) for name in ("product_sum", "product_carry")
        )
        matrix = BitMatrix(bits)
        # Radix-4 digits of an unsigned number: a zero below its lowest bit, two above its highest.
        digits = Cat(C(0, 1), constants.multiplier, C(0, 2))
        for weight in range(0, MULTIPLIER_BITS + 1, 2):
            add_booth_row(m, matrix, value, digits[weight : weight + 3], weight)
        addend = Signal(signed(bits))
        m.d.comb += addend.eq(constants.addend)
        matrix.add_unsigned(Mux(self.accumulate, first, addend.as_unsigned()))
        matrix.add_unsigned(Mux(self.accumulate, second, 0))
        results = matrix.carry_save(m, "product")
        with m.If(self.stage_valid[self.MULTIPLY_STAGE]):
            m.d.sync += [first.eq(results[0]), second.eq(results[1])]
        return first, second

    def _add(self, m: Module, first: Signal, second: Signal) -> Signal:
        """The sum of two numbers, in two stages."""
        bits = len(first)
        half = bits // 2
        low = Signal(half + 1, reset_less=True)
        highs = [Signal(bits - half, name=f"high_{n}", reset_less=True) for n in range(2)]
        total = Signal(signed(bits), reset_less=True)
        with m.If(self.stage_valid[self.MULTIPLY_STAGE + 1]):
            m.d.sync += [
                low.eq(first[:half] + second[:half]),
                highs[0].eq(first[half:]),
                highs[1].eq(second[half:]),
            ]
        with m.If(self.stage_valid[self.MULTIPLY_STAGE + 2]):
            # The carry of the lower halves enters below the lowest bit.
            upper = Cat(C(1, 1), highs[0]) + Cat(low[half], highs[1])
            m.d.sync += total.eq(Cat(low[:half], upper[1 : 1 + bits - half]))
        return total

    def _clamped(self, m: Module, total: Signal) -> Value:
        """The code of a sum of products and addend."""
        rule = self.rule
        scaled = Signal(signed(self._dimensions.product_bits))
        cleared = Signal(CODE)
        m.d.comb += [scaled.eq(total >> rule.shift), cleared.eq(rule.step)]
        clamped = Mux(scaled < rule.low, rule.low, Mux(scaled > rule.high, rule.high, scaled))
        return clamped & ~cleared


class PostProcessor(wiring.Component):
    """Requantizers side by side: the elements of a window in, one word a window out.

    Of a layer that reduces by maximum, the windows of all groups of a slice may be under way at
    once; of one that adds up, a single one.

    **Latency**: ``store`` follows the last element of its window by :attr:`LATENCY`; one element is
    taken a cycle. The constants of an element are read in the cycle of the element.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    element : In(Dimensions.element)
    values : In(Dimensions.sums)
        With ``element``.
    constants : Out(ReadPort)
        The requantization memory.
    rule : In(Dimensions.rule)
        Of the layer; holds still while elements are under way.
    store : Out(Dimensions.store)
    """

    #: Cycles from the last element of a window to ``store``.
    LATENCY = Requantizer.LATENCY

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "element": In(d.element),
                "values": In(d.sums),
                "constants": Out(ReadPort(d.requantization_words, d.constants_word)),
                "rule": In(d.rule),
                "store": Out(d.store),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d, store, element = self._dimensions, self.store, self.element
        m.d.comb += [
            self.constants.enable.eq(element.valid & element.payload.reads_constants),
            self.constants.address.eq(element.payload.constants),
        ]
        # Every element is compared, those that leave the comparison are multiplied, and what
        # completes a window goes on to the end.
        compare, multiply = Requantizer.COMPARE_STAGE, Requantizer.MULTIPLY_STAGE
        stages = delay_line(m, self._entering(m), multiply, "stage")
        compared, multiplied = stages[compare].payload, stages[multiply]
        complete = FlowSignature(compared.shape()).create(path=("complete",))
        m.d.comb += [
            complete.valid.eq(multiplied.valid & multiplied.payload.window_last),
            complete.payload.eq(multiplied.payload),
        ]
        line = delay_line(m, complete, self.LATENCY - multiply, "complete")
        stage_valid = Cat(
            (stage.valid for stage in stages[:multiply]),
            complete.valid | multiplied.valid & self.rule.reduce,
            (stage.valid for stage in line[1:-1]),
        )
        for number in range(d.array.requantizers):
            requantizer = place(
                m,
                platform,
                f"requantizer_{number}",
                "hawx_requantizer",
                lambda: Requantizer(d),
            )
            m.d.comb += [
                requantizer.value.eq(self.values[number]),
                requantizer.group.eq(compared.group),
                requantizer.constants.eq(self.constants.data[number]),
                requantizer.rule.eq(self.rule),
                requantizer.compare_first.eq(compared.window_first | self.rule.reduce),
                requantizer.compare_last.eq(compared.window_last | self.rule.reduce),
                requantizer.accumulate.eq(self.rule.reduce & ~multiplied.payload.window_first),
                requantizer.stage_valid.eq(stage_valid),
                store.payload.data[number].eq(requantizer.code),
            ]
        m.d.comb += [
            store.valid.eq(line[-1].valid),
            store.payload.address.eq(line[-1].payload.address),
            store.payload.end.eq(line[-1].payload.end),
        ]
        return m

    def _entering(self, m: Module) -> Any:
        """What the stages need of ``element``."""
        element = self.element
        names = ("window_first", "window_last", "end", "address", "group")
        shape = data.StructLayout({name: element.payload.shape()[name].shape for name in names})
        entering = FlowSignature(shape).create(path=("entering",))
        m.d.comb += entering.valid.eq(element.valid)
        m.d.comb += [entering.payload[name].eq(element.payload[name]) for name in names]
        return entering
