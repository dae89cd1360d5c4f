"""Everything that a systolic accelerator for one network is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.architectures.base import LayerWrites, MemoryUse, Multiplications, ParameterMemory
from hawx_hw.architectures.common.arena import Arena, allocate
from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.memory_limits import MemoryNeed, check_memories
from hawx_hw.architectures.common.multiplications import multiplications
from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.architectures.common.records import WordFormat
from hawx_hw.architectures.common.requantization import Ranges
from hawx_hw.architectures.systolic.layouts import Layouts, lay_out
from hawx_hw.architectures.systolic.lowering import Offsets, Tiles, lower
from hawx_hw.architectures.systolic.parameters import (
    array_ranges,
    requantization_words,
    weight_tiles,
)
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step, program_format
from hawx_hw.architectures.systolic.taps import Tap, TapFormat, stream_taps, taps
from hawx_hw.architectures.systolic.tiling import output_tile_windows
from hawx_hw.architectures.systolic.widths import Widths, widths
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.gateware.register_map import RegisterConstant
from hawx_hw.graph.graph import Graph

if TYPE_CHECKING:
    from amaranth.lib.wiring import Component

    from hawx_hw.architectures.base import CycleReport, OperandStream
    from hawx_hw.architectures.drawing import Drawing
    from hawx_hw.architectures.timeline import Timeline
    from hawx_hw.blocks.block import Block
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.gateware.core_interface import CoreSignature
    from hawx_hw.technology import Technology

__all__ = ["Plan", "plan"]


@dataclass(frozen=True, eq=False)
class Plan:
    """A network on an array.

    Parameters
    ----------
    graph : Graph
    array : ArrayShape
    assignment : Assignment
        The blocks of the graph's nodes.
    layers : tuple of Operation
    steps : tuple of Step
        The program, one step a layer.
    arena : Arena
    ranges : Ranges
    widths : Widths
    weights : ndarray of int8
        ``(words, banks, columns)``: word ``i`` of every bank at once; row
        ``bank * bank_rows + beat`` of a tile is word ``tile * bank_rows + beat`` of its bank.
    requantization : tuple of int
        Words of the requantization memory.
    taps : tuple of tuple of Tap
        The list of each row.
    pe_blocks : PeBlockMap
        The blocks of each PE.
    layouts : dict of str to Layout
        Where the channels of each stored tensor lie.
    placements : dict of str to Placement
        Of each layer of the array, by the tensor that it stores.
    selections : tuple of ndarray of int64
        ``(rows, columns)``: the block that each PE uses, by the steps' ``select``.
    """

    graph: Graph
    array: ArrayShape
    assignment: Assignment
    layers: tuple[Operation, ...]
    steps: tuple[Step, ...]
    arena: Arena
    ranges: Ranges
    widths: Widths
    weights: np.ndarray
    requantization: tuple[int, ...]
    taps: tuple[tuple[Tap, ...], ...]
    pe_blocks: PeBlockMap
    layouts: dict[str, Layout]
    placements: dict[str, Placement]
    selections: tuple[np.ndarray, ...]

    @cached_property
    def tap_format(self) -> TapFormat:
        """The format of the lists' words."""
        return TapFormat.of(self.taps)

    @cached_property
    def format(self) -> WordFormat:
        """The format of the program's words."""
        return program_format(self.steps)

    @cached_property
    def program(self) -> tuple[int, ...]:
        """The words of the program memory."""
        return tuple(self.format.pack(step) for step in self.steps)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the network's input."""
        return self.graph.tensors[self.graph.input].shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the network's output."""
        return self.graph.tensors[self.graph.output].shape

    @property
    def activation_bytes(self) -> int:
        """Bytes of the activation memories, all copies together, each word rounded up to bytes."""
        word = self.array.requantizers * self.widths.activation_bits
        return self.arena.depth * -(-word // 8) * self.array.rows

    @property
    def parameter_bytes(self) -> int:
        """Bytes of all parameter memories, each word rounded up to bytes."""
        from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions

        memories = Dimensions.of(self).memories()
        return sum(-(-width // 8) * depth for _, width, depth in memories)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks that some PE holds."""
        return self.pe_blocks.blocks

    @property
    def instances(self) -> tuple[int, ...]:
        """How many PEs hold each block."""
        return self.pe_blocks.instances

    @property
    def multipliers(self) -> int:
        """Number of PEs."""
        return self.array.multipliers

    @property
    def loadable(self) -> bool:
        """Whether the parameters are loaded at run time, or built in."""
        return self.array.loadable

    def signature(self) -> CoreSignature:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.gateware.core import core_signature

        return core_signature(self)

    def core(self, implementations: Mapping[str, str]) -> Component:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.gateware.core import SystolicCore

        return SystolicCore(self, implementations)

    def memories(self) -> Sequence[ParameterMemory]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.gateware.core import memory_words
        from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions

        steps = list(zip(self.steps, self.layers, strict=True))
        layers = {
            "program": [(i, layer.title) for i, (_, layer) in enumerate(steps)],
            "requantization": [(step.requantization, layer.title) for step, layer in steps],
            "taps": [(step.taps, layer.title) for step, layer in steps],
            "weights": [(step.weights, layer.title) for step, layer in steps if not step.stream],
        }
        return [
            ParameterMemory(name, width, depth, words, layers[name.split("_")[0]])
            for (name, width, depth), words in zip(
                Dimensions.of(self).memories(), memory_words(self), strict=True
            )
        ]

    def cycles(self) -> CycleReport:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.cycles import count_cycles

        return count_cycles(self)

    def accesses(self) -> Sequence[MemoryUse]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.accesses import memory_uses

        return memory_uses(self)

    def write_trace(self, tensors: Mapping[str, np.ndarray]) -> Sequence[LayerWrites]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.write_trace import write_trace

        return write_trace(self, tensors)

    def multiplications(self) -> Sequence[Multiplications]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        return multiplications(self.layers)

    @property
    def operand_layers(self) -> Mapping[str, str]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.operands import layers_of

        return {name: layer.node.name for name, layer in layers_of(self).items()}

    def operands(self, layer: str, values: Mapping[str, np.ndarray], limit: int) -> OperandStream:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.operands import operand_stream

        return operand_stream(self, layer, values, limit)

    def constants(self) -> Sequence[RegisterConstant]:
        """Rows and columns; see :class:`~hawx_hw.architectures.base.Plan`."""
        return (
            RegisterConstant("rows", self.array.rows, "Rows of the array."),
            RegisterConstant("columns", self.array.columns, "Columns of the array."),
        )

    def features(
        self,
        technology: Technology,
        blocks: BlockTable,
        *,
        implementation: str = "smallest",
        clock_mhz: float | None = None,
        clock_gating: bool = True,
    ) -> Mapping[str, float]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.features import features

        return features(
            self,
            technology,
            blocks,
            objective=implementation,
            clock_mhz=clock_mhz,
            clock_gating=clock_gating,
        )

    def part_of(self, module: str) -> str | None:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.parts import part_of

        return part_of(module)

    def kind_of(self, module: str) -> str:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.parts import kind_of

        return kind_of(module)

    def drawing(self) -> Drawing:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.drawing import draw

        return draw(self)

    def timeline(self, layer: int) -> Timeline:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.timeline import layer_timeline

        return layer_timeline(self, layer)

    def describe(self) -> Mapping[str, Any]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.systolic.description import describe

        return describe(self)

    def weight_bank(self, bank: int, slice_: int) -> list[int]:
        """Words of one weight bank, the slice's first column in the low bits."""
        width, bits = self.array.slice_columns, self.widths.weight_bits
        columns = self.weights[:, bank, slice_ * width : (slice_ + 1) * width]
        stored = (columns.astype(np.int64) >> self.widths.weight_zeros) & ((1 << bits) - 1)
        return [
            sum(code << (bits * number) for number, code in enumerate(word))
            for word in stored.tolist()
        ]


def plan(
    graph: Graph,
    array: ArrayShape,
    assignment: Assignment | None = None,
    pe_blocks: PeBlockMap | None = None,
) -> Plan:
    """Map ``graph`` onto ``array``.

    Parameters
    ----------
    graph : Graph
    array : ArrayShape
    assignment : Assignment or None
        The blocks of convolutions and linear layers; what is left out is exact.
    pe_blocks : PeBlockMap or None
        The blocks of each PE; derived from the assignment if left out.

    Raises
    ------
    UserError
        Where the accelerator cannot run a node of the graph, or the PEs not serve the assignment.
    """
    layers = operations(graph, window_limit=array.accumulators, assignment=assignment)
    shape = layers[0].input_shape
    places = lay_out(
        layers,
        graph.input,
        shape[0],
        rows=array.rows,
        columns=array.columns,
        pe_blocks=pe_blocks,
    )
    arena = allocate(layers, graph.input, shape, array.requantizers, places.tensors)
    narrow = widths(layers, graph.input, places.placements, places.pe_blocks)
    zeros = narrow.sum_zeros
    bits = array_ranges(layers, places.placements, places.pe_blocks, zeros)
    reads_input = [i for i, layer in enumerate(layers) if graph.input in layer.sources]

    offsets = Offsets()
    steps: list[Step] = []
    weights: list[np.ndarray] = []
    words: list[int] = []
    lists: list[list[Tap]] = [[] for _ in range(array.rows)]
    selections: dict[bytes, np.ndarray] = {}
    for index, layer in enumerate(layers):
        placement = places.placements.get(layer.name)
        tiles = Tiles.of(placement, places.tensors[layer.sources[0]], array.requantizers)
        if placement is not None:
            selections.setdefault(placement.active.tobytes(), placement.active)
        select = 0 if placement is None else list(selections).index(placement.active.tobytes())
        steps.append(
            lower(
                graph,
                layer,
                array,
                arena,
                offsets,
                tiles,
                output_tile_windows=output_tile_windows(layer, array, tiles),
                select=select,
                sum_zeros=zeros,
                releases_input=index == max(reads_input),
                last=index == len(layers) - 1,
            )
        )
        words += requantization_words(layer, placement, places.pe_blocks, array, bits, zeros)
        for row, entries in zip(lists, _taps(layer, places, array), strict=True):
            row += entries
        if placement is not None:
            weights.append(_bank_words(weight_tiles(layer, placement), array))
        offsets = Offsets(sum(map(len, weights)), len(words), len(lists[0]))
    result = Plan(
        graph=graph,
        array=array,
        assignment=dict(assignment or {}),
        layers=tuple(layers),
        steps=tuple(steps),
        arena=arena,
        ranges=bits,
        widths=narrow,
        weights=_joined(weights, array),
        requantization=tuple(words),
        taps=tuple(tuple(row) for row in lists),
        pe_blocks=places.pe_blocks,
        layouts=places.tensors,
        placements=places.placements,
        selections=tuple(selections.values()) or (np.argmax(places.pe_blocks.present, axis=2),),
    )
    check_memories(
        array,
        (
            MemoryNeed(
                f"activations ({array.rows} copies, one a row)",
                "activation_kib",
                result.activation_bytes,
                "use fewer rows, or a smaller network",
            ),
            MemoryNeed("parameters", "parameter_kib", result.parameter_bytes),
        ),
    )
    return result


def _taps(layer: Operation, places: Layouts, array: ArrayShape) -> list[list[Tap]]:
    source = places.tensors[layer.sources[0]]
    placement = places.placements.get(layer.name)
    if placement is None:
        return stream_taps(layer, source, array.rows, array.requantizers)
    return taps(layer, placement, source, array.requantizers)


def _bank_words(tiles: np.ndarray, array: ArrayShape) -> np.ndarray:
    """``(filter tiles, tap tiles, rows, columns)`` as ``(words, banks, columns)``."""
    banks, beats = array.banks, array.bank_rows
    missing = banks * beats - array.rows
    padded = np.pad(tiles, ((0, 0), (0, 0), (0, missing), (0, 0)))
    flat = padded.reshape(-1, banks, beats, array.columns)
    return flat.transpose(0, 2, 1, 3).reshape(-1, banks, array.columns)


def _joined(weights: Sequence[np.ndarray], array: ArrayShape) -> np.ndarray:
    if not weights:
        return np.zeros((1, array.banks, array.columns), dtype=np.int8)
    return np.concatenate(weights)
