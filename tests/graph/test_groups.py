"""Groups and phases of dilation, put together again, against the reference."""

import numpy as np
import pytest

from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear, Requantization
from hawx_hw.graph.groups import filter_group, is_plain, padded_input, phases, split

RNG = np.random.default_rng(0)
RULE = Requantization(np.arange(1, 7), 8, 3)


def convolution(groups=1, dilation=(1, 1), stride=(1, 1), padding=(0, 0, 0, 0)):
    weight = RNG.integers(-127, 128, (6, 6 // groups, 3, 2)).astype(np.int8)
    bias = RNG.integers(-99, 99, 6).astype(np.int32)
    return Conv2d("c", ("x",), weight, bias, RULE, stride, padding, groups, dilation)


def test_plain():
    linear = Linear("l", ("x",), np.ones((6, 2), np.int8), np.zeros(6, np.int32), RULE)
    assert is_plain(linear)
    assert is_plain(convolution())
    assert not is_plain(convolution(groups=2))
    assert not is_plain(convolution(dilation=(1, 2)))
    assert filter_group(linear).tolist() == [0] * 6
    assert filter_group(convolution(groups=3)).tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_groups_are_convolutions_of_their_channels(groups):
    node = convolution(groups, padding=(1, 0, 1, 1))
    x = RNG.integers(-128, 128, (2, 6, 5, 4)).astype(np.int8)
    whole = reference.evaluate(node, [x], -5)
    parts = list(split(node))
    assert len(parts) == groups
    for filters, channels, part in parts:
        assert part.groups == 1
        codes = reference.evaluate(part, [x[:, channels]], -5)
        np.testing.assert_array_equal(codes, whole[:, filters])


@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (2, 3), (4, 6), (6, 4)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3), (4, 6), (3, 2)])
def test_phases_are_ordinary_convolutions(dilation, stride):
    node = convolution(dilation=dilation, stride=stride, padding=(1, 1, 2, 0))
    x = RNG.integers(-128, 128, (2, 6, 17, 16)).astype(np.int8)
    whole = reference.evaluate(node, [x], 7)
    padded = padded_input(node, x, 7)
    written = np.zeros(whole.shape, dtype=int)
    for phase in phases(node, *whole.shape[2:]):
        plain = Conv2d("c", ("x",), node.weight, node.bias, RULE, phase.stride)
        codes = reference.evaluate(plain, [padded[:, :, phase.inputs[0], phase.inputs[1]]], 7)
        expected = whole[:, :, phase.outputs[0], phase.outputs[1]]
        np.testing.assert_array_equal(
            codes[..., : expected.shape[2], : expected.shape[3]], expected
        )
        written[:, :, phase.outputs[0], phase.outputs[1]] += 1
    assert (written == 1).all()


def test_padding_has_the_code_of_the_zero_point():
    padded = padded_input(convolution(padding=(1, 0, 2, 1)), np.zeros((1, 6, 1, 1), np.int8), -9)
    assert padded.dtype == np.int8
    assert padded[0, 5].tolist() == [[-9, -9], [0, -9], [-9, -9], [-9, -9]]
