"""Retraining: it helps, and goes on where it was interrupted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation import compensate
from hawx_hw.datasets import Dataset, load
from hawx_hw.datasets.dataset import Split, evenly_spaced
from hawx_hw.datasets.roles import roles
from hawx_hw.emulation import Emulator
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.networks import load as load_network
from hawx_hw.networks.augmentation import Augmentation
from hawx_hw.quantize.calibration import quantize
from hawx_hw.retraining.train import Retraining, retrain
from tests.search.small import small_graph

GRAPH = small_graph()
SHAPE = GRAPH.tensors[GRAPH.input].shape


def images(seed: int, count: int) -> Split:
    """Random pixels, with the exact network's own classes."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, *SHAPE)).astype(np.uint8)
    labels = fast.run(GRAPH, GRAPH.codes(pixels)).reshape(count, -1).argmax(axis=1)
    return Split(pixels, labels)


LEARN = images(1, 512)
ASSIGNMENT = {
    node.name: LayerBlocks.uniform(by_name("drum(k=2)"), node.weight.shape)
    for node in GRAPH.nodes
    if isinstance(node, (Conv2d, Linear))
}
START, _ = compensate(GRAPH, ASSIGNMENT, GRAPH.codes(LEARN.images[:128]))


def content(graph) -> list[bytes]:
    parts = []
    for node in graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            rule = node.requantization
            parts += [node.weight.tobytes(), node.bias.tobytes(), rule.multiplier.tobytes()]
    return parts


def settings(**changes) -> Retraining:
    return Retraining(**{"epochs": 3, "batch": 64, "learning_rate": 0.3} | changes)


@pytest.fixture(scope="module")
def digits() -> tuple[Graph, Dataset]:
    dataset = load("digits")
    network = load_network("lenet5", dataset, None)
    calibration = evenly_spaced(roles(dataset).learn, 256).images
    return quantize(network, calibration, name="digits"), dataset


def test_a_coarse_block_loses_less_on_other_images(digits) -> None:
    """Products with relative errors up to a quarter, which compensation leaves."""
    graph, dataset = digits
    parts = roles(dataset)
    blocks = {
        node.name: LayerBlocks.uniform(by_name("drum(k=2)"), node.weight.shape)
        for node in graph.nodes
        if isinstance(node, (Conv2d, Linear))
    }
    codes = graph.codes(evenly_spaced(parts.learn, 256).images)
    start, _ = compensate(graph, blocks, codes, weights="together")

    def accuracy(candidate: Graph) -> float:
        emulator = Emulator(candidate, threads=1, memory=0)
        return 100 * emulator.accuracy(dataset.test.images, dataset.test.labels, blocks)

    chosen = Retraining(10, "gain", distillation=True)
    result = retrain(start, blocks, graph, parts.learn, chosen)
    assert accuracy(result) > accuracy(start) + 2


@pytest.mark.parametrize("distillation", [False, True])
def test_an_interrupted_retraining_ends_with_the_same_weights(tmp_path, distillation) -> None:
    chosen = settings(
        distillation=distillation,
        augmentation=Augmentation(0.0, 0.0, 0.0, 0.0, flip=True, crop=1),
    )
    whole = retrain(START, ASSIGNMENT, GRAPH, LEARN, chosen)
    partial = tmp_path / "state"

    class Killed(Exception):
        pass

    def kill(done: int, total: int) -> None:
        assert total == 24
        if done == 13:
            raise Killed

    with pytest.raises(Killed):
        retrain(START, ASSIGNMENT, GRAPH, LEARN, chosen, partial=partial, progress=kill)
    steps: list[int] = []
    again = retrain(
        START, ASSIGNMENT, GRAPH, LEARN, chosen, partial=partial,
        progress=lambda done, total: steps.append(done),
    )  # fmt: skip
    assert steps == list(range(9, 25))
    assert content(again) == content(whole) != content(START)


def test_states_of_other_trainings_are_not_gone_on_from(tmp_path) -> None:
    partial = tmp_path / "state"

    def first_step(start: Graph = START, teacher: Graph = GRAPH, **changes) -> int | None:
        steps: list[int] = []
        retrain(
            start, ASSIGNMENT, teacher, LEARN, settings(epochs=1, **changes), partial=partial,
            progress=lambda done, total: steps.append(done),
        )  # fmt: skip
        return steps[0] if steps else None

    node = START.nodes[0]
    assert isinstance(node, Conv2d)
    rule = node.requantization
    halved = replace(rule, multiplier=rule.multiplier // 2)
    other = replace(START, nodes=(replace(node, requantization=halved), *START.nodes[1:]))
    assert first_step() == 1
    assert first_step() is None
    assert first_step(seed=1) == 1
    assert first_step(start=other) == 1
    assert first_step() == 1
    assert first_step(teacher=other) == 1
