"""Each culprit of a network that was broken for it, and none of networks that were not."""

import copy

import numpy as np
import pytest
import torch

from hawx_hw.datasets.dataset import Split
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.inspection.versions import Versions
from tests.inspection import colour
from tests.inspection.networks import (
    digits,
    inspected,
    kinds,
    lenet5,
    split,
    versions,
    whole,
)


def of_colour(network=None, **settings):
    settings = {"preprocessing": colour.PREPROCESSING, "images": colour.images()} | settings
    return versions(network or colour.network(), **settings)


def test_a_whole_network_has_none():
    assert kinds(inspected(whole())) == []
    assert kinds(inspected(of_colour(), colour.labelled())) == []


def test_compensated_blocks_have_none():
    blocks = {"conv2": "drum(k=4)", "fc1": "array(2,2,0)", "fc2": "array(2,2,0)"}
    assert kinds(inspected(versions(lenet5(), blocks=blocks, compensated=True))) == []


def test_a_wrong_scale_of_pixels():
    inspection = inspected(versions(lenet5(), preprocessing=Preprocessing(1.0)))
    (culprit,) = inspection.culprits
    assert (culprit.kind, culprit.layer) == ("preprocessing", None)
    assert "which no training makes them; with pixels of 0 to 1 it is right on" in culprit.what
    assert culprit.hint == "Try network.preprocess: {scale: 0.00392156862745098}."


def test_pixels_that_were_not_normalized():
    inspection = inspected(of_colour(preprocessing=None), colour.labelled())
    culprit = inspection.culprits[0]
    assert (culprit.kind, culprit.layer) == ("preprocessing", "_0")
    assert "from what batch normalization recorded" in culprit.what
    assert "with the means and deviations of ImageNet it is right on 100.0 %" in culprit.what
    assert "std: [0.229, 0.224, 0.225]" in culprit.hint


def test_pixels_that_none_of_the_usual_ways_explains():
    """The statistics alone show it."""
    odd = Preprocessing(1 / 255, (0.485, 0.456, 0.406), (0.07, 0.08, 0.09))
    unlabelled = Split(colour.images(), np.zeros(len(colour.images()), dtype=np.int64))
    inspection = inspected(of_colour(preprocessing=odd), unlabelled)
    culprit = inspection.culprits[0]
    assert (culprit.kind, culprit.layer) == ("preprocessing", "_0")
    assert culprit.hint.startswith("Set network.preprocess to what the network was trained with;")


def test_channels_in_the_wrong_order():
    turned = Split(np.ascontiguousarray(colour.images()[:, ::-1]), colour.labelled().labels)
    given = of_colour(images=turned.images)
    (culprit,) = inspected(given, turned).culprits
    assert culprit.kind == "preprocessing"
    assert culprit.hint == "Try network.preprocess: {channels: bgr}."
    (culprit,) = inspected(given, turned, reversed_order="rgb").culprits
    assert culprit.hint == "Try network.preprocess: {channels: rgb}."


def test_a_layer_that_is_not_the_one_that_was_trained():
    network = copy.deepcopy(colour.network())
    with torch.no_grad():
        network[3].weight *= 3
    culprit = inspected(of_colour(network), colour.labelled()).culprits[0]
    assert (culprit.kind, culprit.layer) == ("statistics", "_3")
    assert "by a factor of 3" in culprit.what


def test_classes_in_another_order():
    images = split(120)
    wrong = Split(images.images, (images.labels + 1) % 10)
    (culprit,) = inspected(whole(), wrong).culprits
    assert (culprit.kind, culprit.layer) == ("labels", None)
    assert "right on 0.0 % of the images, and would be on 100.0 %" in culprit.what
    assert "it answers 0 as 9, 1 as 0, 2 as 1" in culprit.what


def test_random_labels_are_in_no_order():
    images = split(120)
    labels = np.random.default_rng(0).permutation(images.labels)
    assert kinds(inspected(whole(), Split(images.images, labels))) == [("network", None)]


def test_a_network_of_no_use():
    # Each class is answered as often as any other.
    wrong = Split(split().images, np.random.default_rng(4).permutation(split().labels))
    (culprit,) = inspected(whole(), wrong).culprits
    assert (culprit.kind, culprit.layer) == ("network", None)
    assert "neither integers nor blocks" in culprit.hint


def test_a_dead_layer():
    def dead(network):
        network.fc1.bias -= 1e3

    inspection = inspected(versions(lenet5(dead)))
    culprit = next(each for each in inspection.culprits if each.kind == "dead")
    assert culprit.layer == "fc1"
    assert "in the float network too" in culprit.what
    layer = next(layer for layer in inspection.layers if layer.name == "fc1")
    assert (layer.channels, layer.dead, layer.constant) == (120, 120, 0)


def outlier_channel(bias):
    """A channel of one value, whatever the image, that the next layer does not read."""

    def change(network):
        network.conv1.weight[0] = 0
        network.conv1.bias[0] = bias
        network.conv2.weight[:, 0] = 0

    return change


def test_a_range_that_an_outlier_sets():
    culprit = inspected(versions(lenet5(outlier_channel(150.0)))).culprits[0]
    assert (culprit.kind, culprit.layer) == ("range", "conv1")


def test_a_layer_that_an_outlier_kills_in_integers():
    inspection = inspected(versions(lenet5(outlier_channel(1e5))))
    culprit = next(each for each in inspection.culprits if each.kind == "dead")
    assert culprit.layer == "conv1"
    assert "in the integer network only" in culprit.what
    assert ("range", "conv1") in kinds(inspection)


def test_a_weight_that_leaves_no_codes_to_the_others():
    def outlier(network):
        network.conv1.weight[2] = 0
        network.conv1.bias[2] = -1  # dead behind the ReLU: its weights have no effect
        network.conv2.weight[:, 2, 1, 1] = 40

    (culprit,) = inspected(versions(lenet5(outlier))).culprits
    assert (culprit.kind, culprit.layer) == ("weights", "conv2")
    assert "In 16 of 16 filters" in culprit.what and "reads channel 2 leaves" in culprit.what


def test_values_beyond_those_of_calibration():
    dark = digits().proposing(64).images // 3
    assert ("saturation", "conv1") in kinds(inspected(versions(lenet5(), images=dark)))


@pytest.mark.parametrize(
    ("correction", "hint"),
    [
        (True, "Choose blocks with a smaller mean error for this layer."),
        (False, "Leave out bias: false of compensation, so that biases take it up."),
    ],
)
def test_a_block_with_a_bias(correction, hint):
    given = versions(lenet5(), blocks={"fc1": "array(2,2,0)"})
    (culprit,) = inspected(given, bias_correction=correction).culprits
    assert (culprit.kind, culprit.layer, culprit.hint) == ("blocks", "fc1", hint)
    assert culprit.what.startswith("The blocks array(ha=2,hb=2,v=0) have a mean error in the layer")


def test_a_block_that_is_too_coarse():
    given = versions(lenet5(), blocks={"conv2": "array(7,7,0)"}, compensated=True)
    (culprit,) = inspected(given).culprits
    assert (culprit.kind, culprit.layer) == ("blocks", "conv2")
    assert "too coarse" in culprit.what


def test_few_images_prove_nothing():
    few = Split(split().images[:31], split().labels[:31])
    given = versions(lenet5(), preprocessing=Preprocessing(1.0))
    assert inspected(given, few).culprits == ()
    assert isinstance(given, Versions)
