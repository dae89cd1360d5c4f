import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.joint_rounding import patches, round_together
from hawx_hw.compensation.per_filter import Compensated, by_filter
from hawx_hw.compensation.weight_remapping import remap_weights
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear
from tests.search.small import BLOCKS, small_graph, small_images


@pytest.mark.parametrize("remapping", [False, True])
@pytest.mark.parametrize("correction", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_does_what_compensation_does_on_the_exact_activations(correction, remapping, seed):
    graph = small_graph()
    images, _ = small_images(graph, 12)
    rows = np.broadcast_to(np.arange(3)[:, None], (2, 3, 3))
    space = Space.by_slice(graph, BLOCKS, {"b": rows})
    changes = Compensated(
        graph,
        space,
        images,
        bias_correction=correction,
        weights="one_by_one" if remapping else "none",
    )
    vector = np.random.default_rng(seed).integers(0, 3, space.units)
    assignment = space.assignment(vector)
    codes = reference.run_all(graph, images)
    for node, changed_node in zip(graph.nodes, changes(vector).nodes, strict=True):
        if not isinstance(node, (Conv2d, Linear)):
            assert changed_node is node
            continue
        layer, expected = assignment[node.name], node
        histograms = tap_histograms(node, codes[node.inputs[0]], -128)
        if remapping:
            expected = remap_weights(node, layer, histograms.reshape(-1, 256).sum(axis=0), -128)
        if correction:
            error = mean_sums(expected, layer, histograms) - mean_sums(node, None, histograms)
            expected = correct_bias(expected, error)
        assert (changed_node.weight == expected.weight).all()
        assert (changed_node.bias == expected.bias).all()


@pytest.mark.parametrize("seed", range(3))
def test_whole_filters_are_chosen_together(seed: int) -> None:
    """As by the layer's compensation; filters of several blocks one by one."""
    graph = small_graph()
    images, _ = small_images(graph, 12)
    rows = np.broadcast_to(np.arange(3)[:, None], (2, 3, 3))
    space = Space.by_slice(graph, BLOCKS, {"b": rows})
    together, alone = (
        Compensated(graph, space, images, weights=choice) for choice in ("together", "one_by_one")
    )
    vector = np.random.default_rng(seed).integers(0, 3, space.units)
    unit = space.unit("b")
    vector[np.unique(unit[0])] = 2
    vector[np.unique(unit[1])] = [1, 2, 1]
    assignment = space.assignment(vector)
    codes = reference.run_all(graph, images)
    one, other = together(vector), alone(vector)
    same = by_filter(graph, assignment, images, weights="together")
    nodes = zip(graph.nodes, one.nodes, other.nodes, same.nodes, strict=True)
    for node, changed, single, again in nodes:
        if not isinstance(node, (Conv2d, Linear)):
            continue
        layer, source = assignment[node.name], codes[node.inputs[0]]
        histograms = tap_histograms(node, source, -128)
        taps = histograms.reshape(-1, 256).sum(axis=0)
        expected = round_together(node, layer, patches(node, source, -128), taps, -128)
        choice = layer.choice.reshape(len(layer.choice), -1)
        whole = (choice == choice[:, :1]).all(axis=1)
        assert (changed.weight == again.weight).all() and (changed.bias == again.bias).all()
        assert (changed.weight[whole] == expected.weight[whole]).all()
        assert (changed.weight[~whole] == single.weight[~whole]).all()
        error = mean_sums(changed, layer, histograms) - mean_sums(node, None, histograms)
        assert np.abs(error).max() <= 0.5 + 1e-9


def test_exact_blocks_change_nothing():
    graph = small_graph()
    space = Space.by_filter(graph, BLOCKS)
    changed = Compensated(graph, space, small_images(graph)[0])(space.uniform(0))
    for node, changed_node in zip(graph.nodes, changed.nodes, strict=True):
        if isinstance(node, (Conv2d, Linear)):
            assert (changed_node.weight == node.weight).all()
            assert (changed_node.bias == node.bias).all()


class Narrow(type(by_name("exact"))):
    name = "narrow"
    activations = range(-128, 100)

    def multiply(self, a, b):
        return super().multiply(a, b) + 1


def test_refuses_blocks_that_do_not_take_the_codes():
    graph = small_graph()
    images, _ = small_images(graph, 2)
    space = Space.by_layer(graph, [BLOCKS[0], Narrow()])
    with pytest.raises(UserError, match="narrow accepts activation codes from -128 to 99"):
        Compensated(graph, space, images)


def test_refuses_to_calibrate_on_nothing():
    graph = small_graph()
    images, _ = small_images(graph, 2)
    with pytest.raises(ValueError, match="at least one image"):
        Compensated(graph, Space.by_layer(graph, BLOCKS), images[:0])


@pytest.mark.parametrize("weights", ["together", "one_by_one"])
def test_the_bias_takes_the_mean_of_what_is_skipped(weights) -> None:
    """A filter whose kernel is skipped in two of three rows: its sums are right on average."""
    graph = small_graph()
    images, _ = small_images(graph, 12)
    blocks = [by_name("exact"), by_name("none")]
    space = Space.by_granularity(graph, blocks, "kernel")
    vector = space.uniform(0)
    unit = space.unit("b")
    vector[np.unique(unit[1, :, :2])] = 1
    vector[np.unique(unit[2])] = 1
    changed = Compensated(graph, space, images, weights=weights)(vector)
    source = reference.run_all(graph, images)["pa"].astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(source, (3, 3), axis=(2, 3))
    means = []
    for each in (graph, changed):
        node = next(node for node in each.nodes if node.name == "b")
        used = node.weight.astype(np.int64)
        if each is changed:
            assert not used[1, :, :2].any() and not used[2].any()
            np.testing.assert_array_equal(used[1, :, 2], graph.nodes[2].weight[1, :, 2])
        means.append(np.einsum("nchwyx,fcyx->nfhw", windows, used).mean(axis=(0, 2, 3)) + node.bias)
    np.testing.assert_allclose(*means, atol=0.5)
