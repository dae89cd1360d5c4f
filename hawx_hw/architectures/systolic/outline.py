"""The tiles of a network on an array, without its weights: enough for its exact cycles.

What a :class:`~hawx_hw.architectures.systolic.plan.Plan` is made of takes time to make, most of it
for where filters and taps lie. Where all blocks are exact, filters and taps lie in their natural
order, and the tiles follow from the sizes of the layers alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.architectures.common.arena import Arena
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.lowering import Offsets, Tiles, lower
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.architectures.systolic.tiling import output_tile_windows
from hawx_hw.graph.graph import Graph

__all__ = ["Outline", "outline"]


@dataclass(frozen=True, eq=False)
class Outline:
    """What the cycle model reads of a plan.

    Parameters
    ----------
    array : ArrayShape
    layers : tuple of Operation
    steps : tuple of Step
        With the tiles of a plan's steps; all addresses in memories are 0.
    """

    array: ArrayShape
    layers: tuple[Operation, ...]
    steps: tuple[Step, ...]

    @property
    def multipliers(self) -> int:
        """Number of PEs."""
        return self.array.multipliers


def outline(graph: Graph, layers: Sequence[Operation], array: ArrayShape) -> Outline:
    """The outline of a network with exact blocks.

    Parameters
    ----------
    graph : Graph
    layers : sequence of Operation
        Those of ``graph``, with exact blocks, for ``array.accumulators``.
    array : ArrayShape
    """
    nowhere = Arena(defaultdict(int), 0)
    steps = []
    for index, layer in enumerate(layers):
        tiles = _tiles(layer, array)
        steps.append(
            lower(
                graph,
                layer,
                array,
                nowhere,
                Offsets(),
                tiles,
                output_tile_windows=output_tile_windows(layer, array, tiles),
                select=0,
                sum_zeros=0,
                releases_input=False,
                last=index == len(layers) - 1,
            )
        )
    return Outline(array, tuple(layers), tuple(steps))


def _tiles(layer: Operation, array: ArrayShape) -> Tiles:
    if layer.weight is None:
        channels = layer.input_shape[0]
        return Tiles(-(-channels // array.requantizers), 1, channels)
    filters, taps = len(layer.weight), layer.weight[0].size
    return Tiles(-(-taps // array.rows), -(-filters // array.columns), filters)
