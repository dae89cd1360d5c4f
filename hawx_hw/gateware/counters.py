"""Counts the cycles of inferences and of their layers."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import SimpleDualPortRam

__all__ = ["PerformanceCounters"]


class PerformanceCounters(wiring.Component):
    """Cycles of the last whole inference, in total and by layer, and numbers of images.

    The layers are kept in two pages of a memory, so that those of the last inference can be read
    while the next one runs. An inference takes the cycles from ``start`` to ``done`` (their
    distance); a layer those from the ``layer_done`` before it, or from ``start``, to its own.

    **Latency**: the counts follow ``done`` by :attr:`LATENCY`; ``cycles_of_layer`` follows ``read``
    by :attr:`READ_LATENCY`, and holds.

    Parameters
    ----------
    layers : int
    watchdog : bool
        Whether an inference may be limited.

    Attributes
    ----------
    start, done, layer_done : In(1)
    layer : In
        As in :class:`~hawx_hw.gateware.core_interface.CoreSignature`.
    dropped : In(1)
        An image was lost.
    cycles : Out(32)
        Of the last whole inference; 0 before the first.
    images_done, images_dropped : Out(32)
        Since reset, modulo 2**32.
    read : In(1)
    index : In
    cycles_of_layer : Out(32)
        Cycles of layer ``index``; 0 before the end of the first inference.
    limit : In(32)
        Cycles that an inference may take; 0: as many as it needs. With ``watchdog`` only, as
        ``expires``.
    expires : Out(1)
        From cycle ``limit`` of the inference on, its first one counted as 0. That one follows
        ``start``. A lower limit counts at once.
    """

    #: Cycles from ``done`` to the counts of the inference.
    LATENCY = 1
    #: Cycles from ``read`` to ``cycles_of_layer``.
    READ_LATENCY = SimpleDualPortRam.LATENCY

    def __init__(self, layers: int, *, watchdog: bool = False):
        if layers < 1:
            raise ValueError(f"Layers must be a positive number, not {layers!r}")
        self._layers, self._watchdog = layers, watchdog
        members: dict[str, wiring.Member] = {
            "start": In(1),
            "done": In(1),
            "layer": In(index_width(layers)),
            "layer_done": In(1),
            "dropped": In(1),
            "cycles": Out(32),
            "images_done": Out(32),
            "images_dropped": Out(32),
            "read": In(1),
            "index": In(index_width(layers)),
            "cycles_of_layer": Out(32),
        }
        if watchdog:
            members |= {"limit": In(32), "expires": Out(1)}
        super().__init__(members)

    @staticmethod
    def memory_shape(layers: int) -> tuple[int, int]:
        """Width and depth of the memory of the layers' cycles: two pages."""
        return 32, 2 * layers

    @property
    def layers(self) -> int:
        """Number of layers."""
        return self._layers

    def elaborate(self, platform: object) -> Module:
        m = Module()
        memory = place(
            m,
            platform,
            "memory",
            "hawx_counters_ram",
            lambda: SimpleDualPortRam(*self.memory_shape(self._layers)),
        )
        running = Signal(32)
        in_layer = Signal(32)
        page = Signal()
        counted = Signal()

        m.d.sync += [running.eq(running + 1), in_layer.eq(in_layer + 1)]
        with m.If(self.layer_done | self.start):
            m.d.sync += in_layer.eq(1)
        with m.If(self.start):
            m.d.sync += running.eq(1)
        with m.If(self.done):
            m.d.sync += [
                self.cycles.eq(running),
                self.images_done.eq(self.images_done + 1),
                page.eq(~page),
                counted.eq(1),
            ]
        if self._watchdog:
            # `running` is the number of this cycle plus one.
            m.d.sync += self.expires.eq(~self.start & (self.limit != 0) & (running >= self.limit))
        with m.If(self.dropped):
            m.d.sync += self.images_dropped.eq(self.images_dropped + 1)

        valid = Signal()
        with m.If(self.read):
            m.d.sync += valid.eq(counted)
        m.d.comb += [
            memory.write.enable.eq(self.layer_done),
            memory.write.address.eq(self.layer + Mux(page, self._layers, 0)),
            memory.write.data.eq(in_layer),
            memory.read.enable.eq(self.read),
            memory.read.address.eq(self.index + Mux(page, 0, self._layers)),
            self.cycles_of_layer.eq(Mux(valid, memory.read.data, 0)),
        ]
        return m
