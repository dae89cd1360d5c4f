"""The importance of filters against what errors of their sums do to the classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.block_design.importance import filter_importance
from hawx_hw.compensation.joint_rounding import patches
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Flatten, Graph, Linear, Requantization, Tensor
from tests.block_design.network import images, network


def classifier(output_scale: float = 0.02) -> Graph:
    """The small network with three classes, whose fourth filter no class reads."""
    graph = network()
    rng = np.random.default_rng(7)
    weight = rng.integers(-60, 61, (3, 4, 64))
    weight[:, 3] = 0
    rule = Requantization(np.full(3, 20_000, dtype=np.int32), 26, 0, -128, 127)
    # The zero point of what it reads is part of its bias.
    linear = Linear(
        name="classes",
        inputs=("flat",),
        weight=weight.reshape(3, -1).astype(np.int8),
        bias=(128 * weight.sum(axis=(1, 2))).astype(np.int32),
        requantization=rule,
    )
    tensors = {
        **graph.tensors,
        "flat": Tensor((256,), 0.1, -128),
        "classes": Tensor((3,), output_scale, 0),
    }
    nodes = (*graph.nodes, Flatten(name="flat", inputs=("second",)), linear)
    return replace(graph, nodes=nodes, tensors=tensors)


def test_importance_is_the_divergence_that_errors_cause() -> None:
    """Kullback and Leibler's of the classes' probabilities, for small errors of single sums."""
    graph = classifier()
    own = images(6)
    second, linear = graph.nodes[1], graph.nodes[3]
    codes = fast.run_all(graph, own)
    per_code = linear.weight.reshape(3, 4, 64).astype(float) * 20_000 / 2**26 * 0.02
    logits = codes["classes"] * 0.02
    slope = second.requantization.multiplier[0] / 2**second.requantization.shift
    (taps,) = patches(second, codes["first"], -128)
    sums = taps.astype(np.int64) @ second.weight.reshape(4, -1).T + second.bias
    real = sums.reshape(6, 64, 4).transpose(0, 2, 1) * slope - 128
    inside = (real > -128) & (real < 127)
    divergence = np.zeros(4)
    error = 1000.0
    for image, row in enumerate(logits):
        before = np.exp(row) / np.exp(row).sum()
        for f in range(4):
            for pixel in np.flatnonzero(inside[image, f]):
                for change in (-error, error):
                    moved = row + change * slope * per_code[:, f, pixel]
                    after = np.exp(moved) / np.exp(moved).sum()
                    divergence[f] += (before * np.log(before / after)).sum()
    # The divergence is half the Fisher information times the square of the error.
    result = filter_importance(graph, "second", own)
    assert result.mean() == pytest.approx(1)
    assert result[3] == 0
    np.testing.assert_allclose(result, divergence / divergence.mean(), rtol=1e-3)


def test_batches_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, own = classifier(), images(5)
    whole = filter_importance(graph, "second", own)
    monkeypatch.setattr("hawx_hw.block_design.importance._BATCH", 2)
    np.testing.assert_allclose(filter_importance(graph, "second", own), whole, rtol=1e-6)


def test_classes_that_depend_on_nothing() -> None:
    graph = classifier()
    linear = replace(graph.nodes[3], weight=np.zeros_like(graph.nodes[3].weight))
    graph = replace(graph, nodes=(*graph.nodes[:3], linear))
    assert filter_importance(graph, "second", images(2)).tolist() == [1, 1, 1, 1]
