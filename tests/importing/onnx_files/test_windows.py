from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import Feature, natural
from hawx_hw.importing.onnx_files.windows import joined, window


def node(**attributes):
    return Node(Path("net.onnx"), "pool", "", "MaxPool", (), attributes, 1)


def source(height, width, padding=(0, 0, 0, 0)):
    shape = (2, height, width)
    return Feature("a", shape, natural(shape), 1, padding=padding, padding_label="pad")


def test_sizes_with_strides_and_dilation():
    made = window(node(strides=[2, 3], dilations=[1, 2], pads=[0, 1, 1, 1]), source(7, 9), (3, 3))
    assert made.padding == (0, 1, 1, 1)
    assert made.extent == (3, 5)
    assert made.size == (3, 3)
    assert made.beyond == (0, 0)


def test_rounding_up():
    made = window(node(strides=[2, 2], ceil_mode=1), source(6, 7), (3, 3))
    assert made.size == (3, 3)
    assert made.beyond == (1, 0)


def test_no_window_begins_behind_the_map():
    made = window(node(strides=[3, 3], pads=[0, 0, 1, 1], ceil_mode=1), source(6, 6), (2, 2))
    assert made.size == (2, 2)


@pytest.mark.parametrize(
    ("rule", "padding"),
    [("SAME_UPPER", (0, 1, 1, 1)), ("SAME_LOWER", (1, 1, 0, 1)), ("VALID", (0, 0, 0, 0))],
)
def test_rules(rule, padding):
    made = window(node(strides=[2, 1], auto_pad=rule), source(6, 6), (3, 3))
    assert made.padding == padding


def test_zeros_of_a_pad_before_count_as_the_map():
    made = window(node(auto_pad="SAME_UPPER"), source(6, 6, (1, 1, 1, 1)), (3, 3))
    assert made.size == (8, 8)
    assert joined(node(), source(6, 6, (1, 0, 0, 0)), (1, 1, 1, 1), (3, 3)) == (2, 1, 1, 1)
    with pytest.raises(UserError, match="with the zeros of 'pad', which must be smaller"):
        joined(node(), source(6, 6, (2, 0, 0, 0)), (1, 1, 1, 1), (3, 3))


@pytest.mark.parametrize(
    ("attributes", "kernel", "why"),
    [
        ({"pads": [-1, 0, 0, 0]}, (2, 2), "negative padding"),
        ({"pads": [0, 0]}, (2, 2), "must have 4 numbers as pads"),
        ({}, (7, 1), "larger than its padded map"),
        ({"dilations": [6, 1]}, (2, 2), "larger than its padded map"),
        ({"pads": [0, 0, 0, 2**62 - 1]}, (2, 2**62), "pads its map to 6 x 4,611"),
        ({}, (2,), "two numbers of at least 1"),
    ],
)
def test_refused(attributes, kernel, why):
    with pytest.raises(UserError, match=why):
        window(node(**attributes), source(6, 6), kernel)
