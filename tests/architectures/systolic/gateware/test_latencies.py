"""The core's latencies: sums of those that the units declare, which the cycle model follows.

That each unit takes as long as it declares is tested with the unit, and that the cycle model agrees
with the simulated core, to the cycle, in test_core.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.base import LayerCycles
from hawx_hw.architectures.systolic.cycles import count_cycles
from hawx_hw.architectures.systolic.gateware import latencies
from hawx_hw.architectures.systolic.gateware.accumulator_readout import AccumulatorReadout
from hawx_hw.architectures.systolic.gateware.array_slice import ArraySlice
from hawx_hw.architectures.systolic.gateware.layer_sequencer import LayerSequencer
from hawx_hw.architectures.systolic.gateware.pe import ProcessingElement
from hawx_hw.architectures.systolic.gateware.post_processor import PostProcessor
from hawx_hw.architectures.systolic.gateware.row_feeder import RowFeeder
from hawx_hw.architectures.systolic.gateware.tile_issuer import TileIssuer
from hawx_hw.architectures.systolic.gateware.weight_loader import WeightLoader
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.graph.graph import Clamp, Conv2d, Graph, Node, Requantization, Tensor
from hawx_hw.graph.graph import output_shape as shape_of


def network(shape: tuple[int, int, int], *kinds: str, filters: int = 1) -> Graph:
    """Convolutions of 1 x 1 kernels and clamps, one after another."""
    rng = np.random.default_rng(0)
    nodes: list[Node] = []
    tensors = {"image": Tensor(shape, 1.0, 0)}
    before = "image"
    for number, kind in enumerate(kinds):
        name = f"{kind}{number}"
        rule = Requantization(np.array([40000]), 20, 0)
        channels = tensors[before].shape[0]
        if kind == "conv":
            weight = rng.integers(1, 127, (filters, channels, 1, 1)).astype(np.int8)
            rule = Requantization(np.full(filters, 40000), 20, 0)
            nodes.append(Conv2d(name, (before,), weight, np.zeros(filters, np.int32), rule))
        else:
            nodes.append(Clamp(name, (before,), 0, rule))
        tensors[name] = Tensor(shape_of(nodes[-1], [tensors[before].shape]), 1.0, 0)
        before = name
    return Graph("cycles", "image", tuple(nodes), tensors)


def only_layer(graph: Graph, array: ArrayShape) -> LayerCycles:
    (layer,) = count_cycles(plan(graph, array)).layers
    return layer


def test_sums_of_the_units_latencies() -> None:
    """What the units' own latencies add up to: 4 rows in 3 slices, and 1 row in 1 slice."""
    large, small = ArrayShape(4, 6, 2, 4, 2), ArrayShape(1, 1, 1, 1, 1)
    arrays = (small, large)
    assert [latencies.issue_to_accumulate(array) for array in arrays] == [5, 8]
    assert [latencies.issue_to_read(array) for array in arrays] == [7, 12]
    assert latencies.read_to_store() == 7
    assert latencies.issue_to_stream() == 3
    assert latencies.stream_to_store() == 9
    assert latencies.load_to_weights() == 3


def test_weights_are_loaded_between_two_swaps() -> None:
    """Not before the swap of the tile before, and early enough for that of their own tile.

    The first word of a tile may be issued in the cycle in which the tile before is taken; its own
    tile is taken ``READY_LATENCY`` after that word at the earliest.
    """
    arrival = latencies.load_to_weights()
    assert arrival >= RowFeeder.SWAP_LATENCY
    own_swap = WeightLoader.READY_LATENCY + RowFeeder.SWAP_LATENCY
    assert arrival + ProcessingElement.LOAD_LATENCY <= own_swap


@pytest.fixture
def three_layers() -> Plan:
    """Two convolutions and a stream, of too few pixels to wait for accumulators."""
    mapped = plan(network((3, 1, 2), "conv", "conv", "clamp"), ArrayShape(2, 4, 2, 2, 2))
    assert [step.stream for step in mapped.steps] == [0, 0, 1]
    return mapped


@pytest.mark.parametrize(
    ("unit", "name", "moves"),
    [
        (LayerSequencer, "START_LATENCY", (3, 0, 0)),
        (LayerSequencer, "NEXT_LATENCY", (0, 3, 3)),
        (LayerSequencer, "OFFER_LATENCY", (3, 0, 0)),
        (WeightLoader, "LATENCY", (3, 0, 0)),
        (TileIssuer, "LATENCY", (3, 3, 3)),
        (RowFeeder, "LATENCY", (3, 3, 0)),
        (RowFeeder, "READ_LATENCY", (0, 0, 3)),
        (ArraySlice, "LATENCY", (6, 6, 0)),
        (ArraySlice, "ACCUMULATE_LEAD", (-3, -3, 0)),
        (ArraySlice, "READ_LATENCY", (3, 3, 0)),
        (ProcessingElement, "PRODUCT_LATENCY", (3, 3, 0)),
        (ProcessingElement, "SUM_LATENCY", (6, 6, 0)),
        (AccumulatorReadout, "LATENCY", (3, 3, 0)),
        (PostProcessor, "LATENCY", (3, 3, 3)),
    ],
)
def test_the_model_follows_the_units(
    three_layers: Plan,
    monkeypatch: pytest.MonkeyPatch,
    unit: type,
    name: str,
    moves: tuple[int, int, int],
) -> None:
    """Three cycles more in one unit, and what that adds to each layer."""
    before = [layer.total for layer in count_cycles(three_layers).layers]
    monkeypatch.setattr(unit, name, getattr(unit, name) + 3)
    after = [layer.total for layer in count_cycles(three_layers).layers]
    assert tuple(np.subtract(after, before)) == moves


@pytest.mark.parametrize(
    ("unit", "name", "layer"),
    [
        (WeightLoader, "READY_LATENCY", ((8, 1, 1), 1, 4, 128)),
        (AccumulatorReadout, "FREE_LATENCY", ((1, 1, 3), 4, 1, 1)),
    ],
)
def test_waiting_follows_the_units(
    monkeypatch: pytest.MonkeyPatch, unit: type, name: str, layer: tuple
) -> None:
    """What a tile waits for comes a cycle later, and so does the end of the layer."""
    shape, filters, rows, accumulators = layer
    array = ArrayShape(rows, filters, filters, 1, 1, accumulators=accumulators)
    graph = network(shape, "conv", filters=filters)
    before = only_layer(graph, array).total
    monkeypatch.setattr(unit, name, getattr(unit, name) + 1)
    assert only_layer(graph, array).total == before + 1
