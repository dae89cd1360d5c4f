"""Which tensors share one order of channels."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.architectures.systolic.layouts import Layouts, lay_out
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.graph.graph import Add, Clamp, Conv2d, Graph, Node, Requantization, Tensor
from tests.synthetic_blocks import Biased

CHANNELS = 6
PLAIN, OTHER = Exact(), Biased(7)
#: 2 x 4 PEs: two columns of exact blocks, and two that hold both.
PE_BLOCKS = PeBlockMap(
    (PLAIN, OTHER), np.repeat([[[True, False]] * 2 + [[True, True]] * 2], 2, axis=0)
)


BOTH = PeBlockMap.uniform((PLAIN, OTHER), 2, 4)


def conv(name: str, source: str) -> Conv2d:
    weight = np.ones((CHANNELS, CHANNELS, 1, 1), np.int8)
    rule = Requantization(np.ones(CHANNELS), 1, 0)
    bias = np.zeros(CHANNELS, np.int32)
    return Conv2d(name, (source,), weight, bias, rule, (1, 1), (0, 0, 0, 0))


def add(name: str, *sources: str) -> Add:
    return Add(name, sources, 0, Requantization(np.ones(2), 1, 0))


def clamp(name: str, source: str) -> Clamp:
    return Clamp(name, (source,), 0, Requantization(np.ones(1), 1, 0))


def layers(*nodes: Node, **filters: str) -> list[Operation]:
    """``filters``: for each convolution a letter a filter, ``e`` for exact."""
    tensors = {
        name: Tensor((CHANNELS, 2, 2), 1.0, 0) for name in ("image", *(n.name for n in nodes))
    }
    assignment = {
        name: LayerBlocks.by_filter(
            [PLAIN if letter == "e" else OTHER for letter in kinds], (CHANNELS, CHANNELS, 1, 1)
        )
        for name, kinds in filters.items()
    }
    graph = Graph("graph", "image", nodes, tensors)
    return operations(graph, window_limit=1, assignment=assignment)


def placed(made: list[Operation], pe_blocks: PeBlockMap | None = PE_BLOCKS) -> Layouts:
    return lay_out(made, "image", CHANNELS, rows=2, columns=4, pe_blocks=pe_blocks)


def order(layouts: Layouts, name: str) -> list[int]:
    return layouts.tensors[name].positions.tolist()


def test_filters_stand_in_columns_that_hold_their_blocks() -> None:
    layouts = placed(layers(conv("a", "image"), conv("b", "a"), a="eoeoeo"))
    # Tile by tile: exact filters 0, 2 in columns 0, 1 and 4 in 0 of the next tile; the others in
    # columns 2 and 3.
    assert order(layouts, "a") == [0, 2, 1, 3, 4, 6]
    assert order(layouts, "b") == list(range(CHANNELS))


def test_without_a_given_map_one_is_derived_that_serves_every_layer() -> None:
    layouts = placed(layers(conv("a", "image"), a="eoeoeo"), None)
    assert {block.digest for block in layouts.pe_blocks.blocks} == {PLAIN.digest, OTHER.digest}
    positions = np.array(order(layouts, "a"))
    assert not set(positions[::2] % 4) & set(positions[1::2] % 4)


def test_operands_of_an_addition_have_one_order() -> None:
    made = layers(
        *(conv("a", "image"), conv("b", "image"), add("sum", "a", "b"), conv("c", "sum")),
        a="eoeoeo", b="ooeeee",
    )  # fmt: skip
    layouts = placed(made, BOTH)
    assert order(layouts, "a") == order(layouts, "b") == order(layouts, "sum")
    # Each filter stands in a column that serves its block in both layers.
    for name, kinds in (("a", "eoeoeo"), ("b", "ooeeee")):
        placement = layouts.placements[name]
        for f, kind in enumerate(kinds):
            _, column = np.argwhere(placement.filters == f)[0]
            used = layouts.pe_blocks.blocks[placement.active[0, column]]
            assert used.digest == (PLAIN if kind == "e" else OTHER).digest


def test_what_is_added_to_the_image_stays_in_order() -> None:
    made = layers(conv("a", "image"), add("sum", "image", "a"), conv("b", "sum"), a="eoeoeo")
    layouts = placed(made, BOTH)
    for name in ("image", "a", "sum"):
        assert order(layouts, name) == list(range(CHANNELS))


def test_an_order_passes_through_layers_beside_the_array() -> None:
    made = layers(
        *(conv("a", "image"), clamp("clamped", "a"), conv("b", "clamped"), clamp("end", "b")),
        a="eoeoeo",
    )  # fmt: skip
    layouts = placed(made)
    assert order(layouts, "clamped") == order(layouts, "a") != list(range(CHANNELS))


def test_a_given_map_of_blocks_must_have_the_shape_of_the_array() -> None:
    with pytest.raises(ValueError, match="must be 2 x 4, not 4 x 2"):
        placed(layers(conv("a", "image")), PeBlockMap.uniform([PLAIN], 4, 2))
