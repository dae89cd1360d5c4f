from collections import Counter

import numpy as np
import pytest

from hawx_hw.graph import reference
from hawx_hw.graph.graph import Add, AveragePool2d, Clamp, Concat, Conv2d, Linear, Lookup, MaxPool2d
from hawx_hw.graph.random_graphs import ALL_KINDS, KINDS, random_codes, random_graph
from hawx_hw.graph.storage import graph_files, save_graph


@pytest.fixture(scope="module")
def graphs():
    return [random_graph(np.random.default_rng(seed), layers=1 + seed % 4) for seed in range(300)]


def test_same_generator_same_graph(tmp_path):
    for name in ("a", "b"):
        save_graph(random_graph(np.random.default_rng(7), layers=4), tmp_path / name)
    a, b = (graph_files(tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in a] == [path.read_bytes() for path in b]


def test_every_kind_and_shape_occurs(graphs):
    nodes = [node for graph in graphs for node in graph.nodes]
    kinds = Counter(type(node) for node in nodes)
    for kind in (Conv2d, Linear, MaxPool2d, AveragePool2d, Add, Clamp):
        assert kinds[kind] > 40
    convolutions = [node for node in nodes if isinstance(node, Conv2d)]
    for axis in (2, 3):
        assert {node.weight.shape[axis] for node in convolutions} == set(range(1, 8))
    assert {node.weight.shape[0] for node in convolutions} == set(range(1, 14))
    assert {node.stride for node in convolutions} == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}
    assert any(len(set(node.padding)) == 4 for node in convolutions)
    pools = [node for node in nodes if isinstance(node, MaxPool2d)]
    assert any(node.kernel[0] > node.stride[0] and any(node.padding) for node in pools)
    assert any(node.inputs[0] != node.inputs[1] for node in nodes if isinstance(node, Add))
    outputs = Counter(len(graph.tensors[graph.output].shape) for graph in graphs)
    assert min(outputs[1], outputs[3]) > 60


def test_every_kind_that_the_graph_can_describe_occurs():
    graphs = [
        random_graph(np.random.default_rng(seed), layers=3, kinds=ALL_KINDS) for seed in range(150)
    ]
    nodes = [node for graph in graphs for node in graph.nodes]
    kinds = Counter(type(node) for node in nodes)
    assert min(kinds[kind] for kind in (Concat, Lookup)) > 20
    convolutions = [node for node in nodes if isinstance(node, Conv2d)]
    depthwise = [n for n in convolutions if n.groups == n.channels > 1]
    assert len(depthwise) > 10
    assert any(len(node.weight) > node.groups for node in depthwise)
    assert any(1 < node.groups < node.channels for node in convolutions)
    assert any(max(node.dilation) > 1 and max(node.stride) > 1 for node in convolutions)
    assert any(max(n.dilation) > 1 and any(n.padding) for n in convolutions)


def test_codes_spread_over_their_range(graphs):
    ends, used = [], []
    for seed, graph in enumerate(graphs):
        values = reference.run_all(graph, random_codes(np.random.default_rng(seed), graph, 8))
        for node in graph.nodes:
            rule = getattr(node, "requantization", None)
            codes = values[node.name]
            if rule is not None and codes.size > 200:
                ends.append(np.mean((codes == rule.low) | (codes == rule.high)))
                used.append(len(np.unique(codes)))
    assert np.median(ends) < 0.1
    assert np.percentile(ends, 90) < 0.7
    assert np.median(used) > 80


def test_random_codes_hold_extremes():
    graph = random_graph(np.random.default_rng(0))
    codes = random_codes(np.random.default_rng(0), graph, 9)
    assert codes.dtype == np.int8
    assert codes.shape == (9, *graph.tensors["input"].shape)
    assert set(np.unique(codes[3])) <= {-128, 0, 127}


def test_limits_are_respected():
    for seed in range(60):
        graph = random_graph(
            np.random.default_rng(seed),
            layers=3,
            max_size=5,
            max_channels=3,
            max_features=4,
            max_kernel=2,
            max_stride=1,
            kinds=("conv", "linear"),
            output="vector",
            name="small",
        )
        assert graph.name == "small"
        channels, *size = graph.tensors["input"].shape
        assert max(size) <= 5
        assert channels <= 3
        assert len(graph.tensors[graph.output].shape) == 1
        for node in graph.nodes:
            assert not isinstance(node, MaxPool2d | AveragePool2d | Add | Clamp)
            if isinstance(node, Conv2d):
                assert max(node.weight.shape[2:]) <= 2
                assert node.stride == (1, 1)
                assert node.weight.shape[0] <= 3
            if isinstance(node, Linear):
                assert node.weight.shape[0] <= 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("output", ["map", "vector", None])
def test_each_kind_alone(kind, output):
    if kind == "linear" and output == "map":
        with pytest.raises(ValueError, match="Kinds must contain more than 'linear'"):
            random_graph(np.random.default_rng(0), kinds=[kind], output=output)
        return
    for seed in range(10):
        graph = random_graph(np.random.default_rng(seed), kinds=[kind], output=output)
        axes = len(graph.tensors[graph.output].shape)
        assert axes == {"map": 3, "vector": 1}.get(output, axes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": 0}, "Layers must be at least 1, not 0"),
        ({"max_kernel": 0}, "Max kernel must be at least 1, not 0"),
        (
            {"kinds": ["pool"]},
            "Kinds must be some of conv, linear, maxpool, avgpool, add, clamp, grouped",
        ),
        ({"kinds": []}, "Kinds must be some of"),
        ({"output": "scalar"}, "Output must be 'map', 'vector' or None, not 'scalar'"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        random_graph(np.random.default_rng(0), **arguments)
