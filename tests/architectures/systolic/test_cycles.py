"""The cycle model against layers whose cycles were counted by hand, one for each cause.

How to count. Cycles are numbered from the core's ``start`` in cycle 0.

- The first layer begins in cycle 2, its first weights are read in cycle 2 and usable in cycle 3;
  the first pixel is issued in cycle 3. Every later layer begins one cycle after the last store of
  the layer before, and issues its first pixel another cycle later: its weights are loaded by then.
- The array takes one pixel a cycle. The sums of a pixel can be read as many cycles after its issue
  as there are rows and slices, 4 more, and 1 more with a block register. They are read once the
  last tile of taps of an output tile is complete, one word a cycle: a column for each requantizer.
- A code is stored 6 cycles after its sum is read.
- There are two sets of accumulators: the third output tile may be issued from the cycle after the
  first one's last read.

The gateware must take as long: each layer runs there too.
"""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.base import LayerCycles
from hawx_hw.architectures.systolic.cycles import CAUSES, count_cycles
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.core_simulation import run_core
from hawx_hw.graph.graph import (
    Conv2d,
    Graph,
    Linear,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
    output_shape,
)
from hawx_hw.graph.random_graphs import random_codes


def network(image: tuple[int, ...], *nodes: Node) -> Graph:
    tensors = {"image": Tensor(image, 1.0, 0)}
    for node in nodes:
        shapes = [tensors[name].shape for name in node.inputs]
        tensors[node.name] = Tensor(output_shape(node, shapes), 1.0, 0)
    return Graph("counted", "image", nodes, tensors)


def linear(name: str, source: str, inputs: int, outputs: int) -> Linear:
    weight = np.ones((outputs, inputs), np.int8)
    rule = Requantization(np.full(outputs, 3), 4, 0)
    return Linear(name, (source,), weight, np.zeros(outputs, np.int32), rule)


def convolution(filters: int) -> Conv2d:
    """One channel, a 1 x 1 kernel."""
    weight = np.ones((filters, 1, 1, 1), np.int8)
    rule = Requantization(np.full(filters, 3), 4, 0)
    return Conv2d(
        "conv", ("image",), weight, np.zeros(filters, np.int32), rule, (1, 1), (0, 0, 0, 0)
    )


def cycles(graph: Graph, array: ArrayShape) -> tuple[LayerCycles, ...]:
    """The prediction, after the gateware has confirmed its totals."""
    mapped = plan(graph, array)
    report = count_cycles(mapped)
    layers = report.layers
    images = random_codes(np.random.default_rng(0), graph, 1)
    assert run_core(mapped.core({}), images)[0].layer_cycles == [layer.total for layer in layers]
    return layers


def causes(layer: LayerCycles) -> dict[str, float]:
    """The causes that cost anything."""
    assert layer.causes.keys() == CAUSES.keys()
    return {name: cycles for name, cycles in layer.causes.items() if cycles}


@pytest.mark.parametrize(
    ("rows", "slices", "total"),
    [
        # Issued in cycle 3, read rows + slices + 5 later, stored 7 cycles after that.
        (1, 1, 3 + 7 + 7),
        (5, 1, 3 + 11 + 7),
        (1, 3, 3 + 9 + 7),
        (5, 3, 3 + 13 + 7),
    ],
)
def test_fill_and_drain_grow_with_rows_and_slices(rows: int, slices: int, total: int) -> None:
    """One multiplication: nothing is lost but the way to the array, through it, and out of it."""
    array = ArrayShape.complete(rows, slices, slice_columns=1)
    (layer,) = cycles(network((1,), linear("fc", "image", 1, 1)), array)
    assert layer.total == total
    assert layer.macs == 1
    # One cycle issues the pixel; one of rows x columns multipliers has something to do in it.
    multipliers = rows * slices
    assert causes(layer) == pytest.approx(
        {
            "useful": 1 / multipliers,
            **({"edge_tiles": 1 - 1 / multipliers} if multipliers > 1 else {}),
            "fill_and_drain": total - 1,
        }
    )


