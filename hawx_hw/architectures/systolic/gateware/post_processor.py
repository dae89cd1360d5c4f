"""From the elements of windows to stored words: requantizers side by side."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.gateware.flows import FlowSignature
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.memories import ReadPort
from hawx_hw.gateware.requantizer import Requantizer, RequantizerStages

__all__ = ["PostProcessor"]


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
        stages = RequantizerStages(m, self._entering(m), self.rule.reduce)
        for number in range(d.array.requantizers):
            requantizer = place(
                m,
                platform,
                f"requantizer_{number}",
                "hawx_requantizer",
                lambda: Requantizer(d.requantizer),
            )
            m.d.comb += [
                requantizer.value.eq(self.values[number]),
                requantizer.group.eq(stages.compared.group),
                requantizer.constants.eq(self.constants.data[number]),
                requantizer.rule.eq(self.rule),
            ]
            stages.drive(m, requantizer)
            m.d.comb += store.payload.data[number].eq(requantizer.code)
        m.d.comb += [
            store.valid.eq(stages.complete.valid),
            store.payload.address.eq(stages.complete.payload.address),
            store.payload.end.eq(stages.complete.payload.end),
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
