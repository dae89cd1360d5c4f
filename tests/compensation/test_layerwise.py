"""Free accuracy: nothing changes for exact blocks, and errors shrink for others."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation import compensate
from hawx_hw.compensation.activation_rounding import round_activations
from hawx_hw.compensation.layerwise import _layer_by_layer
from hawx_hw.datasets import load
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.emulation import Emulator
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.graph.storage import save_graph
from hawx_hw.networks import load as load_network
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from tests.synthetic_blocks import random_assignment


def uniform(graph: Graph, name: str) -> dict[str, LayerBlocks]:
    block = by_name(name)
    return {
        node.name: LayerBlocks.uniform(block, node.weight.shape)
        for node in graph.nodes
        if isinstance(node, (Conv2d, Linear))
    }


def content(graph: Graph, folder) -> bytes:
    save_graph(graph, folder / "graph")
    return (folder / "graph.npz").read_bytes() + (folder / "graph.json").read_bytes()


@pytest.mark.parametrize("seed", range(5))
def test_exact_blocks_change_nothing(seed: int, tmp_path) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4)
    changed, report = compensate(graph, uniform(graph, "exact"), random_codes(rng, graph, 4))
    assert content(changed, tmp_path) == content(graph, tmp_path)
    assert all(entry.weights_changed == 0 and entry.error_before == 0 for entry in report)


@pytest.mark.parametrize("seed", range(12))
def test_mean_errors_vanish_whatever_the_zero_points(seed: int) -> None:
    """By the reference's own sums: each filter's mean is right to half a unit, layer after layer.

    The zero points of random graphs are anywhere, and so are the paddings.
    """
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=3, max_size=7, kinds=("conv", "maxpool", "add", "linear"))
    assignment = random_assignment(rng, graph)
    images = random_codes(rng, graph, 6)
    changed, report = compensate(
        graph, assignment, images, weights=("none", "one_by_one", "together")[seed % 3]
    )
    values = reference.run_all(changed, images, assignment)
    originals = {node.name: node for node in graph.nodes}
    checked = 0
    for node in changed.nodes:
        if not isinstance(node, (Conv2d, Linear)):
            continue
        inputs = [values[name] for name in node.inputs]
        point = graph.tensors[node.inputs[0]].zero_point
        approximate = reference.sums(node, inputs, point, assignment.get(node.name))
        exact = reference.sums(originals[node.name], inputs, point)
        axes = (0, *range(2, approximate.ndim))
        error = (approximate - exact).mean(axis=axes)
        assert np.abs(error).max() <= 0.5 + 1e-9
        assert report[checked].error_after == pytest.approx(np.abs(error).max())
        checked += 1
    assert checked == len(report) > 0


def test_means_are_needed_where_weights_are_chosen_together() -> None:
    rng = np.random.default_rng(4)
    graph = random_graph(rng, layers=3)
    assignment, images = uniform(graph, "precision(4,4)"), random_codes(rng, graph, 5)
    with pytest.raises(ValueError, match="chosen together need bias_correction"):
        compensate(graph, assignment, images, weights="together", bias_correction=False)


def test_the_same_images_give_the_same_bytes(tmp_path) -> None:
    rng = np.random.default_rng(3)
    graph = random_graph(rng, layers=4)
    assignment, images = random_assignment(rng, graph), random_codes(rng, graph, 5)
    once, _ = compensate(graph, assignment, images)
    again, _ = compensate(graph, assignment, images)
    assert content(once, tmp_path) == content(again, tmp_path)


def test_what_is_switched_off_stays() -> None:
    rng = np.random.default_rng(4)
    graph = random_graph(rng, layers=3)
    assignment, images = uniform(graph, "precision(4,4)"), random_codes(rng, graph, 5)
    off = {"bias_correction": False, "weights": "none", "activation_rounding": False}
    same, _ = compensate(graph, assignment, images, **off)
    assert same == graph or all(
        one is other for one, other in zip(same.nodes, graph.nodes, strict=True)
    )
    biased, _ = compensate(graph, assignment, images, **off | {"bias_correction": True})
    for one, other in zip(biased.nodes, graph.nodes, strict=True):
        if isinstance(one, (Conv2d, Linear)) and isinstance(other, (Conv2d, Linear)):
            np.testing.assert_array_equal(one.weight, other.weight)
            assert one.requantization.step == other.requantization.step


@pytest.fixture(scope="module")
def lenet():
    dataset = load("digits")
    network = load_network("lenet5", dataset, None)
    images = evenly_spaced(dataset.train, 256).images
    return quantize(network, images, name="lenet5_digits"), codes(images), dataset.test


@pytest.mark.parametrize(
    ("name", "lost", "left"),
    [("array(3,3,0)", 10, 2), ("array(3,0,0)", 1, 1), ("precision(4,4)", 15, 2)],
)
def test_a_coarse_block_costs_little(lenet, name: str, lost: float, left: float) -> None:
    """The accuracy drop without compensation, at least, and with it, at most."""
    graph, images, test = lenet
    assignment = uniform(graph, name)
    exact = Emulator(graph).accuracy(test.images, test.labels)
    plain = Emulator(graph).accuracy(test.images, test.labels, assignment)
    changed, _ = compensate(graph, assignment, images)
    compensated = Emulator(changed).accuracy(test.images, test.labels, assignment)
    assert 100 * (exact - plain) >= lost
    assert 100 * (exact - compensated) <= left


@pytest.mark.parametrize("name", ["drum(k=3)", "mitchell(w=2)", "array(3,3,0)", "precision(3,8)"])
@pytest.mark.parametrize("seed", range(3))
def test_remapping_brings_the_outputs_nearer(name: str, seed: int) -> None:
    """Outputs are nearer to exact ones than with all weights remapped, or none."""
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, max_size=8, kinds=("conv", "add", "linear"))
    assignment, images = uniform(graph, name), random_codes(rng, graph, 16)
    exact = reference.run(graph, images).astype(int)

    def error(changed: Graph) -> int:
        return int(((reference.run(changed, images, assignment) - exact) ** 2).sum())

    rounded = round_activations(graph, assignment)
    every = _layer_by_layer(graph, rounded, assignment, images, "all", True, lambda done: None)
    best = _layer_by_layer(graph, rounded, assignment, images, "best", True, lambda done: None)
    changed, _ = compensate(graph, assignment, images, weights="one_by_one")
    assert error(changed) == min(error(every[0]), error(best[0]))


def test_no_filter_gets_worse() -> None:
    """In a single layer, the best of each filter is at least as good as its weights were."""
    rng = np.random.default_rng(8)
    graph = random_graph(rng, layers=1, kinds=("conv",), output="map", max_channels=9)
    (node,) = (node for node in graph.nodes if isinstance(node, Conv2d))
    assignment, images = uniform(graph, "drum(k=3)"), random_codes(rng, graph, 20)
    exact = reference.run_all(graph, images)[node.name].astype(int)
    errors = []
    for remapping in ("none", "all", "best"):
        changed, _, _ = _layer_by_layer(
            graph, graph, assignment, images, remapping, True, lambda done: None
        )
        codes_ = reference.run_all(changed, images, assignment)[node.name]
        errors.append(((codes_ - exact) ** 2).sum(axis=(0, 2, 3)))
    assert (errors[2] <= np.minimum(errors[0], errors[1])).all()
    assert (errors[2] < errors[0]).any()


def test_unknown_nodes() -> None:
    rng = np.random.default_rng(4)
    graph = random_graph(rng, layers=1)
    with pytest.raises(ValueError, match="must name nodes of the graph"):
        compensate(graph, {"x": next(iter(uniform(graph, "exact").values()))}, graph.tensors)  # type: ignore[arg-type]