def test_edge_tiles() -> None:
    """Three inputs and three outputs on 2 x 2: 2 tiles of taps times 2 of filters."""
    array = ArrayShape.complete(2, 2, slice_columns=2, requantizers=2)
    (layer,) = cycles(network((3,), linear("fc", "image", 3, 3)), array)
    # Tiles are issued in cycles 3, 4 (first filters), 5, 6 (the third filter): the third and fourth
    # use the other set of accumulators. The sums of the last are read in cycle 6 + (2 + 1 + 5) = 14
    # and stored in 21.
    assert layer.total == 21
    # 9 multiplications on 4 multipliers would take 2.25 of the 4 cycles. Before the first pixel lie
    # cycles 1 and 2; after the last one, in cycle 6, come 15 more.
    assert causes(layer) == {"useful": 2.25, "edge_tiles": 1.75, "fill_and_drain": 2 + 15}


def test_weight_loading() -> None:
    """Four rows whose weights come one row a cycle: each tile after the first waits for three."""
    array = ArrayShape.complete(4, 1, weight_rows=1)
    (layer,) = cycles(network((12,), linear("fc", "image", 12, 1)), array)
    # Tiles are issued in cycles 3, 7 and 11; the sum is read in cycle 11 + (4 + 1 + 5) = 21 and
    # stored in 28.
    assert layer.total == 28
    assert causes(layer) == {"useful": 3, "weight_loading": 2 * 3, "fill_and_drain": 2 + 28 - 11}


def test_requantization() -> None:
    """Four columns that share one requantizer, and room for a single pixel in the accumulators."""
    array = ArrayShape.complete(1, 4, slice_columns=4, requantizers=1, accumulators=1)
    (layer,) = cycles(network((1, 1, 5), convolution(filters=4)), array)
    # pixel   issued                        sums handed on (four words)
    #   0       3                            10 to 13   (3 + 1 + 1 + 5 = 10)
    #   1       4                            14 to 17   (after pixel 0)
    #   2      14, the set is free then      21 to 24   (14 + 7)
    #   3      18, likewise                  25 to 28
    #   4      25, likewise                  32 to 35   (25 + 7)
    # Issued in consecutive cycles, pixels 2, 3 and 4 would come in cycles 5, 15 and 19.
    assert layer.total == 35 + 7
    assert causes(layer) == {
        "useful": 5,
        "requantization": (14 - 5) + (18 - 15) + (25 - 19),
        "fill_and_drain": 2 + 42 - 25,
    }


@pytest.mark.parametrize(("channels", "requantizers", "blocks"), [(1, 1, 1), (4, 1, 4), (4, 2, 2)])
def test_other(channels: int, requantizers: int, blocks: int) -> None:
    """A pooling layer streams past the array: one word a cycle, stored 9 cycles after its issue."""
    pool = MaxPool2d("pool", ("image",), (2, 2), (2, 2))
    array = ArrayShape.complete(2, 2, slice_columns=2, requantizers=requantizers)
    (layer,) = cycles(network((channels, 4, 6), pool), array)
    # The layer begins in cycle 2, issues its first element in 3 and its last of 24 a block of
    # channels in cycle 2 + 24 * blocks.
    assert layer.total == 2 + 24 * blocks + 9
    assert causes(layer) == {"other": layer.total}


def test_the_next_layer_finds_its_weights_loaded() -> None:
    array = ArrayShape.complete(1, 1)
    first, second = cycles(
        network((1,), linear("fc1", "image", 1, 1), linear("fc2", "fc1", 1, 1)), array
    )
    assert first.total == 17
    # Begins 1 cycle after the last store, issues 1 later (not 3), reads 7 and stores 7 later.
    assert second.total == 2 + 7 + 7
    assert causes(second) == {"useful": 1, "fill_and_drain": 1 + 14}
