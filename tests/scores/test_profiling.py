"""Profiles as the stage and the command make them: measured, written, read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.datasets.dataset import Split
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.scores.images import stratified_images
from hawx_hw.scores.measure import measure
from hawx_hw.scores.profiling import (
    LayerScores,
    PredictedAccuracies,
    load_profiling,
    profile_network,
    save_profiling,
)
from hawx_hw.scores.scores import layer_scores
from tests.search.small import small_graph, small_images

BLOCKS = [by_name("exact"), by_name("array(4,4,0)")]
GRAPH = small_graph()
CODES, LABELS = small_images(GRAPH, 30)
SPLIT = Split((CODES.astype(np.int16) + 128).astype(np.uint8), LABELS)


@pytest.fixture(scope="module")
def profiling():
    return profile_network(GRAPH, BLOCKS, SPLIT, count=10)


def test_the_images_are_a_stratified_sample(profiling) -> None:
    outputs = reference.run(GRAPH, CODES).reshape(30, -1)
    indices, weights = stratified_images(outputs, 10)
    np.testing.assert_array_equal(profiling.indices, indices)
    np.testing.assert_array_equal(profiling.weights, weights)
    profile = measure(GRAPH, BLOCKS, CODES[indices], LABELS[indices])
    np.testing.assert_array_equal(profiling.profile.shifts, profile.shifts)
    np.testing.assert_array_equal(profiling.profile.labels, LABELS[indices])


@pytest.mark.parametrize("count", [None, 30, 99])
def test_without_a_sample_all_images_count_once(count: int | None) -> None:
    whole = profile_network(GRAPH, BLOCKS, SPLIT, count=count)
    assert whole.indices.tolist() == list(range(30))
    assert whole.weights.tolist() == [1.0] * 30
    assert whole.report.images == 30


def test_kernel_slices_are_units_where_the_granularity_is_kernel() -> None:
    fine = profile_network(GRAPH, BLOCKS, SPLIT, count=4, granularity="kernel")
    assert fine.report.units == 3 * (2 + 3) + 5 + 4
    with pytest.raises(ValueError, match="granularity must be one of layer, filter, kernel"):
        profile_network(GRAPH, BLOCKS, SPLIT, count=4, granularity="bit")


def test_compensation_is_that_of_the_profile() -> None:
    plain = profile_network(GRAPH, BLOCKS, SPLIT, count=4, bias_correction=False, weights="none")
    assert not plain.profile.bias_correction and plain.profile.weight_choice == "none"


def test_a_profile_comes_back_from_its_files(profiling, tmp_path: Path) -> None:
    scores = LayerScores.measured(profiling.profile, "fidelity", np.array([0.0, 1.5]))
    accuracy = PredictedAccuracies(
        exact=0.9,
        evaluated_scores=(1.0, 2.0),
        evaluated_accuracies=(0.8, 0.7),
        predicted=(0.9, 0.75),
        standard_deviation=(0.0, 0.1),
    )
    save_profiling(profiling.reported(scores, accuracy), tmp_path)
    loaded = load_profiling(tmp_path)
    assert loaded.report == profiling.reported(scores, accuracy).report
    assert loaded.report.blocks == ("exact", "array(ha=4,hb=4,v=0)")
    np.testing.assert_array_equal(loaded.profile.shifts, profiling.profile.shifts)


def test_scores_of_layers_are_by_name(profiling) -> None:
    scores = LayerScores.measured(profiling.profile, "codes", np.array([0.0, 1.5]))
    expected = layer_scores(profiling.profile, "codes")
    assert list(scores.layers) == ["a", "b", "c", "d"]
    assert scores.layers["c"] == tuple(expected[2])
    assert (scores.variant, scores.expected_changes_percent) == ("codes", (0.0, 1.5))


def test_nothing_profiled_is_no_profile(tmp_path: Path) -> None:
    save_profiling(None, tmp_path)
    assert json.loads((tmp_path / "profile.json").read_text()) == {"schema": 2, "profile": None}
    assert not (tmp_path / "scores.npz").exists()
    with pytest.raises(UserError, match="Nothing was profiled"):
        load_profiling(tmp_path)


def test_a_report_of_other_images_is_refused(profiling, tmp_path: Path) -> None:
    save_profiling(profiling, tmp_path)
    path = tmp_path / "profile.json"
    content = json.loads(path.read_text("utf-8"))
    content["profile"]["indices"] = content["profile"]["indices"][1:]
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(UserError, match="images, and its arrays of") as caught:
        load_profiling(tmp_path)
    assert caught.value.where == str(path)


def test_damaged_files_are_refused(profiling, tmp_path: Path) -> None:
    save_profiling(profiling, tmp_path)
    path = tmp_path / "profile.json"
    text = path.read_text()
    path.write_text(text.replace('"schema": 2', '"schema": 1'))
    with pytest.raises(UserError, match="must be of schema 2, not 1"):
        load_profiling(tmp_path)
    path.write_text(text.replace('"images": 10', '"images": "ten"'))
    with pytest.raises(UserError, match=r"Key 'profile.images' is damaged"):
        load_profiling(tmp_path)
    path.write_text(text)
    (tmp_path / "scores.npz").write_bytes(b"damaged")
    with pytest.raises(UserError, match="cannot be read"):
        load_profiling(tmp_path)
