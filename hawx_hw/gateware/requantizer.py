"""From sums to codes: one requantizer, and what accompanies values through several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix, add_booth_row
from hawx_hw.blocks.block import CODE
from hawx_hw.gateware.flows import FlowSignature, delay_line
from hawx_hw.gateware.layout import index_width
from hawx_hw.graph.graph import CODE_MAX, CODE_MIN, MULTIPLIER_BITS

__all__ = ["Requantizer", "RequantizerFormat", "RequantizerStages"]

#: Fields of a rule that a requantizer reads.
_RULE = ("shift", "low", "high", "step")


@dataclass(frozen=True)
class RequantizerFormat:
    """Widths of a requantizer.

    Parameters
    ----------
    sum_bits, addend_bits, product_bits : int
        Two's complement widths of the values, of the addends, and after the multiplier.
    rule : StructLayout
        What a layer's codes are made by: ``shift``, ``low``, ``high``, ``step`` (one less than what
        the codes are multiples of), each as wide as the network needs. It may have other fields.
    windows : int
        Windows that are under way at once, >= 1.
    pooled : bool
        Whether some window has several values of which the largest counts.
    sums : bool
        Whether the products of some window are added up.
    least_shift : int
        What the rule's ``shift`` counts from.
    limits_from_ends : bool
        Whether the rule's ``low`` and ``high`` count from the least code on, and from the largest
        one down.

    Raises
    ------
    ValueError
        A field of the rule is missing, or a number is less than 1.
    """

    sum_bits: int
    addend_bits: int
    product_bits: int
    rule: data.StructLayout
    windows: int
    pooled: bool
    sums: bool = True
    least_shift: int = 0
    limits_from_ends: bool = False

    def __post_init__(self) -> None:
        for name in ("sum_bits", "addend_bits", "product_bits", "windows"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be a positive number, not {getattr(self, name)!r}")
        missing = [name for name in _RULE if name not in self.rule.members]
        if missing:
            raise ValueError(f"A rule must have {', '.join(_RULE)}; {', '.join(missing)} missing")

    @property
    def constants(self) -> data.StructLayout:
        """Multiplier and addend of a value."""
        return data.StructLayout(
            {"multiplier": unsigned(MULTIPLIER_BITS), "addend": signed(self.addend_bits)}
        )

    @property
    def window(self) -> Shape:
        """Number of a window among those that are under way."""
        return unsigned(index_width(self.windows))


class Requantizer(wiring.Component):
    """One requantizer with its windows.

    ``code = clamp((sum * multiplier + addend) >> shift) & ~step``, where ``step`` is one less than
    what the codes are multiples of.

    The products of a window are added up before the shift (average pooling, addition), or the
    largest value of the window is requantized (max pooling). Its code is the largest of the codes,
    because the multiplier is not negative and nothing that follows it changes the order of two
    numbers.

    **Latency**: ``code`` follows ``value`` by :attr:`LATENCY`. The stages, one a cycle, take the
    value in, compare it with those of its window, multiply, add the lower halves and then the upper
    halves of the product's two numbers, shift and clamp. The product stays in carry-save form until
    its window is complete.

    Parameters
    ----------
    format : RequantizerFormat

    Attributes
    ----------
    value : In(signed(sum_bits))
    group : In(RequantizerFormat.window)
        With the value at stage :attr:`COMPARE_STAGE`: the window, among those under way, that it
        is of. Where products are added up, only one window may be under way.
    constants : In(RequantizerFormat.constants)
        Of the value that stage :attr:`COMPARE_STAGE` takes.
    rule : In(RequantizerFormat.rule)
        Of the layer; holds still while values are under way.
    stage_valid : In(LATENCY)
        Bit k: stage k takes a value in this cycle. A stage without a value holds still.
    compare_first, compare_last : In(1)
        The value that stage :attr:`COMPARE_STAGE` takes begins its window; is to be multiplied.
    accumulate : In(1)
        The product that stage :attr:`MULTIPLY_STAGE` makes is added to the one before; 0 where the
        format has no sums.
    code : Out(CODE)
    """

    #: Cycles from ``value`` to ``code``, one a stage.
    LATENCY = 6
    #: Number of the stage that compares values, from 0.
    COMPARE_STAGE = 1
    #: Number of the stage that multiplies, and adds products up.
    MULTIPLY_STAGE = 2

    def __init__(self, format: RequantizerFormat):
        self._format = f = format
        super().__init__(
            {
                "value": In(signed(f.sum_bits)),
                "group": In(f.window),
                "constants": In(f.constants),
                "rule": In(f.rule),
                "stage_valid": In(self.LATENCY),
                "compare_first": In(1),
                "compare_last": In(1),
                "accumulate": In(1),
                "code": Out(CODE),
            }
        )

    @property
    def format(self) -> RequantizerFormat:
        """Widths."""
        return self._format

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # Data need no reset: ``stage_valid`` marks which of them count.
        taken = Signal(signed(self._format.sum_bits), reset_less=True)
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
        f = self._format
        valid, leaves = self.stage_valid[self.COMPARE_STAGE], self.compare_last
        value = Signal.like(taken, name="value_out")
        constants = Signal(f.constants, reset_less=True)
        largest: Value = taken
        if f.pooled:
            maxima = [Signal.like(taken, name=f"largest_{n}") for n in range(f.windows)]
            before = Signal.like(taken, name="before")
            with m.Switch(self.group):
                for number, register in enumerate(maxima):
                    with m.Case(number):
                        m.d.comb += before.eq(register)
            largest = Signal.like(taken, name="largest")
            m.d.comb += largest.eq(Mux(self.compare_first | (taken > before), taken, before))
            for number, register in enumerate(maxima):
                with m.If(valid & ~leaves & (self.group == number)):
                    m.d.sync += register.eq(largest)
        with m.If(valid & leaves):
            m.d.sync += [value.eq(largest), constants.eq(self.constants)]
        return value, constants

    def _multiply(self, m: Module, value: Signal, constants: Any) -> tuple[Signal, Signal]:
        """Two numbers that add up to the product and the addend, or what was before."""
        bits = self._format.product_bits
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
        if self._format.sums:
            added = [Signal(bits, name=f"added_{name}") for name in ("sum", "carry")]
            m.d.comb += [
                added[0].eq(Mux(self.accumulate, first, addend.as_unsigned())),
                added[1].eq(Mux(self.accumulate, second, 0)),
            ]
            for number in added:
                matrix.add_unsigned(number)
        else:
            matrix.add_unsigned(addend.as_unsigned())
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
            upper = Signal(bits - half + 2)
            m.d.comb += upper.eq(Cat(C(1, 1), highs[0]) + Cat(low[half], highs[1]))
            m.d.sync += total.eq(Cat(low[:half], upper[1 : 1 + bits - half]))
        return total

    def _clamped(self, m: Module, total: Signal) -> Value:
        """The code of a sum of products and addend."""
        rule, f = self.rule, self._format
        scaled = Signal(signed(f.product_bits))
        cleared = Signal(CODE)
        m.d.comb += [
            scaled.eq(total[f.least_shift :].as_signed() >> rule.shift),
            cleared.eq(rule.step),
        ]
        return self._limited(m, scaled) & ~cleared

    def _limited(self, m: Module, scaled: Signal) -> Value:
        """The number between the rule's limits."""
        rule = self.rule
        if not self._format.limits_from_ends:
            return _clamp(scaled, rule.low, rule.high)
        # Most rules have no other limits than those of codes, and their fields no bits.
        code = Signal(CODE, name="saturated")
        low, high = Signal(CODE, name="least"), Signal(CODE, name="largest")
        m.d.comb += [
            code.eq(_clamp(scaled, CODE_MIN, CODE_MAX)),
            low.eq(CODE_MIN + rule.low),
            high.eq(CODE_MAX - rule.high),
        ]
        limited: Value = code
        if len(rule.high):
            limited = Mux(code > high, high, limited)
        if len(rule.low):
            limited = Mux(code < low, low, limited)
        return limited


