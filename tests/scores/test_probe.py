"""Probes, against a fit image by image and against evaluations."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.compensation import compensate
from hawx_hw.datasets import load
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.networks import load as load_network
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from hawx_hw.scores.measure import measure
from hawx_hw.scores.predictor import changed_classes
from hawx_hw.scores.probe import Probe
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.scores import growth, shifted_logits
from tests.scores.networks import blocks, network

SEED = 3


def plain() -> tuple[Graph, np.ndarray, Profile]:
    graph, images, labels = network(SEED)
    switches = {"bias_correction": False, "weights": "none"}
    return graph, images, measure(graph, blocks(), images, labels, threads=1, **switches)


def drawn(profile: Profile, count: int = 5) -> np.ndarray:
    return np.random.default_rng(0).integers(0, len(profile.blocks), (count, profile.units))


def real(graph: Graph, images: np.ndarray, profile: Profile, choice: np.ndarray) -> np.ndarray:
    probed_result = Emulator(graph, threads=1).run(images, profile.assignment(choice, blocks()))
    output = graph.tensors[graph.output]
    return (probed_result.reshape(len(images), -1).astype(float) - output.zero_point) * output.scale


def centered(logits: np.ndarray) -> np.ndarray:
    return logits - logits.mean(axis=-1, keepdims=True)


def ref_probed(exact: np.ndarray, shifts: np.ndarray, probed_result: np.ndarray, run: list[int]):
    """Least squares with one equation a logit; the last ones are the prior's images."""
    classes = exact.shape[1]
    size = np.sqrt((exact**2).mean())
    shifts = np.array([s / np.sqrt(1 + (s**2).mean() / (2 * size) ** 2) for s in shifts])
    rows, expected = [], []
    for image in run:
        for c in range(classes):
            rows.append([shifts[image, c], exact[image, c], *np.eye(classes)[c]])
            expected.append(probed_result[image, c] - exact[image, c] - shifts[image, c])
    for column, values in enumerate((shifts[run], exact[run])):
        row = np.zeros(2 + classes)
        row[column] = np.sqrt((16, 1)[column] * (values**2).sum() / len(run))
        rows.append(row)
    rows += list(np.eye(2 + classes)[2:])
    expected += [0.0] * (2 + classes)
    a, g, *b = np.linalg.lstsq(np.array(rows), np.array(expected), rcond=None)[0]
    return exact * (1 + g) + shifts * (1 + a) + np.array(b)


def test_logits_are_those_of_a_fit_with_one_row_a_logit() -> None:
    graph, images, profile = plain()
    choices = drawn(profile)
    probed_result = Probe(graph, profile, blocks(), images, count=3, threads=1).logits(choices)
    exact = centered(profile.logits)
    for logits, shifted, choice in zip(
        probed_result, shifted_logits(profile, choices), choices, strict=True
    ):
        actual = centered(real(graph, images, profile, choice))
        expected = ref_probed(exact, centered(shifted) - exact, actual, [0, 3, 6])
        np.testing.assert_allclose(logits, expected, atol=1e-6)


def test_scores_are_those_of_the_logits_in_any_order() -> None:
    graph, images, profile = plain()
    choices = drawn(profile, 7)
    probe = Probe(graph, profile, blocks(), images, count=3, threads=1)
    assert probe.images == 3
    logits = probe.logits(choices)
    np.testing.assert_allclose(probe.expected_changes(choices), changed_classes(profile, logits))
    for variant in ("logits", "fidelity", "tempered"):
        expected = growth(profile, logits, variant)
        np.testing.assert_allclose(probe.scores(choices, variant), expected, atol=1e-12)
    np.testing.assert_array_equal(probe.scores(choices[::-1])[::-1], probe.scores(choices))


def test_probed_logits_are_nearer_to_the_real_ones() -> None:
    data = load("digits").train
    graph = quantize(load_network("lenet5", load("digits"), None), data.images[:64], name="lenet5")
    images = codes(data.images[:64])
    used = [by_name(name) for name in ("exact", "array(3,3,0)", "array(3,0,0)")]
    switches = {"bias_correction": False, "weights": "none"}
    profile = measure(graph, used, images, data.labels[:64], threads=1, **switches)
    some = ([1, 1, 1, 1, 1], [2, 1, 0, 2, 2], [0, 2, 1, 0, 1], [1, 0, 2, 1, 0])
    choices = np.array([profile.by_layer(layers) for layers in some])
    probed = Probe(graph, profile, used, images, count=8, threads=1).logits(choices)
    runs = [Emulator(graph).run(images, profile.assignment(c, used)) for c in choices]
    actual = centered(np.array(runs, dtype=float) * graph.tensors[graph.output].scale)
    others = np.setdiff1d(np.arange(64), np.arange(0, 64, 9))
    errors = [
        np.abs(probed_result - actual)[:, others].mean(axis=(1, 2))
        for probed_result in (probed, centered(shifted_logits(profile, choices)))
    ]
    assert (errors[0] < errors[1]).all()
    assert errors[0].sum() < 0.7 * errors[1].sum()


def test_exact_assignments_cost_nothing() -> None:
    graph, images, profile = plain()
    probe = Probe(graph, profile, blocks(), images, threads=1, count=2)
    choice = profile.uniform(0)[None]
    assert probe.expected_changes(choice) == pytest.approx([0.0], abs=1e-9)
    assert probe.scores(choice) == pytest.approx([0.0], abs=1e-9)


def test_choices_run_on_the_changed_graph() -> None:
    graph, images, labels = network(SEED)
    profile = measure(graph, blocks(), images, labels, threads=1)
    choices = drawn(profile, 1)

    def change(choice: np.ndarray) -> Graph:
        return compensate(graph, profile.assignment(choice, blocks()), images)[0]

    probe = Probe(graph, profile, blocks(), images, count=7, change=change, threads=1)
    exact = centered(profile.logits)
    probed_result = probe.logits(choices)
    for logits, shifted, choice in zip(
        probed_result, shifted_logits(profile, choices), choices, strict=True
    ):
        actual = centered(real(change(choice), images, profile, choice))
        expected = ref_probed(exact, centered(shifted) - exact, actual, list(range(7)))
        np.testing.assert_allclose(logits, expected, atol=1e-6)


def test_what_does_not_suit_is_refused() -> None:
    graph, images, profile = plain()
    with pytest.raises(ValueError, match="images must be the profile's 7, not 6"):
        Probe(graph, profile, blocks(), images[:6])
    with pytest.raises(ValueError, match=r"count must be in \[1, 7\], not 8"):
        Probe(graph, profile, blocks(), images, count=8)
    _, _, labels = network(SEED)
    corrected = measure(graph, blocks(), images, labels, threads=1)
    with pytest.raises(ValueError, match="change must be given"):
        Probe(graph, corrected, blocks(), images, count=2)
    with pytest.raises(ValueError, match="variant must be logits, fidelity or tempered"):
        Probe(graph, profile, blocks(), images, count=2).scores(drawn(profile), "codes")
