import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from hawx_hw.graph import fast, reference
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Concat,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    Lookup,
    Requantization,
    Tensor,
    output_shape,
)
from hawx_hw.graph.random_graphs import ALL_KINDS, KINDS, random_codes, random_graph


def assert_equal(graph, images):
    expected, results = reference.run_all(graph, images), fast.run_all(graph, images)
    assert expected.keys() == results.keys()
    for name, codes in expected.items():
        assert results[name].dtype == np.int8
        np.testing.assert_array_equal(results[name], codes, err_msg=name)


@given(st.integers(0, 2**32), st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_equals_the_reference(seed, layers):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=layers, kinds=ALL_KINDS if seed % 2 else KINDS)
    assert_equal(graph, random_codes(rng, graph, 5))


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_equals_the_reference_with_any_multiplier_and_shift(seed):
    """Rounding shows where the shift keeps low bits; random graphs alone use few shifts."""
    rng = np.random.default_rng(seed)
    shift = int(rng.integers(1, 40))
    rule = Requantization(rng.integers(0, 65536, 6), shift, int(rng.integers(-128, 128)))
    bias = rng.integers(-(2**24), 2**24, 6).astype(np.int32) >> int(rng.integers(0, 24))
    node = Linear("l", ("input",), rng.integers(-127, 128, (6, 9)).astype(np.int8), bias, rule)
    tensors = {"input": Tensor((9,), 1.0, 0), "l": Tensor((6,), 1.0, rule.zero_point)}
    graph = Graph("g", "input", (node,), tensors)
    assert_equal(graph, random_codes(rng, graph, 40))


def wide(kind, inputs, total):
    """A node with ``inputs`` weights of -127 whose sum is ``total``, and the codes for it."""
    rule = Requantization([1], 1, 0)
    codes = np.full(inputs, -128, np.int8)
    weight = np.full((1, inputs), -127, np.int8)
    bias = np.array([total - 127 * 128 * inputs], np.int32)
    if kind is Linear:
        node = Linear("n", ("input",), weight, bias, rule)
        shapes = (inputs,), (1,)
    else:
        node = Conv2d("n", ("input",), weight.reshape(1, -1, 1, 1), bias, rule)
        shapes = (inputs, 1, 1), (1, 1, 1)
    tensors = {
        name: Tensor(shape, 1.0, 0) for name, shape in zip(("input", "n"), shapes, strict=True)
    }
    return Graph("g", "input", (node,), tensors), codes.reshape(1, *shapes[0])


@pytest.mark.parametrize("kind", [Linear, Conv2d])
def test_sums_beyond_what_float32_holds(kind):
    graph, codes = wide(kind, 1101, 1)
    codes[0].flat[5] = -127  # an odd product: 17,897,729 needs 25 bits
    for total in range(-3, 4):
        node = graph.nodes[0]
        bias = node.bias + total
        changed = type(node)(node.name, node.inputs, node.weight, bias, node.requantization)
        assert_equal(Graph("g", "input", (changed,), graph.tensors), codes)


@pytest.mark.parametrize(
    ("weights", "kind"),
    [(131072, np.float32), (131073, np.float64), (131072 * 2, np.float64)],
)
def test_exact_type_is_chosen_by_the_worst_filter(weights, kind):
    weight = np.zeros((2, 4000), np.int8)
    full, rest = divmod(weights, 127)
    weight[1, :full] = 127
    weight[1, full] = -rest
    assert fast.exact_type(weight) is kind
    assert fast.exact_type(weight.reshape(2, 40, 10, 10)) is kind


def test_an_overflow_is_an_error_here_too():
    graph, codes = wide(Linear, 3, 2**31 - 1)
    assert_equal(graph, codes)
    node = graph.nodes[0]
    bigger = Linear("n", ("input",), node.weight, node.bias + 1, node.requantization)
    for run in (reference.run, fast.run):
        with pytest.raises(OverflowError, match="A sum does not fit int32"):
            run(Graph("g", "input", (bigger,), graph.tensors), codes)


def test_extremes_of_add_and_average():
    for zero_point in (-128, 127):
        rule = Requantization([65535, 65535], 17, 5)
        bias = -2 * zero_point * 65535
        add = Add("a", ("input", "input"), bias, rule)
        pool = AveragePool2d(
            "p", ("a",), (2, 2), (1, 1), -20, Requantization([65535], 18, -3), (1, 1, 1, 1)
        )
        tensors = {
            "input": Tensor((1, 2, 2), 1.0, zero_point),
            "a": Tensor((1, 2, 2), 1.0, 5),
            "p": Tensor((1, 3, 3), 1.0, -3),
        }
        graph = Graph("g", "input", (add, pool), tensors)
        assert_equal(graph, np.array([[[[-128, 127], [0, -1]]]], np.int8))


