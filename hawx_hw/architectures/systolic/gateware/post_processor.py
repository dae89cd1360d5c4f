"""From sums to codes: requantization, reduction of windows, clamp."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.blocks.block import CODE
from hawx_hw.gateware.flows import delay_line
from hawx_hw.gateware.hierarchy import place
from hawx_hw.graph.graph import MULTIPLIER_BITS

__all__ = ["PostProcessor", "Requantizer"]


class Requantizer(wiring.Component):
    """One requantizer with its window.

    ``code = clamp((sum * multiplier + addend) >> shift) & ~step``, where ``step`` is one less than
    what the codes are multiples of.

    With ``reduce``, the products of a window are added up before the shift (average pooling,
    addition); otherwise each code of the window is finished and the largest one counts (max
    pooling).

    **Latency**: ``code`` follows ``value`` by :attr:`LATENCY`. The stages, one a cycle, take the
    value in, multiply, add, shift and clamp, and compare.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    value : In(signed(sum_bits))
    constants : In(Dimensions.constants)
        Of this value.
    rule : In(Dimensions.rule)
        Of the layer; holds still while values are under way.
    stage_valid : In(LATENCY)
        Bit k: stage k takes a value in this cycle. A stage without a value holds still.
    accumulate_first : In(1)
        The value that stage :attr:`ADD_STAGE` takes is the first of its window.
    compare_first : In(1)
        The code that stage :attr:`COMPARE_STAGE` takes is the first of its window.
    code : Out(CODE)
    """

    #: Cycles from ``value`` to ``code``, one a stage.
    LATENCY = 5
    #: Number of the stage that adds products up, from 0.
    ADD_STAGE = 2
    #: Number of the stage that compares codes.
    COMPARE_STAGE = LATENCY - 1

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "value": In(signed(d.sum_bits)),
                "constants": In(d.constants),
                "rule": In(d.rule),
                "stage_valid": In(self.LATENCY),
                "accumulate_first": In(1),
                "compare_first": In(1),
                "code": Out(CODE),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d, rule = self._dimensions, self.rule
        # Data need no reset: ``stage_valid`` marks which of them count.
        value = Signal(signed(d.sum_bits), reset_less=True)
        constants = Signal(d.constants, reset_less=True)
        product = Signal(signed(d.sum_bits + MULTIPLIER_BITS + 1), reset_less=True)
        addend = Signal(signed(d.addend_bits), reset_less=True)
        total = Signal(signed(d.product_bits), reset_less=True)
        shifted = Signal(CODE, reset_less=True)

        with m.If(self.stage_valid[0]):
            m.d.sync += [value.eq(self.value), constants.eq(self.constants)]
        with m.If(self.stage_valid[1]):
            m.d.sync += [product.eq(value * constants.multiplier), addend.eq(constants.addend)]
        with m.If(self.stage_valid[self.ADD_STAGE]):
            before = Mux(rule.reduce & ~self.accumulate_first, total, addend)
            m.d.sync += total.eq(before + product)
        with m.If(self.stage_valid[3]):
            scaled = Signal(signed(d.product_bits))
            m.d.comb += scaled.eq(total >> rule.shift)
            cleared = Signal(CODE)
            m.d.comb += cleared.eq(rule.step)
            m.d.sync += shifted.eq(
                Mux(scaled < rule.low, rule.low, Mux(scaled > rule.high, rule.high, scaled))
                & ~cleared
            )
        with m.If(self.stage_valid[self.COMPARE_STAGE]):
            m.d.sync += self.code.eq(
                Mux(self.compare_first | (shifted > self.code), shifted, self.code)
            )
        return m


class PostProcessor(wiring.Component):
    """Requantizers side by side: the elements of a window in, one word a window out.

    **Latency**: ``store`` follows the last element of its window by :attr:`LATENCY`; one element is
    taken a cycle.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    element : In(Dimensions.element)
    values : In(Dimensions.sums)
        With ``element``.
    constants : In(ArrayLayout(Dimensions.constants, requantizers))
        With ``element``.
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
                "constants": In(data.ArrayLayout(d.constants, d.array.requantizers)),
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
        d, store = self._dimensions, self.store
        # stages[k] belongs to the value that stage k takes in this cycle.
        stages = delay_line(m, self.element, self.LATENCY, "stage")
        windows = [stage.payload for stage in stages]
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
                requantizer.constants.eq(self.constants[number]),
                requantizer.rule.eq(self.rule),
                requantizer.accumulate_first.eq(windows[Requantizer.ADD_STAGE].window_first),
                requantizer.compare_first.eq(
                    windows[Requantizer.COMPARE_STAGE].window_first | self.rule.reduce
                ),
                requantizer.stage_valid.eq(Cat(stage.valid for stage in stages[:-1])),
                store.payload.data[number].eq(requantizer.code),
            ]
        m.d.comb += [
            store.valid.eq(stages[-1].valid & windows[-1].window_last),
            store.payload.address.eq(windows[-1].address),
            store.payload.end.eq(windows[-1].end),
        ]
        return m
