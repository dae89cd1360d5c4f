"""From a layer to its program step: the walk over the input, tiles and addresses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.systolic.lowering import Tiles
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.graph.graph import Add, AveragePool2d, Graph, MaxPool2d, Requantization, Tensor
from tests.architectures.common.layers import convolution

SHAPE = ArrayShape.complete(3, 2)


def walked(step: Step, pixels: int) -> Iterator[tuple[int, int, int]]:
    """x, y and offset of the kernel's first tap, element by element, by the step's constants."""
    x, y, offset = step.x_start, step.y_start, step.offset_start
    column = window_x = window_y = 0
    for _ in range(pixels):
        yield x, y, offset
        if window_x < step.window_columns:
            window_x += 1
            x += step.x_step_window_column
            offset += step.offset_step_window_column
        elif window_y < step.window_rows:
            window_x, window_y = 0, window_y + 1
            x += step.x_step_window_row
            y += step.y_step_window_row
            offset += step.offset_step_window_row
        elif column < step.output_columns:
            window_x = window_y = 0
            column += 1
            x += step.x_step_column
            y += step.y_step_column
            offset += step.offset_step_column
        else:
            window_x = window_y = column = 0
            x += step.x_step_row
            y += step.y_step_row
            offset += step.offset_step_row


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "pool"),
    [
        ((1, 1), (1, 1), (0, 0, 0, 0), None),
        ((3, 2), (1, 1), (0, 0, 0, 0), None),
        ((3, 3), (2, 1), (1, 2, 1, 0), None),
        ((2, 2), (1, 2), (1, 0, 0, 1), (2, 2)),
        ((1, 2), (1, 1), (0, 1, 0, 1), (3, 2)),
    ],
)
def test_a_convolution_is_walked_window_by_window(kernel, stride, padding, pool) -> None:
    height, width = 7, 6
    network = convolution(
        np.random.default_rng(0), (2, height, width), 3, kernel,
        stride=stride, padding=padding, pool=pool,
    )  # fmt: skip
    mapped = plan(network, SHAPE)
    (layer,), (step,) = mapped.layers, mapped.steps
    _, rows, columns = layer.output_shape
    tall, wide = pool or (1, 1)
    expected = [
        (
            (column * wide + window_x) * stride[1] - padding[1],
            (row * tall + window_y) * stride[0] - padding[0],
        )
        for row in range(rows)
        for column in range(columns)
        for window_y in range(tall)
        for window_x in range(wide)
    ]
    places = list(walked(step, len(expected)))
    assert [(x, y) for x, y, _ in places] == expected
    assert all(offset == y * width + x for x, y, offset in places)
    assert step.window == tall * wide - 1


@pytest.mark.parametrize(
    ("node", "reduce", "pad_code"),
    [
        (MaxPool2d("pool", ("image",), (3, 2), (2, 1), (1, 1, 1, 0)), 0, -128),
        (
            AveragePool2d(
                *("pool", ("image",), (2, 3), (1, 2), 5, Requantization(np.array([3]), 4, 1)),
                padding=(0, 1, 1, 1),
            ),
            1,
            -7,
        ),
    ],
)
def test_a_pooling_is_walked_by_its_stride(node, reduce: int, pad_code: int) -> None:
    mapped = pooled(node)
    (layer,), (step,) = mapped.layers, mapped.steps
    _, rows, columns = layer.output_shape
    top, left = node.padding[:2]
    expected = [
        (column * node.stride[1] + x - left, row * node.stride[0] + y - top)
        for row in range(rows)
        for column in range(columns)
        for y in range(node.kernel[0])
        for x in range(node.kernel[1])
    ]
    places = list(walked(step, len(expected)))
    assert [(x, y) for x, y, _ in places] == expected
    assert all(offset == y * 6 + x for x, y, offset in places)
    assert (step.stream, step.reduce, step.pad_code) == (1, reduce, pad_code)


def pooled(node: MaxPool2d | AveragePool2d) -> Plan:
    top, left, bottom, right = node.padding
    shape = (
        2,
        (7 + top + bottom - node.kernel[0]) // node.stride[0] + 1,
        (6 + left + right - node.kernel[1]) // node.stride[1] + 1,
    )
    zero_point = getattr(node, "requantization", Requantization(np.ones(1), 1, -7)).zero_point
    tensors = {"image": Tensor((2, 7, 6), 1.0, -7), "pool": Tensor(shape, 1.0, zero_point)}
    return plan(Graph("g", "image", (node,), tensors), SHAPE)


def test_an_addition_alternates_between_its_operands() -> None:
    rule = Requantization(np.array([3, 5]), 4, 0)
    nodes = (
        MaxPool2d("a", ("image",), (1, 1), (1, 1)),
        MaxPool2d("b", ("a",), (1, 1), (1, 1)),
        Add("sum", ("a", "b"), 7, rule),
    )
    tensors = {name: Tensor((2, 3, 4), 1.0, 0) for name in ("image", "a", "b", "sum")}
    mapped = plan(Graph("g", "image", nodes, tensors), SHAPE)
    step = mapped.steps[2]
    first, second = mapped.arena.addresses["a"], mapped.arena.addresses["b"]
    offsets = [offset for _, _, offset in walked(step, 24)]
    assert offsets[::2] == [first + pixel for pixel in range(12)]
    assert offsets[1::2] == [second + pixel for pixel in range(12)]
    assert (step.per_element, step.reduce, step.window) == (1, 1, 1)


def test_a_layer_is_cut_into_tiles() -> None:
    """5 filters on 2 columns; 2 channels of 2 x 2, 8 taps, on 3 rows."""
    network = convolution(np.random.default_rng(0), (2, 4, 4), 5, (2, 2))
    mapped = plan(network, SHAPE)
    (step,) = mapped.steps
    assert (step.tap_tiles, step.filter_tiles) == (2, 2)  # minus one
    # The last tile has one filter: one word of one code each pixel.
    assert step.last_groups == 0
    assert step.destination_plane == 9
    assert step.destination_tile == 2 * 9


@pytest.mark.parametrize(("channels", "word", "blocks"), [(1, 4, 1), (4, 4, 1), (9, 4, 3)])
def test_tiles_of_a_stream_are_blocks_of_channels(channels: int, word: int, blocks: int) -> None:
    assert Tiles.of(None, Layout.natural(channels), word) == Tiles(blocks, 1, channels)


def test_tiles_of_a_placed_layer() -> None:
    placement = Placement(
        filters=np.array([[0, 1], [2, -1]]),
        taps=np.array([[0, 1, 2], [3, -1, -1]]),
        active=np.zeros((3, 2), np.int64),
    )
    # Positions up to the last filter, which is in the third place.
    assert Tiles.of(placement, Layout.natural(1), 1) == Tiles(2, 2, 3)
