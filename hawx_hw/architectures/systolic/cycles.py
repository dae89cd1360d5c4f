"""The cycle model: how long an inference takes, to the cycle, and where the cycles go.

The model follows the hardware's own rules from tile to tile; it knows no pixel. The simulation must
agree exactly. Times are cycles after the core's ``start``; the layer constants are the pipeline
depths of :mod:`hawx_hw.architectures.systolic.gateware`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hawx_hw.architectures.base import CycleReport, LayerCycles
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step

__all__ = ["CAUSES", "count_cycles"]

#: From ``start`` to ``begin`` of the first layer (program read, copy).
_START_TO_BEGIN = 2
#: From a layer's last store to ``begin`` of the next layer.
_DONE_TO_BEGIN = 1
#: From the issue of a pixel to the first read of its finished sum, besides a cycle a row and a
#: slice.
_ISSUE_TO_DRAIN = 4
#: From the read of a sum to the store of its code.
_DRAIN_TO_STORE = 6
#: From the issue of a streamed code to its store.
_STREAM_TO_STORE = 8


#: Causes of cycles, with their titles.
CAUSES = {
    # All multipliers of the array are busy.
    "useful": "useful",
    # Before the first pixel of a layer and after its last one.
    "fill_and_drain": "fill, drain",
    # Tiles hang over the end of a kernel or over the last filter.
    "edge_tiles": "edges",
    # Waiting for weights.
    "weight_loading": "weights",
    # Waiting for accumulators that are still being read.
    "requantization": "requant",
    # Streaming codes past the array: pooling, addition, clamp.
    "other": "other",
}


@dataclass
class _Clock:
    """What the layers before leave behind."""

    begin: int = _START_TO_BEGIN
    preload: int = 1  # the step's weights may be loaded from here on
    done: int = 0
    loader_idle: int = 0
    last_tile_taken: int = -1
    losses: dict[str, int] = field(default_factory=dict)


def count_cycles(plan: Plan) -> CycleReport:
    """The cycles of every layer of ``plan``, and where they go."""
    clock = _Clock()
    layers = []
    multipliers = plan.multipliers
    for step, layer in zip(plan.steps, plan.layers, strict=True):
        before = clock.done
        clock.losses = dict.fromkeys(
            ("weight_loading", "requantization", "fill_and_drain", "other"), 0
        )
        issued = 0
        if step.stream:
            _stream(step, clock)
            clock.losses["other"] = clock.done - before
        else:
            issued = _tiles(step, plan.array, clock, before)
        layers.append(
            LayerCycles(
                name=layer.title,
                total=clock.done - before,
                macs=layer.macs,
                causes={
                    "useful": layer.macs / multipliers,
                    "edge_tiles": issued - layer.macs / multipliers,
                    **clock.losses,
                },
            )
        )
        clock.preload = clock.begin + 1
        clock.begin = clock.done + _DONE_TO_BEGIN
    return CycleReport(tuple(layers), multipliers, CAUSES)


def _stream(step: Step, clock: _Clock) -> None:
    elements = (step.output_tile_pixels + 1) * (step.tap_tiles + 1)
    # The loader takes notice of the layer, and has nothing to do.
    clock.loader_idle = max(clock.preload, clock.loader_idle)
    clock.done = clock.begin + elements + _STREAM_TO_STORE


def _tiles(step: Step, array: ArrayShape, clock: _Clock, before: int) -> int:
    """Advance the clock by a layer of the array; returns the cycles in which pixels are issued."""
    beats = array.bank_rows
    depth = array.rows + array.slices + _ISSUE_TO_DRAIN + array.block_register
    load = max(clock.preload, clock.loader_idle) + 1
    ready = clock.begin + 1  # the issuer is ready for the next tile
    taken = clock.last_tile_taken
    drained = [0, 0]  # the last read of the two output tiles before the present one
    issued = 0
    first = True
    for pixels, groups in _output_tiles(step, array):
        elements = pixels * groups
        for tile in range(step.tap_tiles + 1):
            load = max(load, taken)
            free = drained[0] + 1 if tile == 0 else 0
            taken = max(ready, load + 1, free)
            if first:
                clock.losses["fill_and_drain"] += taken - before - 1
                first = False
            else:
                waits = taken - ready
                cause = "requantization" if free > load + 1 else "weight_loading"
                clock.losses[cause] += waits
            load += beats
            ready = taken + pixels
            issued += pixels
        begins = max(ready - 1 + depth, drained[1] + 1)
        drained = [drained[1], begins + elements - 1]
    clock.done = drained[1] + _DRAIN_TO_STORE
    clock.losses["fill_and_drain"] += clock.done - (ready - 1)
    clock.loader_idle = load
    clock.last_tile_taken = taken
    return issued


def _output_tiles(step: Step, array: ArrayShape) -> Iterator[tuple[int, int]]:
    """Pixels and groups of each output tile, filter tile by filter tile."""
    for filter_tile in range(step.filter_tiles + 1):
        groups = step.last_groups + 1 if filter_tile == step.filter_tiles else array.groups
        for output_tile in range(step.output_tiles + 1):
            yield (
                (
                    step.last_output_tile_pixels
                    if output_tile == step.output_tiles
                    else step.output_tile_pixels
                )
                + 1,
                groups,
            )