def test_accuracy_counts_the_first_of_equals_over_batches():
    rule = Requantization([2], 1, 0)
    weight = np.eye(4, dtype=np.int8)
    node = Linear("l", ("input",), weight, np.zeros(4, np.int32), rule)
    flat = Graph("g", "input", (node,), {k: Tensor((4,), 1.0, 0) for k in ("input", "l")})
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (450, 4)).astype(np.uint8)
    images[3] = images[3, 0]
    labels = images.argmax(axis=1)
    labels[:45] = (labels[:45] + 1) % 4
    calls = []
    share = fast.accuracy(flat, images, labels, progress=lambda *call: calls.append(call))
    assert share == 405 / 450
    assert calls == [(200, 450), (400, 450), (450, 450)]


@pytest.mark.parametrize(("images", "labels"), [(0, 0), (2, 3)])
def test_accuracy_refuses(images, labels):
    graph = random_graph(np.random.default_rng(0))
    with pytest.raises(ValueError, match="as many labels as images and at least one"):
        fast.accuracy(graph, np.zeros((images, 1), np.uint8), np.zeros(labels, np.int64))


def test_run_refuses_other_images():
    graph = random_graph(np.random.default_rng(0))
    with pytest.raises(ValueError, match="Images must be int8 of shape"):
        fast.run(graph, np.zeros((1, 99, 99, 99), np.int8))


@pytest.mark.parametrize(
    ("groups", "filters", "channels", "kernel", "stride", "padding", "dilation"),
    [
        (4, 4, 4, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
        (4, 8, 4, (3, 2), (2, 1), (0, 0, 2, 0), (1, 1)),
        (2, 6, 4, (3, 3), (1, 2), (1, 0, 1, 0), (1, 1)),
        (1, 3, 4, (3, 2), (2, 2), (3, 1, 2, 2), (2, 3)),
        (4, 4, 4, (2, 3), (2, 1), (1, 2, 1, 0), (3, 2)),
    ],
)
def test_groups_and_dilation_equal_the_reference(
    groups, filters, channels, kernel, stride, padding, dilation
):
    rng = np.random.default_rng(groups)
    node = Conv2d(
        "c",
        ("input",),
        rng.integers(-127, 128, (filters, channels // groups, *kernel)).astype(np.int8),
        rng.integers(-5000, 5000, filters).astype(np.int32),
        Requantization(rng.integers(100, 400, filters), 16, 7),
        stride,
        padding,
        groups,
        dilation,
    )
    source = Tensor((channels, 9, 8), 1.0, -3)
    shape = output_shape(node, [source.shape])
    graph = Graph("g", "input", (node,), {"input": source, "c": Tensor(shape, 1.0, 7)})
    images = random_codes(rng, graph, 3)
    assert_equal(graph, images)
    # And the reference a sum in full, as torch takes it.
    padded = np.pad(images + 3.0, ((0, 0), (0, 0), padding[::2], padding[1::2]))
    sums = functional.conv2d(
        torch.from_numpy(padded), torch.from_numpy(node.weight.astype(np.float64)),
        None, stride, 0, dilation, groups,
    )  # fmt: skip
    whole = reference.sums(node, [images], -3) - node.bias.reshape(-1, 1, 1)
    zero = -3 * node.weight.reshape(filters, -1).astype(int).sum(axis=1).reshape(-1, 1, 1)
    np.testing.assert_array_equal(whole - zero, sums.numpy())


def test_concatenation_and_look_up_equal_the_reference():
    rng = np.random.default_rng(0)
    table = rng.permutation(np.arange(-128, 128)).astype(np.int8)
    nodes = (
        Lookup("l", ("input",), table, 5),
        Lookup("m", ("input",), table[::-1].copy(), 5),
        Concat("c", ("l", "m", "l")),
        Flatten("f", ("c",)),
    )
    tensors = {
        "input": Tensor((2, 3, 1), 1.0, 0),
        "l": Tensor((2, 3, 1), 1.0, 5),
        "m": Tensor((2, 3, 1), 1.0, 5),
        "c": Tensor((6, 3, 1), 1.0, 5),
        "f": Tensor((18,), 1.0, 5),
    }
    graph = Graph("g", "input", nodes, tensors)
    images = random_codes(rng, graph, 50)
    assert_equal(graph, images)
    first = [int(table[code + 128]) for code in images[0].ravel().tolist()]
    second = [int(table[127 - code]) for code in images[0].ravel().tolist()]
    assert fast.run(graph, images)[0].tolist() == first + second + first
