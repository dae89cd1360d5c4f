"""How many output pixels of a filter tile are computed before the next tile."""

from __future__ import annotations

from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.lowering import Tiles
from hawx_hw.architectures.systolic.shape import ArrayShape

__all__ = ["output_tile_windows"]

# A layer may take this much longer than it must, if the weights are read less often in return.
_SLACK = 0.02


def output_tile_windows(layer: Operation, array: ArrayShape, tiles: Tiles) -> int:
    """Windows (output codes of one channel) in an output tile.

    With large output tiles each weight is read less often; with small ones less is left to
    requantize after the last tile, when the array has nothing left to do. The largest output tile
    within 2 % of the shortest time wins.
    """
    windows = layer.output_shape[1] * layer.output_shape[2]
    if not layer.multiplies:
        return windows
    elements = layer.elements
    longest = max(1, min(windows, array.accumulators // elements))
    times = {count: _estimate(layer, array, tiles, count) for count in range(1, longest + 1)}
    limit = min(times.values()) * (1 + _SLACK)
    return max(count for count, time in times.items() if time <= limit)


def _estimate(layer: Operation, array: ArrayShape, tiles: Tiles, count: int) -> int:
    """Cycles of the layer but for constants: compute and requantization of output tiles overlap."""
    windows = layer.output_shape[1] * layer.output_shape[2]
    elements = layer.elements
    output_tiles = -(-windows // count)
    compute = tiles.taps * max(count * elements, array.bank_rows)
    read_out = count * elements * array.groups
    last_positions = tiles.positions - (tiles.filters - 1) * array.columns
    last_groups = -(-last_positions // array.requantizers)
    tail = (windows - (output_tiles - 1) * count) * elements * last_groups
    return max(compute, read_out) * tiles.filters * output_tiles + tail
