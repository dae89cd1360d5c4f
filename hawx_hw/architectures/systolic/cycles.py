"""The cycle model: how long an inference takes, to the cycle, and where the cycles go.

The model follows the hardware's own rules from tile to tile, without regard to single pixels. The
simulation must agree exactly. Times are cycles after the core's ``start``; what lies between two
events is what the units of :mod:`hawx_hw.architectures.systolic.gateware` declare as their latency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from hawx_hw.architectures.base import CycleReport, LayerCycles
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.gateware import latencies
from hawx_hw.architectures.systolic.gateware.accumulator_readout import AccumulatorReadout
from hawx_hw.architectures.systolic.gateware.layer_sequencer import LayerSequencer
from hawx_hw.architectures.systolic.gateware.tile_issuer import TileIssuer
from hawx_hw.architectures.systolic.gateware.weight_loader import WeightLoader
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step

__all__ = ["CAUSES", "Event", "TiledNetwork", "count_cycles", "output_tiles"]


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


class Event(NamedTuple):
    """Something that a unit does in a layer.

    Parameters
    ----------
    layer : int
        Its index.
    what : str
        ``layer`` (all of its cycles); ``load`` (words of weights are read), ``issue`` (pixels enter
        the array), ``read`` (sums are read out), ``stream`` (codes pass the array); or the cause of
        the wait before an issue.
    begin, end : int
        The first cycle, and the one after the last.
    output_tile, tile : int
        Numbers of the output tile and of the tile of taps, counted in the layer.
    """

    layer: int
    what: str
    begin: int
    end: int
    output_tile: int = 0
    tile: int = 0


class TiledNetwork(Protocol):
    """What the cycles depend on; a plan has it, and an outline.

    Attributes
    ----------
    array : ArrayShape
    layers : sequence of Operation
    steps : sequence of Step
        One a layer.
    multipliers : int
    """

    @property
    def array(self) -> ArrayShape: ...
    @property
    def layers(self) -> Sequence[Operation]: ...
    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def multipliers(self) -> int: ...


@dataclass
class _Clock:
    """What the layers before leave behind."""

    begin: int
    offer: int  # the step's weights may be loaded from here on
    done: int = 0
    loader_idle: int = 0  # after the layers of the array; it has nothing to do in a stream
    losses: dict[str, int] = field(default_factory=dict)
    layer: int = 0
    events: list[Event] | None = None

    def note(self, what: str, begin: int, end: int, output_tile: int = 0, tile: int = 0) -> None:
        """Record an event where they are asked for."""
        if self.events is not None and end > begin:
            self.events.append(Event(self.layer, what, begin, end, output_tile, tile))


def count_cycles(plan: TiledNetwork, events: list[Event] | None = None) -> CycleReport:
    """The cycles of every layer of ``plan``, and where they go.

    Parameters
    ----------
    plan : TiledNetwork
    events : list of Event or None
        Is given what the units do, layer by layer.
    """
    clock = _Clock(LayerSequencer.START_LATENCY, LayerSequencer.OFFER_LATENCY, events=events)
    layers = []
    multipliers = plan.multipliers
    for number, (step, layer) in enumerate(zip(plan.steps, plan.layers, strict=True)):
        before, clock.layer = clock.done, number
        clock.losses = dict.fromkeys(
            ("weight_loading", "requantization", "fill_and_drain", "other"), 0
        )
        issued = 0
        if step.stream:
            _stream(step, clock)
            clock.losses["other"] = clock.done - before
        else:
            issued = _tiles(step, plan.array, clock, before)
        clock.note("layer", before + 1, clock.done + 1)
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
        clock.offer = clock.begin + LayerSequencer.OFFER_LATENCY
        clock.begin = clock.done + LayerSequencer.NEXT_LATENCY
    return CycleReport(tuple(layers), multipliers, CAUSES)


def _stream(step: Step, clock: _Clock) -> None:
    elements = (step.output_tile_pixels + 1) * (step.tap_tiles + 1)
    last = clock.begin + TileIssuer.LATENCY + elements - 1
    clock.note("stream", last + 1 - elements, last + 1)
    clock.done = last + latencies.stream_to_store()


def _tiles(step: Step, array: ArrayShape, clock: _Clock, before: int) -> int:
    """Advance the clock by a layer of the array; returns the cycles in which pixels are issued."""
    beats = array.bank_rows
    depth = latencies.issue_to_read(array)
    # The first word also waits until the layer before has taken its last tile. No pixel is later
    # for it: that layer ends at least ``depth >= beats`` cycles after that, and this one's first
    # tile is taken later still, so that its weights are ready, and its words all issued, by then.
    load = max(clock.offer, clock.loader_idle) + WeightLoader.LATENCY
    ready = clock.begin + TileIssuer.LATENCY  # the issuer is ready for the next tile
    taken = 0
    read = [0, 0]  # the last read of the two output tiles before the present one
    issued = 0
    first = True
    for output_tile, (pixels, groups) in enumerate(output_tiles(step, array)):
        elements = pixels * groups
        for tile in range(step.tap_tiles + 1):
            load = max(load, taken)
            loaded = load + WeightLoader.READY_LATENCY
            free = read[0] + AccumulatorReadout.FREE_LATENCY if tile == 0 else 0
            taken = max(ready, loaded, free)
            if first:
                clock.losses["fill_and_drain"] += taken - before - 1
                first = False
            else:
                waits = taken - ready
                cause = "requantization" if free > loaded else "weight_loading"
                clock.losses[cause] += waits
                clock.note(cause, ready, taken, output_tile, tile)
            clock.note("load", load, load + beats, output_tile, tile)
            clock.note("issue", taken, taken + pixels, output_tile, tile)
            load += beats
            ready = taken + pixels
            issued += pixels
        begins = max(ready - 1 + depth, read[1] + 1)
        clock.note("read", begins, begins + elements, output_tile)
        read = [read[1], begins + elements - 1]
    clock.done = read[1] + latencies.read_to_store()
    clock.losses["fill_and_drain"] += clock.done - (ready - 1)
    clock.loader_idle = load
    return issued


def output_tiles(step: Step, array: ArrayShape) -> Iterator[tuple[int, int]]:
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
