"""How many output pixels of a filter tile are computed before the next tile."""

from __future__ import annotations

from hawx_hw.architectures.systolic.lowering import Tiles
from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.shape import ArrayShape

__all__ = ["chunk_windows"]

# A layer may take this much longer than it must, if the weights are read less often in return.
_SLACK = 0.02


def chunk_windows(layer: Operation, array: ArrayShape, tiles: Tiles) -> int:
    """Windows (output codes of one channel) in a chunk.

    A long chunk reads each weight less often; a short one leaves less to requantize after the last
    tile, when the array has nothing left to do. The longest chunk within 2 % of the shortest time
    wins.
    """
    windows = layer.output_shape[1] * layer.output_shape[2]
    if not layer.uses_array:
        return windows
    elements = layer.pool.kernel[0] * layer.pool.kernel[1]
    longest = max(1, min(windows, array.accumulators // elements))
    times = {count: _estimate(layer, array, tiles, count) for count in range(1, longest + 1)}
    limit = min(times.values()) * (1 + _SLACK)
    return max(count for count, time in times.items() if time <= limit)


def _estimate(layer: Operation, array: ArrayShape, tiles: Tiles, count: int) -> int:
    """Cycles of the layer but for constants: compute and requantization of chunks overlap."""
    windows = layer.output_shape[1] * layer.output_shape[2]
    elements = layer.pool.kernel[0] * layer.pool.kernel[1]
    chunks = -(-windows // count)
    compute = tiles.taps * max(count * elements, array.bank_rows)
    drain = count * elements * array.groups
    last_slots = tiles.slots - (tiles.filters - 1) * array.columns
    last_groups = -(-last_slots // array.lanes)
    tail = (windows - (chunks - 1) * count) * elements * last_groups
    return max(compute, drain) * tiles.filters * chunks + tail
