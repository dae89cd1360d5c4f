"""Jacobians by backward passes against tangents carried forward, one unit vector a code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.graph import reference
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Concat,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    Lookup,
    MaxPool2d,
    Node,
    Tensor,
)
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.scores.jacobian import logit_jacobians


def ref_windows(x: np.ndarray, node: Conv2d | MaxPool2d | AveragePool2d, pad: float) -> np.ndarray:
    """``(batch, channels, rows, columns, kernel rows, kernel columns)``."""
    kernel = node.weight.shape[2:] if isinstance(node, Conv2d) else node.kernel
    top, left, bottom, right = node.padding
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=pad)
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    return view[:, :, :: node.stride[0], :: node.stride[1]]


def ref_slope(node: Node, inputs: list[np.ndarray], zero_point: int) -> np.ndarray:
    """Codes for each unit of the (requantized) sum, of one image; zero where it is clamped."""
    rule = node.requantization
    sums = reference.sums(node, inputs, zero_point)[0].astype(np.float64)
    gain = (
        np.ones(1)
        if isinstance(node, Add)
        else rule.multiplier.astype(np.float64).reshape(-1, *(1,) * (sums.ndim - 1))
    ) * 2.0**-rule.shift
    real = sums * gain + rule.zero_point
    return np.where((real >= rule.low) & (real <= rule.high), gain, 0.0)


def ref_tangent(
    node: Node, inputs: list[np.ndarray], tangents: list[np.ndarray], zero_point: int
) -> np.ndarray:
    """The node's tangent of each unit vector; ``inputs`` are one image's codes."""
    t = tangents[0]
    match node:
        case Conv2d():
            windows = ref_windows(t, node, 0)
            sums = np.einsum("bcyxij,fcij->bfyx", windows, node.weight.astype(np.float64))
        case Linear():
            sums = t @ node.weight.T.astype(np.float64)
        case AveragePool2d():
            sums = ref_windows(t, node, 0).sum(axis=(4, 5))
        case Add():
            first, second = node.requantization.multiplier
            sums = t * float(first) + tangents[1] * float(second)
        case Clamp():
            sums = t
        case MaxPool2d():
            windows = ref_windows(inputs[0], node, -128)[0]
            best = windows.reshape(*windows.shape[:3], -1).argmax(axis=-1)
            moved = ref_windows(t, node, 0)
            moved = moved.reshape(*moved.shape[:4], -1)
            return np.take_along_axis(moved, best[None, ..., None], axis=4)[..., 0]
        case Flatten():
            return t.reshape(len(t), -1)
    return sums * ref_slope(node, inputs, zero_point)


def ref_jacobian(graph: Graph, image: np.ndarray, name: str, *, sums: bool) -> np.ndarray:
    """``(classes, *shape)`` for one image ``(1, *shape)``, by forward mode."""
    codes = reference.run_all(graph, image)
    shape = graph.tensors[name].shape
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    tangents = {key: np.zeros((len(units), *t.shape)) for key, t in graph.tensors.items()}
    tangents[name] = units
    for node in graph.nodes:
        inputs = [codes[source] for source in node.inputs]
        zero_point = graph.tensors[node.inputs[0]].zero_point
        if node.name == name:
            if sums:
                tangents[name] = units * ref_slope(node, inputs, zero_point)
            continue
        moved = ref_tangent(node, inputs, [tangents[s] for s in node.inputs], zero_point)
        tangents[node.name] = moved
    jacobians = tangents[graph.output].reshape(len(units), -1) * graph.tensors[graph.output].scale
    return jacobians.T.reshape(-1, *shape)


@pytest.mark.parametrize("seed", range(12))
def test_every_tensor_and_every_sum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, max_size=6, max_channels=4, max_features=8)
    images = random_codes(rng, graph, 2)
    weighted = [n.name for n in graph.nodes if isinstance(n, (Conv2d, Linear))]
    jacobians = logit_jacobians(
        graph, reference.run_all(graph, images), tensors=list(graph.tensors), sums=weighted
    )
    assert list(jacobians.codes) == list(graph.tensors)
    assert list(jacobians.sums) == weighted
    for index in range(len(images)):
        image = images[index : index + 1]
        for results, sums in ((jacobians.codes, False), (jacobians.sums, True)):
            for name, result in results.items():
                expected = ref_jacobian(graph, image, name, sums=sums)
                assert result.dtype == np.float32
                np.testing.assert_allclose(
                    result[:, index], expected, rtol=1e-4, atol=1e-6, err_msg=name
                )


def test_the_output_answers_to_itself_by_its_scale() -> None:
    graph = random_graph(np.random.default_rng(3), layers=2, kinds=("linear",))
    codes = reference.run_all(graph, random_codes(np.random.default_rng(4), graph, 3))
    jacobians = logit_jacobians(graph, codes, tensors=[graph.output]).codes[graph.output]
    size = graph.tensors[graph.output].size
    expected = np.eye(size)[:, None].repeat(3, axis=1) * graph.tensors[graph.output].scale
    np.testing.assert_array_equal(jacobians, expected.astype(np.float32))


def test_unknown_names() -> None:
    graph = random_graph(np.random.default_rng(3), layers=2, kinds=("linear",))
    codes = reference.run_all(graph, random_codes(np.random.default_rng(4), graph, 1))
    with pytest.raises(ValueError, match=r"Tensors must be the graph's, not \['nothing'\]"):
        logit_jacobians(graph, codes, tensors=["nothing"])
    with pytest.raises(ValueError, match="Sums must be the graph's"):
        logit_jacobians(graph, codes, sums=[graph.input])


def dense(node: Conv2d) -> Conv2d:
    """The same convolution in one group, without dilation: with zeros between the weights."""
    filters, channels = node.weight.shape[:2]
    weight = np.zeros((filters, node.channels, *node.extent), dtype=np.int8)
    for f in range(filters):
        first = f // (filters // node.groups) * channels
        taps = weight[f, first : first + channels, :: node.dilation[0], :: node.dilation[1]]
        taps[:] = node.weight[f]
    return replace(node, weight=weight, groups=1, dilation=(1, 1))


@pytest.mark.parametrize("seed", range(4))
def test_groups_and_dilation_by_dense_convolutions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(
        rng, layers=3, max_size=7, max_channels=4, kinds=("grouped", "dilated"), output="vector"
    )
    nodes = tuple(dense(node) if isinstance(node, Conv2d) else node for node in graph.nodes)
    codes = reference.run_all(graph, random_codes(rng, graph, 3))
    weighted = [node.name for node in nodes if isinstance(node, Conv2d)]
    names = {"tensors": list(graph.tensors), "sums": weighted}
    result = logit_jacobians(graph, codes, **names)
    expected = logit_jacobians(replace(graph, nodes=nodes), codes, **names)
    for name in names["tensors"]:
        np.testing.assert_allclose(result.codes[name], expected.codes[name], atol=1e-6)
    for name in names["sums"]:
        np.testing.assert_allclose(result.sums[name], expected.sums[name], atol=1e-6)


def test_slopes_of_a_table_and_of_a_concatenation() -> None:
    table = np.arange(-128, 128)
    table[100:] = np.minimum(table[100:] * 2 + 28, 127)
    nodes = (
        Lookup("l", ("input",), table.astype(np.int8), 0),
        Concat("c", ("l", "input")),
    )
    tensors = {n: Tensor((4 if n == "c" else 2,), 0.5, 0) for n in ("input", "l", "c")}
    graph = Graph("g", "input", nodes, tensors)
    codes = reference.run_all(graph, np.array([[-90, 20]], np.int8))
    result = logit_jacobians(graph, codes, tensors=["input"]).codes["input"][:, 0]
    np.testing.assert_allclose(result, [[0.5, 0], [0, 1.0], [0.5, 0], [0, 0.5]])
