"""From sums to codes: requantization, reduction of windows, clamp."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import CODE, MULTIPLIER_BITS, Dimensions
from hawx_hw.gateware.hierarchy import place

__all__ = ["PostProcessor", "Requantizer"]


class Requantizer(wiring.Component):
    """One requantizer with its window.

    ``code = clamp((sum * multiplier + addend) >> shift) & ~step``, where ``step`` is one less than
    what the codes are multiples of.

    With ``reduce``, the products of a window are added up before the shift (average pooling,
    addition); otherwise each code of the window is finished and the largest one counts (max
    pooling).

    **Latency**: five cycles from ``value`` to ``code``.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    value : In(signed(sum_bits))
    constants : In(Dimensions.lane_constants)
        Of this value.
    reduce, shift, low, high, step : In
        Of the layer; they hold still while values are under way.
    accumulate_first : In(1)
        The value in the second stage is the first of its window.
    stage_valid : In(5)
        Bit k: stage k takes a value in this cycle. A stage without a value holds still.
    compare_first : In(1)
        The code in the last stage is the first of its window.
    code : Out(signed(8))
    """

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "value": In(signed(d.sum_bits)),
                "constants": In(d.lane_constants),
                "reduce": In(1),
                "shift": In(d.field("shift")),
                "low": In(d.field("low")),
                "high": In(d.field("high")),
                "step": In(d.field("step")),
                "stage_valid": In(5),
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
        d = self._dimensions
        # Data need no reset: ``stage_valid`` tells which of them count.
        value = Signal(signed(d.sum_bits), reset_less=True)
        constants = Signal(d.lane_constants, reset_less=True)
        product = Signal(signed(d.sum_bits + MULTIPLIER_BITS + 1), reset_less=True)
        addend = Signal(signed(d.addend_bits), reset_less=True)
        total = Signal(signed(d.product_bits), reset_less=True)
        shifted = Signal(CODE, reset_less=True)

        with m.If(self.stage_valid[0]):
            m.d.sync += [value.eq(self.value), constants.eq(self.constants)]
        with m.If(self.stage_valid[1]):
            m.d.sync += [product.eq(value * constants.multiplier), addend.eq(constants.addend)]
        with m.If(self.stage_valid[2]):
            before = Mux(self.reduce & ~self.accumulate_first, total, addend)
            m.d.sync += total.eq(before + product)
        with m.If(self.stage_valid[3]):
            scaled = Signal(signed(d.product_bits))
            m.d.comb += scaled.eq(total >> self.shift)
            cleared = Signal(CODE)
            m.d.comb += cleared.eq(self.step)
            m.d.sync += shifted.eq(
                Mux(scaled < self.low, self.low, Mux(scaled > self.high, self.high, scaled))
                & ~cleared
            )
        with m.If(self.stage_valid[4]):
            m.d.sync += self.code.eq(
                Mux(self.compare_first | (shifted > self.code), shifted, self.code)
            )
        return m


class PostProcessor(wiring.Component):
    """``lanes`` requantizers side by side: each element of a window in, one word a window out.

    **Latency**: ``store`` follows the last element of its window by five cycles; one element is
    taken a cycle.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    element : In(Dimensions.element)
    values : In(Dimensions.sums)
    constants : In(ArrayLayout(Dimensions.lane_constants, lanes))
    reduce, shift, low, high, step : In
        Of the layer.
    store : Out({valid, address, data, end})
        ``end`` marks the layer's last word.
    """

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "element": In(d.element),
                "values": In(d.sums),
                "constants": In(data.ArrayLayout(d.lane_constants, d.array.requantizers)),
                "reduce": In(1),
                "shift": In(d.field("shift")),
                "low": In(d.field("low")),
                "high": In(d.field("high")),
                "step": In(d.field("step")),
                "store": Out(
                    wiring.Signature(
                        {
                            "valid": Out(1),
                            "address": Out(d.destination),
                            "data": Out(d.word),
                            "end": Out(1),
                        }
                    )
                ),
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
        stages = [self.element]
        for number in range(1, 6):
            following = Signal(d.element, name=f"stage_{number}")
            m.d.sync += following.valid.eq(stages[-1].valid)
            with m.If(stages[-1].valid):
                m.d.sync += following.eq(stages[-1])
            stages.append(following)

        for number in range(d.array.requantizers):
            lane = place(m, platform, f"lane_{number}", "hawx_requantizer", lambda: Requantizer(d))
            m.d.comb += [
                lane.value.eq(self.values[number]),
                lane.constants.eq(self.constants[number]),
                lane.reduce.eq(self.reduce),
                lane.shift.eq(self.shift),
                lane.low.eq(self.low),
                lane.high.eq(self.high),
                lane.step.eq(self.step),
                lane.accumulate_first.eq(stages[2].window_first),
                lane.compare_first.eq(stages[4].window_first | self.reduce),
                store.data[number].eq(lane.code),
            ]
            m.d.comb += [lane.stage_valid[k].eq(stages[k].valid) for k in range(5)]
        m.d.comb += [
            store.valid.eq(stages[5].valid & stages[5].window_last),
            store.address.eq(stages[5].address),
            store.end.eq(stages[5].end),
        ]
        return m
