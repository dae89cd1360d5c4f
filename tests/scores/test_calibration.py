"""Real evaluations against the emulator and the compensation by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.compensation import compensate
from hawx_hw.datasets.dataset import Split
from hawx_hw.graph import reference
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.quantize import codes
from hawx_hw.scores.calibration import calibrate
from hawx_hw.scores.measure import measure
from hawx_hw.scores.predictor import expected_changes, informative
from hawx_hw.scores.sampling import random_choices
from tests.scores.networks import blocks


@pytest.mark.parametrize("compensated", [False, True])
def test_evaluations_are_real(compensated: bool) -> None:
    rng = np.random.default_rng(8)
    graph = random_graph(
        rng, layers=3, kinds=("conv", "linear"), max_size=6, max_channels=4, output="vector"
    )
    pixels = rng.integers(0, 256, (30, *graph.tensors[graph.input].shape)).astype(np.uint8)
    labels = reference.run(graph, codes(pixels)).argmax(axis=1)
    labels[:3] = 0
    split, calibration_codes = Split(pixels, labels), codes(pixels[:10])
    weights = "one_by_one" if compensated else "none"
    switches = {"bias_correction": compensated, "weights": weights}
    profile = measure(graph, blocks(), codes(pixels), labels, threads=1, **switches)
    candidates = random_choices(profile, 30)
    progress: list[tuple[int, int]] = []
    result = calibrate(
        graph,
        profile,
        blocks(),
        candidates,
        4,
        split,
        calibration_codes,
        threads=1,
        progress=lambda done, total: progress.append((done, total)),
    )
    assert progress == [(n, 4) for n in range(1, 5)]
    assert result.exact == (reference.run(graph, codes(pixels)).argmax(axis=1) == labels).mean()
    assert len(np.unique(result.choices, axis=0)) == 4
    assert (result.choices[:, None] == candidates[None]).all(axis=2).any(axis=1).all()
    np.testing.assert_allclose(result.scores, expected_changes(profile, result.choices))
    for choice, accuracy in zip(result.choices, result.accuracies, strict=True):
        assignment = profile.assignment(choice, blocks())
        changed = graph
        if compensated:
            changed, _ = compensate(
                graph,
                assignment,
                calibration_codes,
                weights=weights,
                activation_rounding=False,
            )
        made = reference.run(changed, codes(pixels), assignment).argmax(axis=1)
        assert accuracy == (made == labels).mean()
    assert result.accuracies.min() < result.exact
    assert result.predictor.predict(result.scores)[0].shape == (4,)


def test_given_scores_choose_what_is_run() -> None:
    rng = np.random.default_rng(8)
    graph = random_graph(rng, layers=2, max_size=6, max_channels=4, output="vector")
    pixels = rng.integers(0, 256, (8, *graph.tensors[graph.input].shape)).astype(np.uint8)
    split = Split(pixels, np.zeros(8, dtype=np.int64))
    switches = {"bias_correction": False, "weights": "none"}
    calibration_codes = codes(pixels)
    profile = measure(graph, blocks(), calibration_codes, split.labels, threads=1, **switches)
    candidates = random_choices(profile, 12)
    given = np.linspace(11.0, 0.0, 12)
    settings = {"threads": 1, "scores": given}
    result = calibrate(
        graph, profile, blocks(), candidates, 3, split, calibration_codes, **settings
    )
    chosen = informative(given, 3)
    np.testing.assert_array_equal(result.choices, candidates[chosen])
    np.testing.assert_array_equal(result.scores, given[chosen])
    with pytest.raises(ValueError, match=r"scores must be 12 numbers, not \(11,\)"):
        settings = {"threads": 1, "scores": given[1:]}
        calibrate(graph, profile, blocks(), candidates, 3, split, calibration_codes, **settings)
