import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.blocks import Block, by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph import reference
from hawx_hw.graph.graph import (
    Add,
    Clamp,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
)
from hawx_hw.graph.random_graphs import ALL_KINDS, KINDS, random_codes, random_graph
from tests.graph import naive


@pytest.mark.parametrize("kinds", [KINDS, ALL_KINDS[len(KINDS) :]])
@given(st.integers(0, 2**32), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_equals_nested_loops(kinds, seed, layers):
    rng = np.random.default_rng(seed)
    sizes = {"max_size": 6, "max_channels": 4, "max_features": 6}
    graph = random_graph(rng, layers=layers, kinds=kinds, **sizes)
    images = random_codes(rng, graph, 4)[2:]
    results = reference.run_all(graph, images)
    for index, image in enumerate(images):
        for name, expected in naive.run_all(graph, image).items():
            np.testing.assert_array_equal(results[name][index], expected, err_msg=name)


@pytest.mark.parametrize(
    ("total", "multiplier", "shift", "code"),
    [
        # Halves go up, on both sides of zero.
        (1, 1, 1, 1),
        (-1, 1, 1, 0),
        (3, 1, 1, 2),
        (-3, 1, 1, -1),
        (-5, 1, 2, -1),
        (-6, 1, 2, -1),
        (-7, 1, 2, -2),
        (6, 1, 2, 2),
        (5, 1, 2, 1),
        (2**31 - 1, 1, 39, 0),
        (2**31 - 1, 65535, 39, 127),
        (-(2**31), 65535, 39, -128),
        (1000, 0, 5, 0),
        (3 << 30, 0, 1, None),
    ],
)
def test_the_rule(total, multiplier, shift, code):
    rule = Requantization([multiplier], shift, 0)
    totals = np.array([[total]], dtype=np.int64)
    if code is None:
        with pytest.raises(OverflowError, match="A sum does not fit int32"):
            reference.requantize(totals, rule)
    else:
        result = reference.requantize(totals, rule)
        assert result.dtype == np.int8
        assert result == code


def test_zero_point_comes_before_the_clamp():
    rule = Requantization([1], 1, 10, low=-3, high=20)
    totals = np.array([[-40, -26, -24, 0, 18, 20, 22, 400]])
    np.testing.assert_array_equal(
        reference.requantize(totals, rule), [[-3, -3, -2, 10, 19, 20, 20, 20]]
    )


def test_codes_of_a_coarser_grid():
    rule = Requantization([1], 1, 2, low=-20, high=127, step=8)
    # (total / 2 + 2) to the nearest multiple of 8, halves up; then the clamp, cut to the grid.
    totals = np.array([[-100, -28, -27, 3, 4, 19, 20, 243, 244, 400]])
    np.testing.assert_array_equal(
        reference.requantize(totals, rule), [[-24, -8, -8, 0, 8, 8, 16, 120, 120, 120]]
    )


@pytest.mark.parametrize("step", [0, 3, 256, -1])
def test_refuses_other_steps(step):
    with pytest.raises(ValueError, match="step must be a power of two"):
        Requantization([1], 1, 0, step=step)


class Table(Block):
    family = "test_table"

    def __init__(self, products):
        self._products = products

    def multiply(self, a, b):
        return self._products[a + 128, b + 128]

    implementations = ()

    def component(self, architecture=None):
        raise NotImplementedError


@given(st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_blocks_equal_nested_loops(seed):
    """Every weight with a block of its own choice, padding and zero points included."""
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=2, max_size=5, max_channels=3, max_features=4)
    blocks = [Table(rng.integers(-(2**15), 2**15, (256, 256), dtype=np.int32)) for _ in range(3)]
    assignment = {}
    for node in graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            which = rng.integers(0, 3, node.weight.shape)
            assignment[node.name] = LayerBlocks.by_weight(np.array(blocks, dtype=object)[which])
    images = random_codes(rng, graph, 2)
    results = reference.run_all(graph, images, assignment)
    for index, image in enumerate(images):
        for name, expected in naive.run_all(graph, image, assignment).items():
            np.testing.assert_array_equal(results[name][index], expected, err_msg=name)


def test_blocks_of_something_else():
    node = Clamp("c", ("input",), 0, Requantization([1], 1, 0))
    images = np.zeros((1, 3), np.int8)
    blocks = LayerBlocks.uniform(by_name("exact"), (3,))
    with pytest.raises(ValueError, match="does not multiply weights"):
        reference.run(single(node, (3,)), images, {"c": blocks})
    with pytest.raises(ValueError, match="must name nodes of the graph"):
        reference.run(single(node, (3,)), images, {"d": blocks})


def test_one_multiplier_a_channel():
    rule = Requantization([2, 4, 8], 1, 0)
    totals = np.ones((2, 3, 1, 2), np.int64) * 5
    result = reference.requantize(totals, rule)
    np.testing.assert_array_equal(result[1, :, 0, 1], [5, 10, 20])


def single(node: Node, shape, zero_point=0):
    source = Tensor(shape, 1.0, zero_point)
    return Graph("g", "input", (node,), {"input": source, node.name: source})


def test_padding_is_never_the_maximum():
    node = MaxPool2d("p", ("input",), (3, 3), (1, 1), (1, 1, 1, 1))
    images = np.full((1, 1, 2, 2), -128, np.int8)
    # A zero point above the codes must not leak in either.
    assert (reference.run(single(node, (1, 2, 2), 50), images) == -128).all()


def test_flatten_reads_channel_by_channel():
    images = np.arange(12, dtype=np.int8).reshape(1, 2, 2, 3)
    node = Flatten("f", ("input",))
    tensors = {"input": Tensor((2, 2, 3), 1.0, 0), "f": Tensor((12,), 1.0, 0)}
    result = reference.run(Graph("g", "input", (node,), tensors), images)
    np.testing.assert_array_equal(result, [np.arange(12)])


def test_a_sum_beyond_int32_is_an_error():
    bias = np.array([2**31 - 1], np.int32)
    node = Linear("l", ("input",), np.array([[127]], np.int8), bias, Requantization([1], 1, 0))
    graph = single(node, (1,))
    reference.run(graph, np.array([[0]], np.int8))
    with pytest.raises(OverflowError):
        reference.run(graph, np.array([[1]], np.int8))


def test_addition_of_a_tensor_to_itself():
    rule = Requantization([1, 3], 1, 0)
    node = Add("a", ("input", "input"), 0, rule)
    result = reference.run(single(node, (3,)), np.array([[1, -5, 100]], np.int8))
    np.testing.assert_array_equal(result, [[2, -10, 127]])


@pytest.mark.parametrize(
    "images", [np.zeros((1, 4), np.int8), np.zeros((1, 3), np.uint8), np.zeros(3, np.int8)]
)
def test_refuses_other_images(images):
    graph = single(Clamp("c", ("input",), 0, Requantization([1], 1, 0)), (3,))
    with pytest.raises(ValueError, match=r"Images must be int8 of shape \(batch, 3\), not"):
        reference.run(graph, images)


def test_nodes_without_sums():
    with pytest.raises(TypeError, match="Nodes of type Flatten have no sums"):
        reference.sums(Flatten("f", ("x",)), [np.zeros((1, 3), np.int8)], 0)
