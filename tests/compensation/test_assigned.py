"""The network that is built for assigned blocks, and its reported accuracies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation import assigned as module
from hawx_hw.compensation.assigned import AssignmentImages, compensate_assignment
from hawx_hw.compensation.layerwise import compensate
from hawx_hw.compensation.per_filter import by_filter
from hawx_hw.config.compensation import CompensationConfig
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.pixels import codes
from hawx_hw.util.progress import ProgressDisplay, console_for
from tests.search.small import small_graph

GRAPH = small_graph()
RULES = CompensationConfig()
BLOCK = by_name("array(4,4,0)")
ASSIGNMENT = {
    node.name: LayerBlocks.uniform(BLOCK, node.weight.shape)
    for node in GRAPH.nodes
    if isinstance(node, Conv2d | Linear)
}


def split(seed: int, count: int) -> Split:
    """Images with the labels that the exact network gives them."""
    images = np.random.default_rng(seed).integers(0, 256, (count, 1, 10, 10)).astype(np.uint8)
    outputs = Emulator(GRAPH).run_all(codes(images), {})[GRAPH.output]
    return Split(images, outputs.reshape(count, -1).argmax(axis=1).astype(np.int64))


IMAGES = AssignmentImages(codes(split(1, 20).images), split(2, 40), split(3, 30))


def compensated(images: AssignmentImages):
    with ProgressDisplay(console_for(silent=True)) as progress:
        return compensate_assignment(GRAPH, ASSIGNMENT, RULES, images, progress)


def accuracy(graph, some: Split) -> float:
    (share,) = Emulator(graph).evaluate_many([ASSIGNMENT], some.images, some.labels)
    return float(share)


def weights(graph) -> list[bytes]:
    return [n.weight.tobytes() for n in graph.nodes if isinstance(n, Conv2d | Linear)]


def layerwise():
    return compensate(GRAPH, ASSIGNMENT, IMAGES.calibration)


def test_without_a_search_layer_after_layer() -> None:
    graph, result = compensated(replace(IMAGES, training=None))
    expected, report = layerwise()
    assert weights(graph) == weights(expected)
    assert result.compensation == tuple(report)
    assert (result.exact, result.training) == (False, None)
    assert result.accuracy is not None
    assert result.accuracy.searched is None
    assert result.accuracy.images == 40
    assert result.accuracy.assigned == accuracy(expected, IMAGES.test)
    assert result.accuracy.uncompensated == accuracy(GRAPH, IMAGES.test)


def test_with_a_search_the_better_way_on_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    by_layer = layerwise()[0]
    each_filter = by_filter(GRAPH, ASSIGNMENT, IMAGES.calibration)
    graph, result = compensated(IMAGES)
    assert result.training is not None and result.accuracy is not None
    assert result.training.images == 30
    assert result.training.by_layer == accuracy(by_layer, IMAGES.training)
    assert result.training.by_filter == accuracy(each_filter, IMAGES.training)
    assert result.accuracy.searched == accuracy(each_filter, IMAGES.test)
    filters_win = result.training.by_filter > result.training.by_layer
    assert weights(graph) == weights(each_filter if filters_win else by_layer)
    # Where layer after layer is no compensation at all, that of each filter is built.
    monkeypatch.setattr(module, "compensate", lambda *given, **options: (GRAPH, []))
    monkeypatch.setattr(module, "by_filter", lambda *given, **options: by_layer)
    assert accuracy(by_layer, IMAGES.training) > accuracy(GRAPH, IMAGES.training)
    graph, result = compensated(IMAGES)
    assert weights(graph) == weights(by_layer)
    assert result.compensation == ()
