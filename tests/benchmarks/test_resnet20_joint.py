"""Factors of weights chosen together: measured on images that chose nothing, stored by block."""

from pathlib import Path

import numpy as np
import pytest
import resnet20_joint
from resnet20_joint import joint_factors, joint_scores, stored_factors

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation.joint_rounding import JointRounding, patches
from hawx_hw.compensation.weight_remapping import best_codes
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d
from hawx_hw.scores.measure import measure
from hawx_hw.scores.rounding import input_steps, rounded_input
from tests.search.small import small_graph, small_images

LAYERS = ["a", "b"]
NAMES = ("precision(w=4,a=8)", "array(2,2,6)")


def walk(count: int) -> np.ndarray:
    """Images whose neighboring pixels are alike."""
    steps = np.random.default_rng(1).integers(-9, 10, (count, 1, 10, 10))
    return np.clip(steps.cumsum(axis=3).cumsum(axis=2), -128, 127).astype(np.int8)


def expected(block: Block, layer: str, images: np.ndarray) -> np.ndarray:
    """The variances of sums that are formed product by product."""
    graph = small_graph()
    node = next(node for node in graph.nodes if node.name == layer)
    assert isinstance(node, Conv2d)
    codes = fast.run_all(graph, images)
    step = input_steps(graph, block)[layer]
    zero_point = graph.tensors[node.inputs[0]].zero_point
    source = rounded_input(graph, node, step, codes)
    (choosing,) = patches(node, source[::2], zero_point)
    (measuring,) = patches(node, source[1::2], zero_point)
    (plain,) = patches(node, codes[node.inputs[0]][1::2], zero_point)
    weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
    histogram = np.bincount(choosing.ravel().astype(np.int64) + 128, minlength=256)
    alone = best_codes(block, histogram, zero_point)[weight + 128]
    together = JointRounding(choosing).codes(block, weight, alone)
    variances = []
    for chosen in (alone, together):
        products = block.table[chosen[:, None] + 128, measuring[None].astype(np.int64) + 128]
        errors = products.sum(axis=2) - (weight[:, None] * plain[None].astype(np.int64)).sum(axis=2)
        variances.append(errors.var(axis=1))
    return np.minimum(variances[1] / variances[0], 1)


@pytest.mark.parametrize("name", NAMES)
def test_factors_are_of_images_that_chose_nothing(name: str) -> None:
    graph, images, block = small_graph(), walk(40), by_name(name)
    factors = joint_factors(graph, LAYERS, block, fast.run_all(graph, images))
    assert list(factors) == LAYERS
    for layer in LAYERS:
        np.testing.assert_allclose(factors[layer], expected(block, layer, images), rtol=1e-9)
    assert min(factor.min() for factor in factors.values()) < 0.95


def test_exact_blocks_and_those_without_factors_stay_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = small_graph()
    codes = fast.run_all(graph, walk(4))
    factors = joint_factors(graph, LAYERS, by_name("exact"), codes)
    assert all((factor == 1).all() for factor in factors.values())
    monkeypatch.setattr(resnet20_joint, "chosen_together", lambda block: False)
    factors = joint_factors(graph, LAYERS, by_name(NAMES[1]), codes)
    assert all((factor == 1).all() for factor in factors.values())


def test_factors_are_stored_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, images = small_graph(), walk(6)
    blocks = [by_name(name) for name in ("exact", *NAMES)]
    factors = stored_factors(graph, LAYERS, blocks, images, tmp_path)
    codes = fast.run_all(graph, images)
    for layer in LAYERS:
        columns = [joint_factors(graph, LAYERS, block, codes)[layer] for block in blocks]
        np.testing.assert_array_equal(factors[layer], np.stack(columns, axis=1))
    asked: list[str] = []

    def counted(*arguments: object) -> dict[str, np.ndarray]:
        asked.append(arguments[2].name)  # type: ignore[attr-defined]
        return joint_factors(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(resnet20_joint, "joint_factors", counted)
    (tmp_path / f"factors-{blocks[1].digest[:16]}.npz").unlink()
    again = stored_factors(graph, LAYERS, blocks, images, tmp_path)
    assert asked == [blocks[1].name]
    assert all((again[layer] == factors[layer]).all() for layer in LAYERS)
    # Those of other images are not taken.
    stored_factors(graph, LAYERS, blocks[:1], walk(8), tmp_path)
    assert asked == [blocks[1].name, "exact"]


def test_scores_by_filter_are_those_of_the_profile_times_factors() -> None:
    graph = small_graph()
    images, labels = small_images(graph, 20)
    blocks = [by_name(name) for name in ("exact", *NAMES)]
    options = {"activation_rounding": True, "threads": 1}
    profile = measure(graph, blocks, images, labels, weights="one_by_one", **options)
    rng = np.random.default_rng(2)
    sizes = {"a": 2, "b": 3}
    factors = {layer: rng.uniform(0.1, 1, (sizes[layer], 3)) for layer in LAYERS}
    ones = {layer: np.ones((sizes[layer], 3)) for layer in LAYERS}
    filters = Space.by_filter(graph, blocks, LAYERS)
    plain, scores = (joint_scores(graph, profile, each, filters) for each in (ones, factors))
    # Factors of what the profile contains already.
    with pytest.raises(ValueError, match="one by one"):
        joint_scores(graph, measure(graph, blocks, images, labels, **options), factors, filters)
    np.testing.assert_allclose(scores, plain * np.concatenate([factors[name] for name in LAYERS]))
    layers = Space.by_layer(graph, blocks, LAYERS)
    by_layer = joint_scores(graph, profile, factors, layers)
    whole = joint_scores(graph, profile, ones, layers)
    weights = [plain[:2], plain[2:]]
    for row, name in enumerate(LAYERS):
        mean = (weights[row] * factors[name]).sum(axis=0)[1:] / weights[row].sum(axis=0)[1:]
        np.testing.assert_allclose(by_layer[row, 1:], whole[row, 1:] * mean)
