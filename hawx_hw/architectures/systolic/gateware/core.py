"""The systolic core: the array, its memories, and the units that keep it busy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring

from hawx_hw.architectures.systolic.gateware.accumulator_readout import AccumulatorReadout
from hawx_hw.architectures.systolic.gateware.array_slice import ArraySlice
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.gateware.layer_sequencer import LayerSequencer
from hawx_hw.architectures.systolic.gateware.post_processor import PostProcessor
from hawx_hw.architectures.systolic.gateware.row_feeder import RowFeeder
from hawx_hw.architectures.systolic.gateware.slice_blocks import slice_blocks
from hawx_hw.architectures.systolic.gateware.tile_issuer import TileIssuer
from hawx_hw.architectures.systolic.gateware.weight_loader import WeightLoader
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.memories import ParameterMemory, SimpleDualPortRam

__all__ = ["SystolicCore", "core_signature", "memory_words"]


def core_signature(plan: Plan) -> CoreSignature:
    """The port of the core that runs ``plan``."""
    memories = Dimensions.of(plan).memories() if plan.array.loadable else []
    result = plan.layouts[plan.layers[-1].name]
    return CoreSignature(
        lanes=plan.array.requantizers,
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


class SystolicCore(wiring.Component):
    """Runs whole inferences of one network.

    ::

        program --> sequencer --> tile issuer --+--> row feeders (one activation memory each)
                        |                       |         | activations
                        +--> weight loader --> weight banks --> array slices --> accumulators
                                                                                     |
             activation memories, result <-- post-processor <-- sums, or codes <-- drain

    **Latency**: that of :mod:`hawx_hw.architectures.systolic.cycles`, to the cycle.

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
        # Not ports, but names for waveforms and testbenches: every word that a layer stores.
        self.trace_store_valid = Signal()
        self.trace_store_address = Signal(self._dimensions.destination)
        self.trace_store_data = Signal(8 * plan.array.requantizers)
        self.trace_layer = Signal(self.layer.shape())

    @property
    def plan(self) -> Plan:
        """What the core runs."""
        return self._plan

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d = self._dimensions

        sequencer = place(
            m, platform, "sequencer", "hawx_layer_sequencer", lambda: LayerSequencer(d)
        )
        issuer = place(m, platform, "issuer", "hawx_tile_issuer", lambda: TileIssuer(d))
        loader = place(m, platform, "loader", "hawx_weight_loader", lambda: WeightLoader(d))
        drain = place(
            m, platform, "drain", "hawx_accumulator_readout", lambda: AccumulatorReadout(d)
        )
        post = place(m, platform, "post", "hawx_post_processor", lambda: PostProcessor(d))
        layer = sequencer.present
        store = post.store

        memories = self._parameter_memories(m, platform)
        program, constants = memories[0], memories[1]
        lists = memories[2 : 2 + d.array.rows]
        banks = memories[2 + d.array.rows :]

        m.d.comb += [
            sequencer.start.eq(self.start),
            sequencer.result_free.eq(self.result_free),
            sequencer.read_data.as_value().eq(program.read_data),
            sequencer.stored_end.eq(store.valid & store.end),
            program.read_enable.eq(sequencer.read_enable),
            program.read_address.eq(sequencer.read_address),
            self.busy.eq(sequencer.busy),
            self.done.eq(sequencer.done),
            self.input_release.eq(sequencer.input_release),
            self.layer.eq(sequencer.layer),
            self.layer_done.eq(sequencer.layer_done),
        ]
        m.d.comb += [
            loader.begin.eq(sequencer.preload & loader.idle),
            sequencer.preloaded.eq(loader.begin),
            loader.layer.eq(sequencer.read_data),
            loader.taken.eq(issuer.weights_taken),
            issuer.layer.eq(layer),
            issuer.begin.eq(sequencer.begin),
            issuer.weights_ready.eq(loader.ready),
            issuer.bank_free.eq(drain.bank_free.bit_select(issuer.bank, 1)),
            drain.layer.eq(layer),
            drain.begin.eq(sequencer.begin),
            drain.output_tile_begins.eq(issuer.output_tile_begins),
            drain.output_tile_begins_bank.eq(issuer.bank),
        ]

        rows, copies = self._rows(m, platform, issuer, layer, lists)
        slices = self._slices(m, platform, rows, issuer, loader, layer, banks)
        filled = slices[-1].accumulate_out
        m.d.comb += drain.filled.eq(filled.valid & filled.last)

        self._feed_post_processor(
            m, issuer, drain, layer, rows[0], copies[0], slices, constants, post
        )
        self._store(m, layer, store, copies)

        m.d.comb += [
            self.trace_store_valid.eq(store.valid),
            self.trace_store_address.eq(store.address),
            self.trace_store_data.eq(store.data),
            self.trace_layer.eq(sequencer.layer),
        ]
        return m

    def _parameter_memories(self, m: Module, platform: Any) -> list[Any]:
        """Program, requantization, and the weight banks (all slices of a bank together)."""
        a = self._plan.array
        contents = memory_words(self._plan)
        memories = []
        for index, (name, width, depth) in enumerate(self._dimensions.memories()):
            words = None if a.loadable else contents[index]
            # Loaded banks are all alike; built-in ones differ by their contents.
            kind = name.split("_")[0] if a.loadable else name
            memory = place(
                m,
                platform,
                name,
                f"hawx_{kind}",
                partial(ParameterMemory, width, depth, init=words, init_file=f"{name}.hex"),
            )
            if a.loadable:
                m.d.comb += [
                    memory.write_enable.eq(self.parameter.valid & (self.parameter.memory == index)),
                    memory.write_address.eq(self.parameter.address),
                    memory.write_data.eq(self.parameter.data),
                ]
            memories.append(memory)
        return memories

    def _rows(
        self, m: Module, platform: Any, issuer: Any, layer: Any, lists: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """The row feeders with their lists of taps and copies of the activation memory."""
        d = self._dimensions
        rows, copies = [], []
        fetch: Any = issuer.fetch
        for number in range(d.array.rows):
            row = place(m, platform, f"row_{number}", "hawx_row_feeder", lambda: RowFeeder(d))
            copy = place(
                m,
                platform,
                f"activations_{number}",
                "hawx_activations",
                lambda: SimpleDualPortRam(d.word.size, d.arena),
            )
            m.d.comb += [
                row.fetch.eq(fetch),
                row.width.eq(layer.width),
                row.height.eq(layer.height),
                row.stream.eq(layer.stream),
                row.pad_code.eq(layer.pad_code),
                lists[number].read_enable.eq(row.tap_enable),
                lists[number].read_address.eq(row.tap_address),
                row.tap.as_value().eq(lists[number].read_data),
                copy.read_enable.eq(row.read_enable),
                copy.read_address.eq(row.read_address),
                row.read_data.as_value().eq(copy.read_data),
            ]
            # Only the first row serves a layer that streams.
            fetch = Signal(d.fetch, name=f"fetch_{number + 1}")
            m.d.comb += [
                fetch.eq(row.fetch_out),
                fetch.valid.eq(row.fetch_out.valid & ~layer.stream),
            ]
            rows.append(row)
            copies.append(copy)
        return rows, copies

    def _slices(
        self,
        m: Module,
        platform: Any,
        rows: list[Any],
        issuer: Any,
        loader: Any,
        layer: Any,
        banks: list[Any],
    ) -> list[Any]:
        """The array; weights, pixels and their accumulators arrive at each PE at the same pace."""
        d = self._dimensions
        a = d.array
        # A pixel takes rows + 3 cycles from its issue to the cycle before its sums leave the array,
        # and one more where a register follows the blocks.
        accumulate: Any = issuer.accumulate
        for number in range(a.rows + 3 + a.block_register):
            accumulate = _delayed(m, accumulate, d.accumulate, f"accumulate_{number}")
        # A row's weight is loaded in the cycle in which its pixel could swap it in, at the
        # earliest.
        loads: list[Any] = [loader.load]
        for number in range(2 + (a.banks - 1) * a.bank_rows + a.slices):
            loads.append(_delayed(m, loads[-1], d.load, f"load_{number}"))

        activations = Cat(row.activation for row in rows)
        swap = Cat(row.swap for row in rows)
        blocks = slice_blocks(self._plan)
        kinds = list(dict.fromkeys(blocks))
        slices: list[Any] = []
        for number in range(a.slices):
            kind = kinds.index(blocks[number])
            part = place(
                m,
                platform,
                f"slice_{number}",
                f"hawx_array_slice_{kind}" if len(kinds) > 1 else "hawx_array_slice",
                partial(ArraySlice, d, blocks[number], self._implementations),
            )
            m.d.comb += [
                part.select.eq(layer.select),
                part.activations.as_value().eq(activations),
                part.swap.eq(swap),
                part.accumulate.eq(accumulate),
            ]
            activations, swap = part.activations_out.as_value(), part.swap_out
            accumulate = part.accumulate_out
            for bank in range(a.banks):
                memory = banks[bank * a.slices + number]
                request = loads[2 + bank * a.bank_rows + number]
                arrival = loads[3 + bank * a.bank_rows + number]
                m.d.comb += [
                    memory.read_enable.eq(request.valid),
                    memory.read_address.eq(request.address),
                    part.weights[bank].as_value().eq(memory.read_data),
                ]
                for beat in range(a.bank_rows):
                    row = bank * a.bank_rows + beat
                    if row < a.rows:
                        m.d.comb += part.load[row].eq(arrival.valid & (arrival.beat == beat))
            slices.append(part)
        return slices

    def _feed_post_processor(
        self,
        m: Module,
        issuer: Any,
        drain: Any,
        layer: Any,
        row: Any,
        copy: Any,
        slices: list[Any],
        constants: Any,
        post: Any,
    ) -> None:
        """Sums that the drain reads, or codes that the first row reads, with their constants."""
        d = self._dimensions
        a = d.array
        # A layer that streams: codes arrive three cycles after their issue.
        issued = Signal(d.element, name="issued")
        stream_address = Signal(d.destination)
        m.d.comb += [
            issued.valid.eq(issuer.element.valid),
            issued.window_first.eq(issuer.element.window_first),
            issued.window_last.eq(issuer.element.window_last),
            issued.end.eq(issuer.element.end & issuer.element.window_last),
            issued.address.eq(stream_address),
        ]
        with m.If(issued.valid & issued.window_last):
            m.d.sync += stream_address.eq(stream_address + 1)
        with m.If(drain.begin):
            m.d.sync += stream_address.eq(layer.destination)
        addressed = _delayed(m, issued, d.element, "streamed_0")
        reading = _delayed(m, addressed, d.element, "streamed_1")
        streamed = _delayed(m, reading, d.element, "streamed_2")

        drained = _delayed(m, drain.element, d.element, "drained")
        group = Signal(drain.group.shape())
        with m.If(drain.read_enable):
            m.d.sync += group.eq(drain.group)
        for part, number in zip(slices, range(a.slices), strict=True):
            first = number * (a.groups // a.slices)
            mine = (drain.group >= first) & (drain.group < first + a.groups // a.slices)
            m.d.comb += [
                part.drain_enable.eq(drain.read_enable & mine),
                part.drain_bank.eq(drain.bank),
                part.drain_index.eq(drain.index),
            ]
        sums = Cat(part.drain_sums.as_value() for part in slices)

        m.d.comb += [
            constants.read_enable.eq(drain.constants_enable | reading.valid),
            constants.read_address.eq(
                Mux(
                    layer.stream,
                    layer.requantization + (layer.per_element & ~reading.window_first),
                    drain.constants_address,
                )
            ),
            post.constants.as_value().eq(constants.read_data),
            post.reduce.eq(layer.reduce),
            post.shift.eq(layer.shift),
            post.low.eq(layer.low),
            post.high.eq(layer.high),
            post.step.eq(layer.step),
        ]
        with m.If(layer.stream):
            m.d.comb += post.element.eq(streamed)
            for lane in range(a.requantizers):
                m.d.comb += post.values[lane].eq(
                    Mux(row.padding, layer.pad_code, row.read_data[lane])
                )
        with m.Else():
            m.d.comb += [
                post.element.eq(drained),
                post.values.as_value().eq(sums.word_select(group, d.sums.size)),
            ]

    def _store(self, m: Module, layer: Any, store: Any, copies: list[Any]) -> None:
        """Finished words go to every copy of the activation memory; the next image fills the
        gaps."""
        keeps = store.valid & ~layer.to_result
        image = self.image
        m.d.comb += [
            image.ready.eq(~keeps),
            self.result.valid.eq(store.valid & layer.to_result),
            self.result.address.eq(store.address),
            self.result.data.eq(store.data),
        ]
        for copy in copies:
            m.d.comb += [
                copy.write_enable.eq(keeps | image.valid),
                copy.write_address.eq(Mux(keeps, store.address, image.payload.address)),
                copy.write_data.eq(Mux(keeps, store.data.as_value(), image.payload.data)),
            ]


def _delayed(m: Module, source: Any, shape: Any, name: str) -> Any:
    """``source`` a cycle later; what is not valid does not toggle."""
    target = Signal(shape, name=name)
    m.d.sync += target.valid.eq(source.valid)
    with m.If(source.valid):
        m.d.sync += target.eq(source)
    return target
