"""Profiles against emulation: exact where the first order is all there is."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.emulation import Emulator
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.scores.jacobian import logit_jacobians
from hawx_hw.scores.measure import measure
from hawx_hw.scores.scores import shifted_logits
from tests.scores.networks import blocks, network, profiled
from tests.synthetic_blocks import Biased


def real(graph, codes: np.ndarray) -> np.ndarray:
    tensor = graph.tensors[graph.output]
    return (codes.reshape(len(codes), -1).astype(float) - tensor.zero_point) * tensor.scale


@pytest.mark.parametrize("seed", range(8))
def test_one_layer_under_any_assignment_by_filter(seed: int) -> None:
    """Nothing comes after the errors were carried: the shifted logits are the emulated ones."""
    graph, images, labels = network(seed, layers=1, kinds=("linear",))
    used = [*blocks(), Biased()]
    off = {"bias_correction": False, "weights": "none"}
    profile = measure(graph, used, images, labels, threads=1, **off)
    choice = np.random.default_rng(seed).integers(0, len(used), profile.units)
    (shifted,) = shifted_logits(profile, choice)
    codes = reference.run(graph, images, profile.assignment(choice, used))
    np.testing.assert_allclose(shifted, real(graph, codes), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(profile.labels, labels)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "kinds",
    [("conv", "maxpool", "linear"), ("grouped", "dilated", "lookup", "concat", "linear")],
)
def test_the_last_layer_of_a_network(seed: int, kinds: tuple[str, ...]) -> None:
    graph, images, labels = network(seed, layers=3, kinds=kinds)
    profile = measure(
        graph, blocks(), images, labels, threads=1, bias_correction=False, weights="none"
    )
    for block in range(1, len(blocks())):
        layers = np.zeros(len(profile.layers), dtype=int)
        layers[-1] = block
        choice = profile.by_layer(layers)
        last = next(n for n in reversed(graph.nodes) if isinstance(n, (Conv2d, Linear)))
        assert profile.layers[-1] == last.name
        (shifted,) = shifted_logits(profile, choice)
        codes = Emulator(graph, threads=1).run(images, profile.assignment(choice, blocks()))
        np.testing.assert_allclose(shifted, real(graph, codes), rtol=1e-5, atol=1e-6)


def test_exact_blocks_score_nothing_and_metrics_are_those_of_the_graph() -> None:
    graph, images, _ = network(5)
    profile = profiled(5)
    for name in ("shifts", "code_square", "mean", "variance", "absolute"):
        values = getattr(profile, name)
        assert (values[:, 0] == 0).all()
        assert name == "mean" or (values[:, 1:] != 0).any()
    assert (profile.mean == 0).all()  # the bias takes it back
    assert profile.macs.sum() == graph.macs
    np.testing.assert_array_equal(profile.logits, real(graph, reference.run(graph, images)))
    weighted = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    assert profile.units == sum(len(node.weight) for node in weighted)
    np.testing.assert_array_equal(profile.weights.sum(axis=1), [n.weight.size for n in weighted])


def test_a_profile_does_not_depend_on_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = profiled(2)
    monkeypatch.setattr("hawx_hw.scores.measure._BATCH_BYTES", 1)
    progress: list[tuple[int, int]] = []
    parts = profiled(2, progress=lambda done, total: progress.append((done, total)))
    assert progress == [(n, 7) for n in range(1, 8)]
    for name in ("shifts", "gain", "fisher", "code_square", "mean", "operation_mean", "logits"):
        np.testing.assert_allclose(
            getattr(parts, name), getattr(whole, name), rtol=1e-4, atol=1e-6, err_msg=name
        )


def test_mean_errors_are_those_of_the_sums() -> None:
    """Without correction: by the reference's sums on the exact activations, a whole layer each."""
    graph, images, labels = network(4)
    profile = measure(
        graph, blocks(), images, labels, threads=1, bias_correction=False, weights="none"
    )
    codes = reference.run_all(graph, images)
    for block in range(len(blocks())):
        assignment = profile.assignment(profile.uniform(block), blocks())
        for index, name in enumerate(profile.layers):
            node = next(n for n in graph.nodes if n.name == name)
            point = graph.tensors[node.inputs[0]].zero_point
            inputs = [codes[node.inputs[0]]]
            made = reference.sums(node, inputs, point, assignment[name])
            error = made - reference.sums(node, inputs, point)
            shifted = profile.mean[profile.unit_layer == index, block]
            axes = (0, *range(2, error.ndim))
            np.testing.assert_allclose(shifted, error.mean(axis=axes), atol=1e-9)