def _clamp(value: Value, low: Value | int, high: Value | int) -> Value:
    return Mux(value < low, low, Mux(value > high, high, value))


class RequantizerStages:
    """What accompanies values through requantizers that work side by side.

    Every value is compared, those that leave the comparison are multiplied, and what completes a
    window goes on to the end.

    Parameters
    ----------
    m : Module
        Gets the registers.
    entering : interface of a FlowSignature
        With a value: ``window_first``, ``window_last``, and what else is needed on the way.
    reduce : Value
        The products of a window are added up; holds still while values are under way.

    Attributes
    ----------
    compared : View
        Payload of the value that ``COMPARE_STAGE`` takes.
    complete : interface of a FlowSignature
        With the code of a window: the payload of its last value.
    """

    def __init__(self, m: Module, entering: Any, reduce: Value):
        compare, multiply = Requantizer.COMPARE_STAGE, Requantizer.MULTIPLY_STAGE
        stages = delay_line(m, entering, multiply, "stage")
        self.compared, self._multiplied = stages[compare].payload, stages[multiply]
        self._reduce = reduce
        complete = FlowSignature(self.compared.shape()).create(path=("complete",))
        m.d.comb += [
            complete.valid.eq(self._multiplied.valid & self._multiplied.payload.window_last),
            complete.payload.eq(self._multiplied.payload),
        ]
        line = delay_line(m, complete, Requantizer.LATENCY - multiply, "complete")
        self.complete = line[-1]
        self._stage_valid = Cat(
            (stage.valid for stage in stages[:multiply]),
            complete.valid | self._multiplied.valid & reduce,
            (stage.valid for stage in line[1:-1]),
        )

    def drive(self, m: Module, requantizer: Requantizer) -> None:
        """Connect the ports of one requantizer that say what its stages take."""
        compared, multiplied = self.compared, self._multiplied.payload
        m.d.comb += [
            requantizer.compare_first.eq(compared.window_first | self._reduce),
            requantizer.compare_last.eq(compared.window_last | self._reduce),
            requantizer.accumulate.eq(self._reduce & ~multiplied.window_first),
            requantizer.stage_valid.eq(self._stage_valid),
        ]
