"""The preprocessing that a network was trained with is recognized among the usual ones."""

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.datasets.dataset import Split
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.modules.tracing import trace
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.inspection.preprocessing import candidates, margins, trials
from tests.inspection import colour
from tests.inspection.networks import lenet5, split


def tried(network, given, images: Split, preprocessing):
    layers = replace(trace(network, images.images[:2], given), preprocessing=preprocessing)
    outputs = np.concatenate(list(ImportedNetwork(layers).outputs(images.images)))
    return trials(layers, images, outputs)


def better(results):
    return [trial.what for trial in results if trial.better]


def test_margins():
    assert margins(np.array([[1.0, 5.0, 2.5], [3.0, 3.0, -9.0]])).tolist() == [2.5, 0]
    assert margins(np.zeros((4, 1))).tolist() == [0] * 4


def test_candidates_are_others_than_the_given_one():
    grey = [each.what for each in candidates(Preprocessing(), 1)]
    assert grey == [
        "pixels of -1 to 1", "pixels of 0 to 255", "the mean and deviation of MNIST",
    ]  # fmt: skip
    # (x - 127) / 128 differs from -1 to 1 by less than rounding does.
    near = Preprocessing(1.0, (127.0,), (128.0,))
    assert "pixels of -1 to 1" not in [each.what for each in candidates(near, 1)]
    assert "pixels of 0 to 1" in [each.what for each in candidates(near, 1)]


def test_candidates_of_colour_images_in_either_order():
    named = candidates(Preprocessing(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), 3)
    assert named[0].what == "channels in reverse order"
    assert named[0].setting == "{channels: bgr}" and named[0].reverse
    assert not any("ImageNet" in each.what and "0 to 255" not in each.what for each in named)
    turned = {each.setting for each in candidates(Preprocessing(), 3, "rgb") if each.reverse}
    assert "{channels: rgb}" in turned
    assert "{channels: rgb, scale: 1, mean: [123.68, 116.779, 103.939]}" in turned


def test_settings_are_what_they_name():
    """A user copies them into a config."""
    from hawx_hw.config.models import PreprocessConfig
    from hawx_hw.pipeline.network import preprocessing_of
    from hawx_hw.util.yaml_text import read_yaml

    for channels in (1, 3):
        for each in candidates(Preprocessing(0.5), channels):
            settings = PreprocessConfig.model_validate(read_yaml(each.setting))
            assert (settings.channels == "bgr") == each.reverse
            if settings.normalizes:
                ours = preprocessing_of(settings).values()
                np.testing.assert_allclose(ours, each.preprocessing.values(), rtol=1e-12)
            else:
                assert each.preprocessing == Preprocessing(0.5)


@pytest.mark.parametrize("scale", [1.0, 1 / 255**2])
def test_a_wrong_scale(scale):
    results = tried(lenet5(), None, split(), Preprocessing(scale))
    assert better(results)[0] == "pixels of 0 to 1"


def test_the_right_preprocessing_has_no_better_one():
    assert better(tried(lenet5(), None, split(), Preprocessing())) == []
    right = colour.PREPROCESSING
    assert better(tried(colour.network(), right, colour.labelled(), right)) == []


@pytest.mark.parametrize(
    "preprocessing", [Preprocessing(), Preprocessing(1.0), Preprocessing(2 / 255, (1.0,))]
)
def test_wrong_means_and_deviations(preprocessing):
    results = tried(colour.network(), colour.PREPROCESSING, colour.labelled(), preprocessing)
    assert "the means and deviations of ImageNet" in better(results)


def test_channels_in_the_wrong_order():
    right = colour.labelled()
    turned = Split(np.ascontiguousarray(right.images[:, ::-1]), right.labels)
    results = tried(colour.network(), colour.PREPROCESSING, turned, colour.PREPROCESSING)
    assert better(results)[0] == "channels in reverse order"


def test_an_order_that_costs_certainty_and_hardly_an_answer():
    """Fewer answers than chance would change, but the cross-entropy is clearly larger."""
    right = colour.labelled()
    # Only a third of the difference between the channels: most answers stay.
    grey = right.images.mean(axis=1, keepdims=True)
    muted = (grey + (right.images - grey) / 4).astype(np.uint8)
    layers = trace(colour.network(), muted[:2], colour.PREPROCESSING)
    outputs = np.concatenate(list(ImportedNetwork(layers).outputs(muted)))
    labels = outputs.argmax(axis=1)
    turned = Split(np.ascontiguousarray(muted[:, ::-1]), labels)
    results = tried(colour.network(), colour.PREPROCESSING, turned, colour.PREPROCESSING)
    assert results[0].better and results[0].accuracy == 1


def test_few_images_prove_nothing():
    few = Split(split().images[:4], split().labels[:4])
    assert better(tried(lenet5(), None, few, Preprocessing(1 / 255**2))) == []
