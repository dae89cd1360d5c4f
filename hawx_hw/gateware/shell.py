"""Everything around the compute core: registers, streams, buffers, the decision to start."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from amaranth.hdl import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.axi_lite import AxiLiteBridge, AxiLiteSignature
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.counters import PerformanceCounters
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.image_loader import ImageLoader
from hawx_hw.gateware.packet_router import PacketRouter
from hawx_hw.gateware.parameter_loader import ParameterLoader
from hawx_hw.gateware.register_map import (
    ADDRESS_WIDTH,
    RegisterConstant,
    accelerator_registers,
    errors_of,
)
from hawx_hw.gateware.registers import RegisterFile, RegisterMap
from hawx_hw.gateware.result_streamer import ResultStreamer
from hawx_hw.gateware.sequencer import Sequencer
from hawx_hw.gateware.streams import packet_signature
from hawx_hw.gateware.trap import TrapFormat, TrapRecorder

__all__ = ["CYCLES_AFTER_DONE", "CYCLES_BEFORE_START", "Shell", "shell_memories"]

#: From the last byte of an image to ``start``, see :class:`Shell`.
CYCLES_BEFORE_START = ImageLoader.LATENCY + Sequencer.LATENCY - 1
#: From ``done`` to the first byte of the result, see :class:`Shell`.
CYCLES_AFTER_DONE = ResultStreamer.LATENCY


def shell_memories(core: CoreSignature) -> list[tuple[str, int, int]]:
    """Name, width in bits and depth in words of each memory of the shell around ``core``.

    All are of the macro ``hawx_sdp_ram``.
    """
    return [
        ("result_ram", *ResultStreamer.memory_shape(core.result_layout)),
        ("counters_ram", *PerformanceCounters.memory_shape(core.layers)),
    ]


class Shell(wiring.Component):
    """Connects a core to AXI4-Lite (control), AXI4-Stream in (images, parameters) and out
    (results).

    .. code::

        s_axis --> router --> image loader ------> core --> result streamer --> m_axis
                      \\----> parameter loader --/  ^
        s_axil --> bridge --> registers <--> sequencer, counters --> irq

    While an inference computes, the next image may be received and the last result be sent. An
    image of the wrong length is dropped and reported, and never starts. Stalls on any port change
    no result.

    **Latency**: the last byte of an image starts a free core ``ImageLoader.LATENCY +
    Sequencer.LATENCY`` after it was accepted (in auto mode, or where START was written before; the
    core must take the last word at once). The first byte of the result is offered
    ``ResultStreamer.LATENCY`` after ``done``. With no stalls, the cycles from the first byte of the
    image accepted to the last byte of the result accepted, both counted, are
    ``image bytes + CYCLES_BEFORE_START + (done - start) + CYCLES_AFTER_DONE + result bytes``. A
    core that finds the next image waiting starts in the cycle after ``done``.

    Parameters
    ----------
    core : CoreSignature
    constants : sequence of RegisterConstant
        Of the architecture, for software to read.
    config_hash : int
        32 bits that identify the configuration.
    version : str
        Of the generator, ``major.minor.patch``.

    Attributes
    ----------
    s_axil : In(AxiLiteSignature)
        The registers of :func:`~hawx_hw.gateware.register_map.accelerator_registers`.
    s_axis : In(stream of {data, last})
        Images and parameters.
    m_axis : Out(stream of {data, last})
        Results.
    irq : Out(1)
        High as long as an enabled cause is.
    core : In(CoreSignature)
    """

    def __init__(
        self,
        core: CoreSignature,
        *,
        constants: Sequence[RegisterConstant] = (),
        config_hash: int,
        version: str,
    ):
        self._core_signature = core
        self._register_map = accelerator_registers(
            core, constants=constants, config_hash=config_hash, version=version
        )
        super().__init__(
            {
                "s_axil": In(AxiLiteSignature(ADDRESS_WIDTH)),
                "s_axis": In(packet_signature()),
                "m_axis": Out(packet_signature()),
                "irq": Out(1),
                "core": In(core),
            }
        )

    @property
    def core_signature(self) -> CoreSignature:
        """The core's port."""
        return self._core_signature

    @property
    def register_map(self) -> RegisterMap:
        """The registers behind ``s_axil``."""
        return self._register_map

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        core = self._core_signature

        def part(name: str, make: Any) -> Any:
            return place(m, platform, name, f"hawx_{name}", make)

        bridge = part("axi_lite_bridge", partial(AxiLiteBridge, ADDRESS_WIDTH))
        registers = part("registers", partial(RegisterFile, self._register_map))
        loader = part("image_loader", partial(ImageLoader, core.image_layout))
        streamer = part("result_streamer", partial(ResultStreamer, core.result_layout))
        sequencer = part("sequencer", Sequencer)
        counters = part(
            "counters",
            partial(PerformanceCounters, core.layers, watchdog=core.trap is not None),
        )

        wiring.connect(m, wiring.flipped(self.s_axil), bridge.axi)
        wiring.connect(m, bridge.registers, registers.bus)
        wiring.connect(m, loader.words, wiring.flipped(self.core.image))
        wiring.connect(m, streamer.bytes_out, wiring.flipped(self.m_axis))
        wiring.connect(m, wiring.flipped(self.core.result), streamer.result)

        errors: dict[str, Any] = {
            "start_while_busy": sequencer.start_while_busy,
            "start_without_parameters": sequencer.start_without_parameters,
            "image_truncated": loader.truncated,
            "image_overlong": loader.overlong,
        }
        control, status = registers.control, registers.status
        if core.loadable:
            self._add_parameters(m, part, registers, loader, sequencer, errors)
        else:
            wiring.connect(m, wiring.flipped(self.s_axis), loader.bytes_in)
            m.d.comb += [sequencer.parameters_loaded.eq(1), status.parameters_loaded.eq(1)]

        if core.trap is not None:
            self._add_trap(m, part, core.trap, registers, errors)
            m.d.comb += [
                counters.limit.eq(registers.watchdog.value),
                self.core.watchdog.eq(counters.expires),
            ]

        if core.debug is not None:
            _add_debug(m, registers, self.core.debug)

        m.d.comb += [
            loader.take.eq(self.core.start),
            loader.release.eq(self.core.input_release),
            loader.drop.eq(sequencer.image_drop),
            loader.flush.eq(control.flush),
            sequencer.request.eq(control.start),
            sequencer.auto.eq(control.auto),
            sequencer.flush.eq(control.flush),
            sequencer.image_full.eq(loader.full),
            sequencer.core_busy.eq(self.core.busy),
            self.core.start.eq(sequencer.start),
            self.core.result_free.eq(~streamer.pending),
            streamer.done.eq(self.core.done),
            counters.start.eq(self.core.start),
            counters.done.eq(self.core.done),
            counters.layer.eq(self.core.layer),
            counters.layer_done.eq(self.core.layer_done),
            counters.dropped.eq(loader.dropped),
            counters.read.eq(registers.layer_cycles.read),
            counters.index.eq(registers.layer_cycles.index),
            registers.layer_cycles.data.eq(counters.cycles_of_layer),
            registers.cycles.value.eq(counters.cycles),
            registers.images_done.value.eq(counters.images_done),
            registers.images_dropped.value.eq(counters.images_dropped),
        ]
        any_error = Cat(getattr(registers.error, name).value for name in errors_of(core)).any()
        cause, enable = registers.irq_status, registers.irq_enable
        m.d.comb += [
            *(getattr(registers.error, name).set.eq(pulse) for name, pulse in errors.items()),
            status.busy.eq(sequencer.busy),
            status.done.set.eq(self.core.done),
            status.image_ready.eq(loader.full),
            status.result_pending.eq(streamer.pending),
            status.error.eq(any_error),
            cause.done.eq(status.done.value),
            cause.error.eq(any_error),
        ]
        m.d.sync += self.irq.eq((cause.done & enable.done) | (cause.error & enable.error))
        return m

    def _add_parameters(
        self, m: Module, part: Any, registers: Any, loader: Any, sequencer: Any, errors: Any
    ) -> None:
        router = part("packet_router", PacketRouter)
        parameters = part(
            "parameter_loader", partial(ParameterLoader, self._core_signature.memories)
        )
        wiring.connect(m, wiring.flipped(self.s_axis), router.bytes_in)
        wiring.connect(m, router.images, loader.bytes_in)
        wiring.connect(m, router.parameters, parameters.bytes_in)
        m.d.comb += [
            router.request.eq(registers.control.load_parameters),
            router.flush.eq(registers.control.flush),
            parameters.flush.eq(registers.control.flush),
            parameters.hold.eq(sequencer.parameters_hold),
            sequencer.parameters_loaded.eq(parameters.loaded),
            sequencer.parameters_receiving.eq(parameters.receiving),
            self.core.parameter.valid.eq(parameters.valid),
            self.core.parameter.memory.eq(parameters.memory),
            self.core.parameter.address.eq(parameters.address),
            self.core.parameter.data.eq(parameters.data),
            registers.status.parameters_loaded.eq(parameters.loaded),
            registers.status.parameters_expected.eq(router.expected),
        ]
        errors["parameters_truncated"] = parameters.truncated
        errors["parameters_overlong"] = parameters.overlong

    def _add_trap(
        self, m: Module, part: Any, trap: TrapFormat, registers: Any, errors: dict[str, Any]
    ) -> None:
        recorder = part("trap_recorder", partial(TrapRecorder, trap))
        wiring.connect(m, wiring.flipped(self.core.trap), recorder.trap)
        recorded = recorder.recorded
        m.d.comb += [
            recorder.clear.eq(registers.control.flush),
            registers.trap.valid.eq(recorded.valid),
            registers.trap.source.eq(recorded.source),
            registers.trap.cause.eq(recorded.cause),
            registers.trap_pc.value.eq(recorded.address),
            registers.trap_value.value.eq(recorded.value),
        ]
        errors["core_trap"] = self.core.trap.valid


def _add_debug(m: Module, registers: Any, debug: Any) -> None:
    """Connect the registers of debugging to the core's port."""
    control, status, index = (
        getattr(registers, f"debug_{name}") for name in ("control", "status", "index")
    )
    m.d.comb += [
        debug.halt.eq(control.halt),
        debug.resume.eq(control.resume),
        debug.step.eq(control.step),
        debug.break_enable.eq(control.breakpoint),
        debug.source.eq(control.warp),
        debug.break_address.eq(registers.debug_break.value),
        status.halted.eq(debug.halted),
        status.still.eq(debug.still),
        status.ready.eq(debug.ready),
        status.ended.eq(debug.ended),
        debug.index.number.eq(index.number),
        debug.index.part.eq(index.part),
        debug.index.source.eq(index.warp),
        debug.index.kind.eq(index.kind),
        registers.debug_data.value.eq(debug.data),
    ]
