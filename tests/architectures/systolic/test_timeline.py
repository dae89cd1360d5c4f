"""The timeline of a small layer, counted by hand as in test_cycles.py."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.systolic.gateware.latencies import read_to_store
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.timeline import ACTIVITIES, layer_timeline
from hawx_hw.graph.random_graphs import random_graph
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import lenet5

NAMES = list(ACTIVITIES)


def test_a_layer_counted_by_hand() -> None:
    # One row, one column: two tiles of taps for each of 6 output tiles of a pixel, a word each.
    network = convolution(np.random.default_rng(0), (2, 2, 3), 1, (1, 1))
    made = plan(network, ArrayShape.complete(1, 1))
    timeline = layer_timeline(made, 0)
    tracks = {
        track.title: [(begin, end, NAMES[what]) for begin, end, what, _ in track.spans]
        for track in timeline.tracks
    }
    # Cycle 0 is the one after the core's start: the first weights are read in the second, the
    # first pixel is issued in the third. Two output tiles follow each other; the third one waits
    # for the accumulators of the first.
    issued = [2, 3, 4, 5, 11, 12, 13, 14, 20, 21, 22, 23]
    assert tracks["array"] == [(cycle, cycle + 1, "issue") for cycle in issued]
    # A row, a slice, 4 more and a block register after the issue of an output tile's last pixel;
    # no earlier than the cycle after the last read does the third one begin.
    reads = [cycle + 7 for cycle in issued[1::2]]
    assert tracks["requantizers"] == [(cycle, cycle + 1, "read") for cycle in reads]
    assert issued[4] == reads[0] + 1
    # Weights are read a cycle before they are needed, or when the tile before has taken its own.
    loads = [1, 2, 3, 4, 5, 11, 12, 13, 14, 20, 21, 22]
    assert tracks["weight loader"] == [(cycle, cycle + 1, "load") for cycle in loads]
    # The last code is stored in the layer's last cycle.
    assert timeline.cycles == reads[-1] + read_to_store() + 1 == 38
    assert tracks["cycles of the layer"] == [
        (0, 2, "fill_and_drain"),
        (2, 6, "issue"),
        (6, 11, "requantization"),
        (11, 15, "issue"),
        (15, 20, "requantization"),
        (20, 24, "issue"),
        (24, 38, "fill_and_drain"),
    ]
    assert [span[3] for span in timeline.tracks[2].spans][:3] == [
        "output tile 0, tile of taps 0",
        "output tile 0, tile of taps 1",
        "output tile 1, tile of taps 0",
    ]


def test_codes_that_pass_the_array_reach_the_requantizers() -> None:
    graph = random_graph(np.random.default_rng(4), layers=6, max_size=6)
    made = plan(graph, ArrayShape.complete(4, 4))
    streams = [number for number, step in enumerate(made.steps) if step.stream]
    assert streams
    for number in streams:
        timeline, (own,) = layer_timeline(made, number), [made.cycles().layers[number]]
        first, *_, last = timeline.tracks
        assert first.totals[NAMES.index("stream")] == own.total
        (step,) = [made.steps[number]]
        elements = (step.output_tile_pixels + 1) * (step.tap_tiles + 1)
        assert last.totals[NAMES.index("stream")] == elements


def test_waits_are_there() -> None:
    # Two rows of which one word at a time is read: linear layers wait for their weights.
    made = plan(lenet5(), ArrayShape.complete(4, 4, weight_rows=1))
    totals = [
        dict(zip(NAMES, layer_timeline(made, layer).tracks[0].totals, strict=True))
        for layer in range(len(made.layers))
    ]
    assert any(each["weight_loading"] for each in totals)
    for number, layer in enumerate(made.cycles().layers):
        assert totals[number]["issue"] == layer.causes["useful"] + layer.causes["edge_tiles"]
