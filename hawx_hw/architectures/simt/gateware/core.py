"""The SIMT core: the front end, its two engines, and their memories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import connect

from hawx_hw.architectures.base import ParameterMemory as Contents
from hawx_hw.architectures.simt.gateware.debug_counters import DebugCounters
from hawx_hw.architectures.simt.gateware.debug_ports import FRONT_EVENTS, KINDS, debug_format
from hawx_hw.architectures.simt.gateware.front_end import FrontEnd
from hawx_hw.architectures.simt.gateware.multiply_engine import MultiplyEngine
from hawx_hw.architectures.simt.gateware.names import (
    ACTIVATIONS,
    DEBUG_COUNTERS,
    FRONT_END,
    MULTIPLY_ENGINE,
    POST_ENGINE,
    REGISTER_FILE,
    WEIGHT_BANKS,
)
from hawx_hw.architectures.simt.gateware.post_engine import PostEngine
from hawx_hw.architectures.simt.gateware.register_file import RegisterFile
from hawx_hw.architectures.simt.gateware.weight_banks import WeightBanks
from hawx_hw.architectures.simt.isa import PC_BITS
from hawx_hw.architectures.simt.memories import parameter_memories
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.traps import CAUSES
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.debug import COMMANDS, STATES
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.members import connect_members
from hawx_hw.gateware.memories import ParameterMemory, SimpleDualPortRam
from hawx_hw.gateware.parameter_memories import place_parameter_memories
from hawx_hw.gateware.trap import TrapFormat
from hawx_hw.gateware.write_trace import WriteTrace

__all__ = ["SimtCore", "program_signature", "trap_format"]

# What the shell and the front end exchange.
_CONTROL = (
    "start",
    "busy",
    "done",
    "input_release",
    "result_free",
    "watchdog",
    "layer",
    "layer_done",
)


def trap_format(unit: Unit) -> TrapFormat:
    """What a unit reports when it stops."""
    causes = {"NONE": "no trap"} | {cause.name: what for cause, (what, _) in CAUSES.items()}
    return TrapFormat(causes, sources=unit.warps, address_bits=PC_BITS, value_bits=32)


def program_signature(
    program: Program,
    *,
    banks: int = 1,
    loadable: bool = False,
    image_words: int | None = None,
    debug: bool = False,
) -> CoreSignature:
    """The port of the core of a program that belongs to no network.

    Its image is the first words of the activation memory, its result the result memory, and it has
    a single layer for all numbers of barriers.

    Parameters
    ----------
    program : Program
    banks : int
        Memories that the weights are parted into.
    loadable : bool
        Whether the parameters are loaded at run time.
    image_words : int or None
        All of the activation memory where it is left out.
    debug : bool
        Whether it can be halted, stepped and read.
    """
    unit = program.unit
    words = unit.activation_words if image_words is None else image_words
    memories = parameter_memories(program, banks)
    return CoreSignature(
        word_codes=unit.word,
        image_shape=(words * unit.word,),
        result_shape=(unit.result_words * unit.word,),
        layers=1,
        memories=[(each.width, each.depth) for each in memories] if loadable else [],
        trap=trap_format(unit),
        debug=debug_format(unit) if debug else None,
    )


class SimtCore(wiring.Component):
    """Runs a program: whole inferences of a network, or what somebody wrote by hand.

    ::

        program, arguments --> front end --+-- requests --> multiply engine <-- streams, weights
                                           |                  |         ^
                                           |        registers <         activation memory <-- image
                                           |                  v         |
                                           +-- requests --> post engine +--> result
                                                              ^
                                                              stores, requantization

    **Latency**: that of :mod:`hawx_hw.architectures.simt.simulator`, to the cycle: its cycle 0 is
    the one after ``start``.

    Parameters
    ----------
    program : Program
    signature : CoreSignature
        Of the network, or :func:`program_signature`; its parameters are loaded where it is
        loadable.
    banks : int
        Memories that the weights are parted into, a power of two.
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.
    """

    def __init__(
        self,
        program: Program,
        signature: CoreSignature,
        *,
        banks: int = 1,
        implementations: Mapping[str, str] | None = None,
    ):
        self._program, self._banks = program, banks
        self._implementations = dict(implementations or {})
        super().__init__(signature)
        unit = program.unit
        depth = max(unit.activation_words, unit.result_words)
        self._trace = WriteTrace(signature, range(depth))

    @property
    def program(self) -> Program:
        """What the core runs."""
        return self._program

    @property
    def trace(self) -> WriteTrace:
        """Every word that is stored."""
        return self._trace

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        program, unit = self._program, self._program.unit
        contents = parameter_memories(program, self._banks)
        depths = {each.name: each.depth for each in contents}
        bank = depths["weights" if self._banks == 1 else "weights_0"]
        front: Any = place(m, platform, "front_end", FRONT_END, partial(
            FrontEnd,
            unit,
            code=depths["program"],
            arguments=len(program.arguments) // unit.warps,
            streams=len(program.streams),
            stores=len(program.stores),
            layers=self.signature.layers,
            debug=self.signature.debug is not None,
        ))  # fmt: skip
        multiply: Any = place(m, platform, "multiply_engine", MULTIPLY_ENGINE, partial(
            MultiplyEngine,
            unit,
            program.stream_format,
            program.lanes,
            streams=depths["streams"],
            weights=bank * self._banks,
            known=len(program.weights),
            implementations=self._implementations,
        ))  # fmt: skip
        post: Any = place(m, platform, "post_engine", POST_ENGINE, partial(
            PostEngine,
            unit,
            program.store_format,
            stores=depths["stores"],
            constants=depths["requantization"],
            known=len(program.constants),
        ))  # fmt: skip
        self._control(m, front, multiply, post)
        file = self._registers(m, platform, front, multiply, post)
        self._parameters(m, platform, contents, front, multiply, post)
        self._memory(m, platform, multiply, post)
        self._show(m, front, post)
        if self.signature.debug is not None:
            self._debug(m, platform, front, multiply, file)
        return m

    def _control(self, m: Module, front: Any, multiply: Any, post: Any) -> None:
        """Join the shell, the front end and the engines."""
        connect_members(m, wiring.flipped(self), front, _CONTROL)
        connect(m, front.multiply, multiply.request)
        connect(m, front.post, post.request)
        connect(m, multiply.report, front.multiplied)
        connect(m, post.report, front.posted)
        trap, report = self.trap, front.trap
        m.d.comb += [
            post.claimed.eq(front.claimed),
            trap.valid.eq(report.valid),
            trap.cause.eq(report.cause),
            trap.source.eq(report.warp),
            trap.address.eq(report.address),
            trap.value.eq(report.value),
        ]

    def _registers(self, m: Module, platform: Any, front: Any, multiply: Any, post: Any) -> Any:
        """Who reads and writes the vector registers."""
        unit = self._program.unit
        readers, writers = [multiply.reads], [multiply.writes]
        if unit.vectors:
            readers += [front.operands, front.targets]
            writers.append(front.writes)
        if self.signature.debug is not None:
            readers.append(front.inspected)
        file: Any = place(
            m,
            platform,
            "registers",
            REGISTER_FILE,
            partial(RegisterFile, unit, readers=len(readers), writers=len(writers)),
        )
        for user, port in zip([*readers, *writers], [*file.reads, *file.writes], strict=True):
            connect(m, user, port)
        connect(m, post.reads, file.lanes)
        return file

    def _parameters(
        self,
        m: Module,
        platform: Any,
        contents: Sequence[Contents],
        front: Any,
        multiply: Any,
        post: Any,
    ) -> None:
        """The memories that are only read."""
        placed: Sequence[ParameterMemory] = place_parameter_memories(
            m,
            platform,
            [(each.name, each.width, each.depth) for each in contents],
            [each.words for each in contents],
            self.parameter if self.signature.loadable else None,
        )
        program, arguments, streams, stores, *weights, constants = placed
        connect(m, front.program, program.read)
        connect(m, front.arguments, arguments.read)
        connect(m, multiply.streams, streams.read)
        connect(m, post.stores, stores.read)
        connect(m, post.constants, constants.read)
        if self._banks == 1:
            connect(m, multiply.weights, weights[0].read)
            return
        depth = contents[-2].depth
        banks: Any = place(
            m,
            platform,
            "weight_banks",
            WEIGHT_BANKS,
            partial(WeightBanks, self._program.unit, depth, self._banks),
        )
        connect(m, multiply.weights, banks.read)
        for bank, memory in zip(banks.banks, weights, strict=True):
            connect(m, bank, memory.read)

    def _memory(self, m: Module, platform: Any, multiply: Any, post: Any) -> None:
        """The activation memory: the next image fills the gaps between words that are stored."""
        unit = self._program.unit
        memory: Any = place(
            m,
            platform,
            "activations",
            ACTIVATIONS,
            partial(SimpleDualPortRam, 8 * unit.word, unit.activation_words),
        )
        connect(m, multiply.activations, memory.read)
        stored, image = post.activations, self.image
        m.d.comb += [
            image.ready.eq(~stored.enable),
            memory.write.enable.eq(stored.enable | image.valid),
            memory.write.address.eq(Mux(stored.enable, stored.address, image.payload.address)),
            memory.write.data.eq(Mux(stored.enable, stored.data, image.payload.data)),
            self.result.valid.eq(post.result.enable),
            self.result.address.eq(post.result.address),
            self.result.data.eq(post.result.data),
        ]

    def _show(self, m: Module, front: Any, post: Any) -> None:
        """The write trace."""
        result = post.result.enable
        self._trace.show(
            m,
            valid=result | post.activations.enable,
            address=Mux(result, post.result.address, post.activations.address),
            data=post.result.data,
            layer=front.layer,
        )

    def _debug(self, m: Module, platform: Any, front: Any, multiply: Any, file: Any) -> None:
        """What software sees beside the front end: counters."""
        part = partial(DebugCounters, self._program.unit)
        counters: Any = place(m, platform, "debug_counters", DEBUG_COUNTERS, part)
        port, own = self.debug, front.debug
        came = Signal(name="run_word_came")
        m.d.sync += came.eq(multiply.run_word)
        m.d.comb += [
            *(getattr(own, name).eq(getattr(port, name)) for name in COMMANDS),
            *(getattr(port, name).eq(getattr(own, name)) for name in STATES),
            port.data.eq(own.data | counters.value),
            counters.clear.eq(self.start),
            counters.select.eq(port.index.kind == list(KINDS).index("counter")),
            counters.number.eq(port.index.number),
            *(counters.events[name].eq(front.events[name]) for name in FRONT_EVENTS),
            counters.events.cycles.eq(front.busy),
            counters.events.activation_reads.eq(multiply.activations.enable),
            counters.events.window_hits.eq(came & ~multiply.activations.enable),
            counters.events.weight_reads.eq(multiply.weights.enable),
            counters.events.register_reads.eq(
                sum((user.enable for user in file.reads[:-1]), file.lanes.enable)
            ),
            counters.events.register_writes.eq(sum(user.enable for user in file.writes)),
        ]