def test_derivatives_are_summed_over_the_pixels_of_a_filter() -> None:
    graph, images, _ = network(5)
    profile = profiled(5)
    codes = reference.run_all(graph, images)
    slopes = logit_jacobians(graph, codes, sums=profile.layers).sums
    for unit in range(profile.units):
        mine = slopes[profile.layers[profile.unit_layer[unit]]][:, :, profile.unit_filter[unit]]
        mine = mine.reshape(*mine.shape[:2], -1).astype(float)
        np.testing.assert_allclose(
            profile.gain[unit], mine.sum(axis=2).T, rtol=1e-4, atol=1e-6 * np.abs(mine).max()
        )
        expected = 0.0
        for image, logits in enumerate(profile.logits):
            p = np.exp(logits) / np.exp(logits).sum()
            curvature = np.diag(p) - np.outer(p, p)
            expected += np.einsum("cx,cd,dx->", mine[:, image], curvature, mine[:, image])
        np.testing.assert_allclose(profile.fisher[unit], expected / len(images), rtol=1e-3)


def test_slices_of_kernels() -> None:
    rng = np.random.default_rng(11)
    graph = random_graph(rng, layers=1, kinds=("conv",), max_channels=4, output="vector")
    node = graph.nodes[0]
    images = random_codes(rng, graph, 6)
    labels = np.zeros(6, dtype=np.int64)
    slices = np.arange(node.weight[0].size).reshape(node.weight.shape[1:]) % 2
    off = {"bias_correction": False, "weights": "none", "threads": 1}
    profile = measure(graph, blocks(), images, labels, slices={node.name: slices}, **off)
    assert profile.units == 2 * len(node.weight)
    assert profile.macs.sum() == graph.macs
    choice = np.where(profile.unit_slice == 1, 2, 0)
    assignment = profile.assignment(choice, blocks())
    used = np.array([b.name for b in assignment[node.name].blocks])[assignment[node.name].choice]
    assert (used[:, slices == 1] == blocks()[2].name).all()
    assert (used[:, slices == 0] == "exact").all()
    (shifted,) = shifted_logits(profile, choice)
    codes = reference.run(graph, images, assignment)
    np.testing.assert_allclose(shifted, real(graph, codes), rtol=1e-5, atol=1e-6)
    whole = measure(graph, blocks(), images, labels, **off)
    np.testing.assert_allclose(
        profile.mean.reshape(len(node.weight), 2, -1).sum(axis=1), whole.mean, atol=1e-9
    )


def test_what_is_refused() -> None:
    graph, images, labels = network(1)
    classes = graph.tensors[graph.output].size
    with pytest.raises(ValueError, match="as many labels as images and at least one, not 3 and 7"):
        measure(graph, blocks(), images, labels[:3])
    with pytest.raises(ValueError, match=rf"Labels must be in \[0, {classes}\)"):
        measure(graph, blocks(), images, labels + classes)
    with pytest.raises(ValueError, match="no two of the same table"):
        measure(graph, [blocks()[0]] * 2, images, labels)
    with pytest.raises(ValueError, match=r"not of \['nothing'\]"):
        measure(graph, blocks(), images, labels, slices={"nothing": np.zeros(1)})
    name = next(n.name for n in graph.nodes if isinstance(n, (Conv2d, Linear)))
    with pytest.raises(ValueError, match="counted from 0 without gaps"):
        measure(graph, blocks(), images, labels, slices={name: np.ones(3)})


def test_blocks_that_do_not_take_the_codes() -> None:
    class Narrow(Biased):
        @property
        def activations(self) -> range:
            return range(4)

    graph, images, labels = network(1)
    with pytest.raises(UserError, match="accepts activation codes from 0 to 3"):
        measure(graph, [Narrow()], images, labels)
