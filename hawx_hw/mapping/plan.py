"""Everything that a systolic accelerator for one network is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.mapping.architecture import Architecture
from hawx_hw.mapping.arena import Arena, allocate
from hawx_hw.mapping.lowering import Offsets, lower
from hawx_hw.mapping.operations import Operation, operations
from hawx_hw.mapping.parameters import (
    Ranges,
    ranges,
    requantization_words,
    weight_tiles,
)
from hawx_hw.mapping.steps import ProgramFormat, Step
from hawx_hw.mapping.tiling import chunk_windows
from hawx_hw.quantize.graph import MULTIPLIER_BITS, Graph

__all__ = ["Plan", "plan"]


@dataclass(frozen=True, eq=False)
class Plan:
    """A network on an architecture.

    Parameters
    ----------
    graph : Graph
    architecture : Architecture
    layers : tuple of Operation
    steps : tuple of Step
        The program, one step a layer.
    arena : Arena
    ranges : Ranges
    weights : ndarray of int8
        ``(words, rows of a bank's word = banks, columns)``: word ``i`` of every bank at once; row
        ``bank * bank_rows + beat`` of a tile is word ``tile * bank_rows + beat`` of its bank.
    requantization : tuple of int
        Words of the requantisation memory.
    """

    graph: Graph
    architecture: Architecture
    layers: tuple[Operation, ...]
    steps: tuple[Step, ...]
    arena: Arena
    ranges: Ranges
    weights: np.ndarray
    requantization: tuple[int, ...]

    @property
    def format(self) -> ProgramFormat:
        """The format of the program's words."""
        return ProgramFormat.of(self.steps)

    @property
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
        """Bytes of the activation memories, all copies together."""
        return self.arena.depth * self.architecture.lanes * self.architecture.rows

    @property
    def parameter_bytes(self) -> int:
        """Bytes of weights, requantisation words and program, each word rounded up to bytes."""
        lane_bits = MULTIPLIER_BITS + self.ranges.addend_bits
        return (
            self.weights.size
            + len(self.requantization) * -(-self.architecture.lanes * lane_bits // 8)
            + len(self.steps) * -(-self.format.bits // 8)
        )

    def weight_bank(self, bank: int, slice_: int) -> list[int]:
        """Words of one weight bank, the slice's first column in the low byte."""
        width = self.architecture.slice_columns
        columns = self.weights[:, bank, slice_ * width : (slice_ + 1) * width]
        return [int.from_bytes(row.tobytes(), "little") for row in columns]


def plan(graph: Graph, architecture: Architecture) -> Plan:
    """Map ``graph`` onto ``architecture``.

    Raises
    ------
    UserError
        Where the accelerator cannot run a node of the graph.
    """
    layers = operations(graph, window_limit=architecture.accumulators)
    shape = layers[0].input_shape
    arena = allocate(layers, graph.input, shape, architecture.lanes)
    bits = ranges(layers)
    reads_input = [i for i, layer in enumerate(layers) if graph.input in layer.sources]

    offsets = Offsets()
    steps: list[Step] = []
    weights: list[np.ndarray] = []
    words: list[int] = []
    for index, layer in enumerate(layers):
        steps.append(
            lower(
                graph,
                layer,
                architecture,
                arena,
                offsets,
                chunk_windows=chunk_windows(layer, architecture),
                releases_input=index == max(reads_input),
                last=index == len(layers) - 1,
            )
        )
        words += requantization_words(layer, architecture, bits)
        offsets.requantization = len(words)
        if layer.uses_array:
            weights.append(_bank_words(weight_tiles(layer, architecture), architecture))
            offsets.weights += len(weights[-1])
    result = Plan(
        graph=graph,
        architecture=architecture,
        layers=tuple(layers),
        steps=tuple(steps),
        arena=arena,
        ranges=bits,
        weights=_joined(weights, architecture),
        requantization=tuple(words),
    )
    _check_memories(result)
    return result


def _check_memories(plan: Plan) -> None:
    limits = plan.architecture
    for what, key, need, mend in (
        (
            f"activations ({limits.rows} copies, one a row)",
            "activation_kib",
            plan.activation_bytes,
            "use fewer rows, or a smaller network",
        ),
        ("parameters", "parameter_kib", plan.parameter_bytes, "use a smaller network"),
    ):
        limit = getattr(limits, key)
        if limit is not None and need > 1024 * limit:
            raise UserError(
                f"The network does not fit the chosen memories: its {what} need {need} bytes, "
                f"and {key} allows {1024 * limit}",
                where=f"accelerator.{key}",
                mend=f"Set accelerator.{key} to {-(-need // 1024)} or more, or {mend}.",
            )


def _bank_words(tiles: np.ndarray, architecture: Architecture) -> np.ndarray:
    """``(filter tiles, tap tiles, rows, columns)`` as ``(words, banks, columns)``."""
    banks, beats = architecture.banks, architecture.bank_rows
    missing = banks * beats - architecture.rows
    padded = np.pad(tiles, ((0, 0), (0, 0), (0, missing), (0, 0)))
    flat = padded.reshape(-1, banks, beats, architecture.columns)
    return flat.transpose(0, 2, 1, 3).reshape(-1, banks, architecture.columns)


def _joined(weights: Sequence[np.ndarray], architecture: Architecture) -> np.ndarray:
    if not weights:
        return np.zeros((1, architecture.banks, architecture.columns), dtype=np.int8)
    return np.concatenate(weights)
