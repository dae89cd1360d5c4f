"""Scores that do without a profile of errors."""

import numpy as np
import pytest
from score_baselines import baselines

from hawx_hw.blocks.registry import by_name
from hawx_hw.blocks.statistics import statistics
from hawx_hw.datasets.dataset import Split
from hawx_hw.scores.measure import measure
from tests.search.small import small_graph, small_images

BLOCKS = [by_name(name) for name in ("exact", "array(3,3,7)", "precision(w=3,a=4)")]


@pytest.mark.parametrize("weights", ["together", "one_by_one", "none"])
def test_uniform_assignments_have_the_sums_of_their_layers(weights: str) -> None:
    graph = small_graph()
    pixels = np.random.default_rng(1).integers(0, 256, (12, *graph.tensors[graph.input].shape))
    _, labels = small_images(graph, 12)
    seen = Split(pixels.astype(np.uint8), labels)
    codes = graph.codes(seen.images)
    profile = measure(graph, BLOCKS, codes, labels, weights=weights, threads=1)
    uniform = np.repeat(np.arange(3)[:, None], profile.units, axis=1)
    scores = baselines(graph, profile, uniform, BLOCKS, seen, threads=1)
    mae = [statistics(block).mae * profile.macs.sum() for block in BLOCKS]
    np.testing.assert_allclose(scores["sum of MAE"], mae)
    loss = scores["one at a time, loss"]
    assert loss[0] == 0 and (loss[1:] != 0).all()
