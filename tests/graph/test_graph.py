import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Requantization,
    Tensor,
    fixed_point,
)

RULE = Requantization([1], 1, 0)


def conv(name="conv", source="input", shape=(2, 3, 3, 3), **settings):
    filters = shape[0]
    return Conv2d(
        name, (source,), np.zeros(shape, np.int8), np.zeros(filters, np.int32), RULE, **settings
    )


def graph(*nodes, **tensors):
    given_tensors = {"input": Tensor((3, 8, 8), 1.0, 0)} | tensors
    return Graph("g", "input", nodes, given_tensors)


def test_properties():
    flat = Flatten("flat", ("conv",))
    full = Linear("fc", ("flat",), np.zeros((4, 72), np.int8), np.zeros(4, np.int32), RULE)
    network = graph(
        conv(),
        flat,
        full,
        conv=Tensor((2, 6, 6), 1.0, 0),
        flat=Tensor((72,), 1.0, 0),
        fc=Tensor((4,), 1.0, 0),
    )
    assert network.output == "fc"
    assert network.macs == 2 * 3 * 9 * 36 + 4 * 72
    assert network.tensors["conv"].size == 72
    assert network.renamed("h").name == "h"


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "expected"),
    [
        ((8, 8), (3, 3), (1, 1), (0, 0, 0, 0), (6, 6)),
        ((8, 9), (3, 2), (2, 3), (0, 0, 0, 0), (3, 3)),
        ((8, 8), (3, 3), (2, 2), (1, 1, 1, 1), (4, 4)),
        ((1, 1), (3, 5), (1, 2), (2, 4, 1, 0), (2, 1)),
        ((5, 5), (5, 5), (3, 3), (0, 0, 0, 0), (1, 1)),
    ],
)
def test_window_shapes(size, kernel, stride, padding, expected):
    node = MaxPool2d("pool", ("input",), kernel, stride, padding)
    tensors = {"input": Tensor((3, *size), 1.0, 5), "pool": Tensor((3, *expected), 1.0, 5)}
    Graph("g", "input", (node,), tensors)
    wrong = tensors | {"pool": Tensor((3, expected[0] + 1, expected[1]), 1.0, 5)}
    with pytest.raises(ValueError, match="'pool' computes shape"):
        Graph("g", "input", (node,), wrong)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: graph(), "Graph must have at least one node"),
        (lambda: graph(conv(source="x"), conv=Tensor((2, 6, 6), 1.0, 0)), "reads 'x' before it is"),
        (lambda: graph(conv()), "Graph tensors must be exactly the input and the nodes' outputs"),
        (
            lambda: graph(conv(), conv(), conv=Tensor((2, 6, 6), 1.0, 0)),
            "Two tensors are named 'conv'",
        ),
        (
            lambda: graph(conv(), conv=Tensor((2, 6, 6), 1.0, 3)),
            "'conv' computes codes with the zero point 0, not 3",
        ),
        (
            lambda: graph(Flatten("f", ("input",)), f=Tensor((192,), 1.0, 1)),
            "'f' computes codes with the zero point 0, not 1",
        ),
        (
            lambda: graph(conv(shape=(2, 4, 3, 3)), conv=Tensor((2, 6, 6), 1.0, 0)),
            "Conv2d 'conv' expects 4 channels, not 3",
        ),
        (
            lambda: graph(conv(shape=(2, 3, 9, 3)), conv=Tensor((2, 6, 6), 1.0, 0)),
            r"'conv': the kernel \(9, 3\) is larger than the input",
        ),
        (lambda: conv(padding=(3, 0, 0, 0)), "must be smaller than the kernel"),
        (lambda: conv(padding=(0, -1, 0, 0)), "must have kernel, stride >= 1 and padding >= 0"),
        (lambda: conv(stride=(0, 1)), "must have kernel, stride >= 1 and padding >= 0"),
        (
            lambda: Linear(
                "l", ("x",), np.full((1, 1), -128, np.int8), np.zeros(1, np.int32), RULE
            ),
            r"Linear 'l' weight must lie in \[-127, 127\]",
        ),
        (
            lambda: Linear("l", ("x",), np.zeros((1, 1)), np.zeros(1, np.int32), RULE),
            "Linear 'l' weight must be int8 with 2 axes",
        ),
        (
            lambda: Linear("l", ("x",), np.zeros((1, 1), np.int8), np.zeros(1), RULE),
            r"Linear 'l' bias must be int32 of shape \(1,\)",
        ),
        (
            lambda: Linear(
                "l",
                ("x",),
                np.zeros((3, 1), np.int8),
                np.zeros(3, np.int32),
                Requantization([1, 2], 1, 0),
            ),
            "Linear 'l' must have one multiplier, or one a filter",
        ),
        (lambda: Add("a", ("x", "y"), 0, RULE), "Add 'a' must have two inputs and two multipliers"),
        (lambda: Clamp("c", ("x",), 0, Requantization([1, 1], 1, 0)), "Clamp 'c' must have one"),
        (
            lambda: AveragePool2d("p", ("x",), (2, 2), (1, 1), 0, Requantization([1, 1], 1, 0)),
            "AveragePool2d 'p' must have one multiplier",
        ),
        (
            lambda: Tensor((1, 2), 1.0, 0),
            r"Tensor shape must be \(C, H, W\) or \(N,\), not \(1, 2\)",
        ),
        (lambda: Tensor((1,), 0.0, 0), "Tensor scale must be positive, not 0.0"),
        (lambda: Tensor((1,), 1.0, 128), "Tensor zero point must be an int8 code, not 128"),
        (lambda: Requantization([65536], 1, 0), "a vector of 16-bit unsigned numbers"),
        (lambda: Requantization([-1], 1, 0), "a vector of 16-bit unsigned numbers"),
        (lambda: Requantization([1], 0, 0), r"shift must be in \[1, 39\], not 0"),
        (lambda: Requantization([1], 40, 0), r"shift must be in \[1, 39\], not 40"),
        (lambda: Requantization([1], 1, 0, 5, 4), r"clamp must lie in int8, not \[5, 4\]"),
        (lambda: Requantization([1], 1, -129), "zero point must be an int8 code, not -129"),
    ],
)
def test_refuses(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@given(st.lists(st.floats(2.0**-38, 32767), min_size=1, max_size=5))
def test_fixed_point_is_the_nearest_with_16_significant_bits(scales):
    multiplier, shift = fixed_point(np.array(scales))
    assert multiplier.max() <= 65535
    assert 1 <= shift <= 39
    assert multiplier.max() >= 32768 or shift == 39
    for scale, m in zip(scales, multiplier, strict=True):
        assert abs(m - scale * 2.0**shift) <= 0.5


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (1.0, ([32768], 15)),
        (32767.0, ([65534], 1)),
        (2.0**-38, ([2], 39)),
        (65535.4 / 65536, ([65535], 16)),
        (65535.6 / 65536, ([32768], 15)),
    ],
)
def test_fixed_point_examples(scale, expected):
    multiplier, shift = fixed_point(np.array([scale]))
    assert (multiplier.tolist(), shift) == expected


@pytest.mark.parametrize("scales", [[0.0], [2.0**-39], [32768.0], [-1.0, 1.0], [float("nan")]])
def test_fixed_point_refuses(scales):
    with pytest.raises(ValueError, match="Scales must be >= 0 and the largest in"):
        fixed_point(np.array(scales))
