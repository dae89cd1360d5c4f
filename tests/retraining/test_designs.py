"""From an assignment to its retrained network, and what is recorded of it."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation import compensate
from hawx_hw.config.compensation import CompensationConfig
from hawx_hw.config.training import TrainingConfig
from hawx_hw.datasets.dataset import Split
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.retraining.designs import DesignTraining, TrainingImages, retraining_of
from hawx_hw.util.progress import ProgressDisplay, console_for
from tests.search.small import small_graph

GRAPH = small_graph()
SHAPE = GRAPH.tensors[GRAPH.input].shape
ASSIGNMENT = {
    node.name: LayerBlocks.uniform(by_name("drum(k=2)"), node.weight.shape)
    for node in GRAPH.nodes
    if isinstance(node, (Conv2d, Linear)) and node.name != "a"
}


def images(seed: int, count: int) -> Split:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, *SHAPE)).astype(np.uint8)
    labels = reference.run(GRAPH, GRAPH.codes(pixels)).reshape(count, -1).argmax(axis=1)
    labels[::5] = (labels[::5] + 1) % 4
    return Split(pixels, labels)


IMAGES = TrainingImages(images(1, 40), images(2, 150), images(3, 30), images(4, 20), images(5, 10))
NONE = images(3, 30).take(np.arange(0))


def training(some: TrainingImages = IMAGES, **rules) -> DesignTraining:
    settings = retraining_of(TrainingConfig(epochs=1), "lenet5", some.learn)
    return DesignTraining(
        GRAPH,
        CompensationConfig(**rules),
        settings,
        some,
        progress=ProgressDisplay(console_for(silent=True)),
    )


def right(graph, some: Split, assignment) -> np.ndarray:
    codes = reference.run(graph, graph.codes(some.images), assignment).reshape(len(some), -1)
    return codes.argmax(axis=1) == some.labels


def test_it_starts_from_the_compensated_graph() -> None:
    codes = GRAPH.codes(IMAGES.calibration.images)
    for rules in ({}, {"weights": "none"}):
        expected, _ = compensate(GRAPH, ASSIGNMENT, codes, **rules)
        start = training(**rules).start(ASSIGNMENT)
        for one, other in zip(expected.nodes, start.nodes, strict=True):
            if isinstance(one, (Conv2d, Linear)):
                assert (one.weight == other.weight).all() and (one.bias == other.bias).all()


def test_what_is_recorded_is_what_the_reference_computes(tmp_path) -> None:
    run = training()
    start = run.start(ASSIGNMENT)
    trained = run(start, ASSIGNMENT, tmp_path / "state", "it")
    record = run.record(ASSIGNMENT, start, trained, "retrained/0", index=2, number=7)
    assert (record.index, record.number, record.files) == (2, 7, "retrained/0")
    assert record.blocks == ("drum(k=2)",)
    for seen, some in (
        (record.select, IMAGES.select),
        (record.test, IMAGES.test),
        (record.searched, IMAGES.searched),
    ):
        assert seen is not None and some is not None
        exact, before, after = (
            right(*each)
            for each in (
                (GRAPH, some, None),
                (start, some, ASSIGNMENT),
                (trained, some, ASSIGNMENT),
            )
        )
        assert seen.images == len(some)
        assert (seen.exact, seen.before, seen.after) == (
            exact.mean(), before.mean(), after.mean()
        )  # fmt: skip
        assert (seen.lost, seen.gained) == ((exact & ~after).sum(), (after & ~exact).sum())
    assert record.select.exact != record.select.before


def test_without_images_that_select_there_is_nothing_to_say_of_them(tmp_path) -> None:
    some = TrainingImages(IMAGES.calibration, IMAGES.learn, NONE, IMAGES.test)
    run = training(some)
    start = run.start(ASSIGNMENT)
    record = run.record(ASSIGNMENT, start, start, "retrained/0")
    assert (record.select, record.searched, record.index, record.number) == (None,) * 4
    assert record.test.before == record.test.after


@pytest.mark.parametrize(
    ("model", "channels", "flip", "rotation"),
    [
        ("lenet5", 1, False, 10.0),
        ("lenet5", 3, False, 10.0),
        ("resnet8", 3, True, 0.0),
        ("mine.onnx", 3, True, 0.0),
        ("mine.onnx", 1, False, 10.0),
    ],
)
def test_images_are_distorted_as_in_the_networks_own_training(
    model: str, channels: int, flip: bool, rotation: float
) -> None:
    learn = Split(np.zeros((4, channels, 8, 8), np.uint8), np.zeros(4, np.int64))
    config = TrainingConfig(
        epochs=7, gradient="table", seed=5, learning_rate=0.125, distillation=True
    )
    settings = retraining_of(config, model, learn)
    assert (settings.epochs, settings.gradient) == (7, "table")
    assert (settings.seed, settings.learning_rate, settings.distillation) == (5, 0.125, True)
    assert (settings.augmentation.flip, settings.augmentation.rotation) == (flip, rotation)
