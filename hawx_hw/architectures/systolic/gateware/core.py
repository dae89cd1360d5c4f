"""The systolic core: the array, its memories, and the units that keep it busy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring

from hawx_hw.architectures.systolic.gateware import latencies
from hawx_hw.architectures.systolic.gateware.accumulator_readout import AccumulatorReadout
from hawx_hw.architectures.systolic.gateware.array_slice import ArraySlice
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions, select_fields
from hawx_hw.architectures.systolic.gateware.layer_sequencer import LayerSequencer
from hawx_hw.architectures.systolic.gateware.pe import ProcessingElement
from hawx_hw.architectures.systolic.gateware.post_processor import PostProcessor
from hawx_hw.architectures.systolic.gateware.row_feeder import RowFeeder
from hawx_hw.architectures.systolic.gateware.slice_blocks import slice_blocks
from hawx_hw.architectures.systolic.gateware.tile_issuer import TileIssuer
from hawx_hw.architectures.systolic.gateware.weight_loader import WeightLoader
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.flows import FlowSignature, delay_line
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.members import connect_members
from hawx_hw.gateware.memories import ParameterMemory, SimpleDualPortRam
from hawx_hw.gateware.parameter_memories import place_parameter_memories
from hawx_hw.gateware.write_trace import WriteTrace

__all__ = ["SystolicCore", "core_signature", "memory_words"]

# What the shell and the layer sequencer exchange.
_CONTROL = ("start", "busy", "done", "input_release", "result_free", "layer", "layer_done")


def core_signature(plan: Plan) -> CoreSignature:
    """The port of the core that runs ``plan``."""
    memories = Dimensions.of(plan).memories() if plan.array.loadable else []
    result = plan.layouts[plan.layers[-1].name]
    return CoreSignature(
        word_codes=plan.array.requantizers,
        image_shape=plan.input_shape,
        result_shape=plan.output_shape,
        result_positions=None if result.is_natural else tuple(result.positions.tolist()),
        layers=len(plan.steps),
        memories=[(width, depth) for _, width, depth in memories],
    )


def memory_words(plan: Plan) -> list[Sequence[int]]:
    """Contents of each parameter memory, in the order of ``Dimensions.memories``."""
    a = plan.array
    return [
        plan.program,
        plan.requantization,
        *([plan.tap_format.pack(tap) for tap in row] for row in plan.taps),
        *(plan.weight_bank(bank, slice_) for bank in range(a.banks) for slice_ in range(a.slices)),
    ]


@dataclass(frozen=True)
class _ParameterMemories:
    """The memories that inference only reads; ``weights`` by bank, then slice."""

    program: ParameterMemory
    requantization: ParameterMemory
    taps: Sequence[ParameterMemory]
    weights: Sequence[Sequence[ParameterMemory]]


class SystolicCore(wiring.Component):
    """Runs whole inferences of one network.

    ::

        program --> sequencer --> tile issuer --+--> row feeders (one activation memory each)
                        |                       |         | activations
                        +--> weight loader --> weight banks --> array slices --> accumulators
                                                                                     |
       activation memories, result <-- post-processor <-- sums, or codes <-- accumulator read-out

    **Latency**: that of :mod:`hawx_hw.architectures.systolic.cycles`, to the cycle; both take the
    times between the units' events from :mod:`.latencies`.

    Parameters
    ----------
    plan : Plan
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.
    """

    def __init__(self, plan: Plan, implementations: Mapping[str, str] | None = None):
        self._plan = plan
        self._implementations = dict(implementations or {})
        self._dimensions = Dimensions.of(plan)
        super().__init__(core_signature(plan))
        self._trace = WriteTrace(self.signature, self._dimensions.destination)

    @property
    def plan(self) -> Plan:
        """What the core runs."""
        return self._plan

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    @property
    def trace(self) -> WriteTrace:
        """Every word that a layer stores."""
        return self._trace

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d, zeros = self._dimensions, self._dimensions.widths.activation_zeros
        sequencer = place(
            m, platform, "sequencer", "hawx_layer_sequencer", partial(LayerSequencer, d)
        )
        issuer = place(m, platform, "issuer", "hawx_tile_issuer", partial(TileIssuer, d))
        loader = place(m, platform, "loader", "hawx_weight_loader", partial(WeightLoader, d))
        readout = place(
            m, platform, "readout", "hawx_accumulator_readout", partial(AccumulatorReadout, d)
        )
        post = place(m, platform, "post", "hawx_post_processor", partial(PostProcessor, d))
        memories = self._parameter_memories(m, platform)
        layer = sequencer.running.layer

        self._control(m, sequencer, issuer, loader, readout, memories.program)
        feeders, activations = self._feeders(m, platform, issuer, layer, memories.taps)
        slices = self._slices(m, platform, feeders, issuer)
        self._load_weights(m, loader, memories.weights, slices)
        filled = slices[-1].east.accumulate
        m.d.comb += readout.filled.eq(filled.valid & filled.payload.last)

        streamed = self._stream(m, issuer, sequencer)
        element, sums = self._read_sums(m, readout, slices)
        wiring.connect(m, post.constants, memories.requantization.read)
        m.d.comb += post.rule.eq(select_fields(layer, d.rule))
        with m.If(layer.stream):
            wiring.connect(m, streamed, post.element)
            m.d.comb += [
                value.eq(Mux(feeders[0].padding, layer.pad_code, code << zeros))
                for value, code in zip(post.values, feeders[0].read.data, strict=True)
            ]
        with m.Else():
            wiring.connect(m, element, post.element)
            m.d.comb += post.values.as_value().eq(sums)

        self._store(m, layer, post, activations)
        m.d.comb += sequencer.stored_end.eq(post.store.valid & post.store.payload.end)
        stored = post.store.payload
        self._trace.show(
            m,
            valid=post.store.valid,
            address=stored.address,
            data=stored.data,
            layer=sequencer.layer,
        )
        return m

    def _parameter_memories(self, m: Module, platform: Any) -> _ParameterMemories:
        """The memories of the program, of requantization, of taps, and of weights."""
        a = self._plan.array
        memories = place_parameter_memories(
            m,
            platform,
            self._dimensions.memories(),
            memory_words(self._plan),
            self.parameter if a.loadable else None,
        )
        program, requantization, *others = memories
        taps, banks = others[: a.rows], others[a.rows :]
        weights = [banks[first : first + a.slices] for first in range(0, len(banks), a.slices)]
        return _ParameterMemories(program, requantization, taps, weights)

    def _control(
        self,
        m: Module,
        sequencer: LayerSequencer,
        issuer: TileIssuer,
        loader: WeightLoader,
        readout: AccumulatorReadout,
        program: ParameterMemory,
    ) -> None:
        """Join the shell, the layer sequencer, and the units that a layer keeps busy."""
        connect_members(m, wiring.flipped(self), sequencer, _CONTROL)
        wiring.connect(m, sequencer.program, program.read)
        wiring.connect(m, sequencer.running, issuer.running, readout.running)
        wiring.connect(m, loader.tile, issuer.weights)
        wiring.connect(m, issuer.accumulators, readout.accumulators)
        m.d.comb += [
            loader.begin.eq(sequencer.offered & loader.idle),
            loader.layer.eq(sequencer.program.data),
            sequencer.taken.eq(loader.begin),
        ]

    def _feeders(
        self,
        m: Module,
        platform: Any,
        issuer: TileIssuer,
        layer: data.View,
        lists: Sequence[ParameterMemory],
    ) -> tuple[list[RowFeeder], list[SimpleDualPortRam]]:
        """A feeder for each row, with its list of taps and its copy of the activation memory."""
        d = self._dimensions
        feeders, copies = [], []
        fetch = issuer.fetch
        for number, taps in enumerate(lists):
            feeder = place(m, platform, f"row_{number}", "hawx_row_feeder", partial(RowFeeder, d))
            copy = place(
                m,
                platform,
                f"activations_{number}",
                "hawx_activations",
                partial(SimpleDualPortRam, d.word.size, d.arena),
            )
            wiring.connect(m, fetch, feeder.fetch)
            wiring.connect(m, feeder.taps, taps.read)
            wiring.connect(m, feeder.read, copy.read)
            m.d.comb += feeder.layer.eq(select_fields(layer, d.input_fields))
            # Only the first row serves a layer that streams.
            fetch = d.fetch.create(path=(f"fetch_{number + 1}",))
            m.d.comb += [
                fetch.valid.eq(feeder.fetch_out.valid & ~layer.stream),
                fetch.payload.eq(feeder.fetch_out.payload),
            ]
            feeders.append(feeder)
            copies.append(copy)
        return feeders, copies

    def _slices(
        self,
        m: Module,
        platform: Any,
        feeders: Sequence[RowFeeder],
        issuer: TileIssuer,
    ) -> list[ArraySlice]:
        """The array: what the feeders and the issuer send moves from slice to slice."""
        d = self._dimensions
        edge = d.edge.create(path=("edge",))
        accumulate = delay_line(
            m, issuer.accumulate, latencies.issue_to_accumulate(d.array), "accumulate"
        )
        wiring.connect(m, accumulate[-1], wiring.flipped(edge.accumulate))
        m.d.comb += [
            edge.activations.as_value().eq(Cat(feeder.activation for feeder in feeders)),
            edge.multiply.eq(Cat(feeder.multiply for feeder in feeders)),
            edge.add.eq(Cat(feeder.add for feeder in feeders)),
            edge.swap.eq(Cat(feeder.swap for feeder in feeders)),
        ]
        blocks = slice_blocks(self._plan)
        kinds = list(dict.fromkeys(blocks))
        slices: list[ArraySlice] = []
        for number, own in enumerate(blocks):
            part = place(
                m,
                platform,
                f"slice_{number}",
                f"hawx_array_slice_{kinds.index(own)}" if len(kinds) > 1 else "hawx_array_slice",
                partial(ArraySlice, d, own, self._implementations),
            )
            wiring.connect(m, edge, part.west)
            edge = part.east
            slices.append(part)
        return slices

    def _load_weights(
        self,
        m: Module,
        loader: WeightLoader,
        banks: Sequence[Sequence[ParameterMemory]],
        slices: Sequence[ArraySlice],
    ) -> None:
        """Weights move down the banks and along the slices at the pace of the pixels."""
        a = self._dimensions.array
        down, along = ProcessingElement.SUM_LATENCY, ArraySlice.LATENCY
        first = latencies.load_to_weights()
        last = first + (a.banks - 1) * a.bank_rows * down + (a.slices - 1) * along
        loads = delay_line(m, loader.load, last, "load")
        for number, part in enumerate(slices):
            m.d.comb += part.select.eq(loads[first + number * along].payload.select)
            for bank, memories in enumerate(banks):
                memory = memories[number]
                at = first + bank * a.bank_rows * down + number * along
                request, arrival = loads[at - ParameterMemory.LATENCY], loads[at]
                m.d.comb += [
                    memory.read.enable.eq(request.valid),
                    memory.read.address.eq(request.payload.address),
                    part.weights[bank].as_value().eq(memory.read.data),
                ]
                for beat, row in enumerate(range(a.rows)[bank * a.bank_rows :][: a.bank_rows]):
                    loads_row = arrival.valid & (arrival.payload.beat == beat)
                    m.d.comb += part.load[row].eq(loads_row)

    def _read_sums(
        self, m: Module, readout: AccumulatorReadout, slices: Sequence[ArraySlice]
    ) -> tuple[Any, Value]:
        """Read the sums of a pixel from a slice; returns the elements and their sums, as they come.

        The sums of a pixel hold at the slice's output while its groups are handed on.
        """
        d = self._dimensions
        read = FlowSignature(readout.slice.shape()).create(path=("read",))
        m.d.comb += [read.valid.eq(readout.read_enable), read.payload.eq(readout.slice)]
        for number, part in enumerate(slices):
            m.d.comb += [
                part.sums.enable.eq(readout.read_enable & (readout.slice == number)),
                part.sums.bank.eq(readout.bank),
                part.sums.index.eq(readout.index),
            ]
        # The payload of the last read stands still until the next one arrives.
        arrived = delay_line(m, read, ArraySlice.READ_LATENCY, "read")[-1]
        element = delay_line(m, readout.element, ArraySlice.READ_LATENCY, "read_out")[-1]
        words = Cat(part.sums.data.as_value() for part in slices)
        word = words.word_select(arrived.payload, d.sums.size * d.array.slice_groups)
        return element, word.word_select(element.payload.group, d.sums.size)

    def _stream(self, m: Module, issuer: TileIssuer, sequencer: LayerSequencer) -> Any:
        """Follow the codes of a layer that streams from their issue to the post-processor.

        Returns the elements whose codes arrive now.
        """
        running, layer = sequencer.running, sequencer.running.layer
        issued = self._dimensions.element.create(path=("issued",))
        address = Signal(self._dimensions.destination, name="stream_address")
        first = Signal(name="stream_begins")
        flags = issuer.element.payload
        m.d.comb += [
            issued.valid.eq(issuer.element.valid),
            issued.payload.window_first.eq(flags.window_first),
            issued.payload.window_last.eq(flags.window_last),
            issued.payload.end.eq(flags.end & flags.window_last),
            issued.payload.address.eq(address),
            issued.payload.reads_constants.eq(first | layer.per_element),
            issued.payload.constants.eq(
                layer.requantization + (layer.per_element & ~flags.window_first)
            ),
        ]
        with m.If(issued.valid):
            m.d.sync += first.eq(0)
            with m.If(flags.window_last):
                m.d.sync += address.eq(address + 1)
        with m.If(running.begin):
            m.d.sync += [address.eq(layer.destination), first.eq(1)]
        return delay_line(m, issued, latencies.issue_to_stream(), "streamed")[-1]

    def _store(
        self,
        m: Module,
        layer: data.View,
        post: PostProcessor,
        copies: Sequence[SimpleDualPortRam],
    ) -> None:
        """Store words in every copy of the activation memory; the next image fills the gaps."""
        store, zeros = post.store, self._dimensions.widths.activation_zeros
        keeps = store.valid & ~layer.to_result
        image = self.image
        m.d.comb += [
            image.ready.eq(~keeps),
            self.result.valid.eq(store.valid & layer.to_result),
            self.result.address.eq(store.payload.address),
            self.result.data.eq(store.payload.data),
        ]
        codes = Signal(self._dimensions.codes, name="stored")
        m.d.comb += codes.as_value().eq(
            Mux(keeps, store.payload.data.as_value(), image.payload.data)
        )
        for copy in copies:
            m.d.comb += [
                copy.write.enable.eq(keeps | image.valid),
                copy.write.address.eq(Mux(keeps, store.payload.address, image.payload.address)),
                # Without the low bits that nothing reads.
                copy.write.data.eq(Cat(code.as_unsigned()[zeros:] for code in codes)),
            ]
