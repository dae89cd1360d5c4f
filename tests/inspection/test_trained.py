"""Trained networks that nobody here made, prepared rightly and wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.datasets.dataset import Dataset, Split
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.networks import load
from tests.inspection.networks import inspected, kinds, versions
from tests.material import material

NETWORKS = {
    "resnet20": (
        "models/resnet20-12fca82f.th",
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ),
    "vgg11": (
        "models/vgg11_cifar10.safetensors",
        ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ),
}


def inspection(model, preprocessing, count, *, turned=False):
    with np.load(material("data/cifar10/test_1000.npz"), allow_pickle=False) as archive:
        images, labels = archive["x"].transpose(0, 3, 1, 2), archive["y"].astype(np.int64)
    images = np.ascontiguousarray(images[:, ::-1] if turned else images)
    chosen, others = Split(images[:count], labels[:count]), Split(images[500:], labels[500:])
    dataset = Dataset("cifar10", 10, others, others, chosen)
    network = load(model, dataset, material(NETWORKS[model][0]))
    given = versions(network, preprocessing=preprocessing, images=others.images[:64])
    return inspected(given, chosen)


def test_the_right_preprocessing_of_a_few_images():
    right = Preprocessing(1 / 255, *NETWORKS["resnet20"][1])
    assert kinds(inspection("resnet20", right, 40)) == []


@pytest.mark.slow
@pytest.mark.parametrize("model", NETWORKS)
def test_the_right_preprocessing(model):
    right = Preprocessing(1 / 255, *NETWORKS[model][1])
    result = inspection(model, right, 256)
    assert kinds(result) == []
    matches = [layer.statistics for layer in result.layers if layer.statistics is not None]
    assert max(match.shift for match in matches) < 0.15
    assert max(match.spread for match in matches) < 1.21


@pytest.mark.slow
@pytest.mark.parametrize("model", NETWORKS)
@pytest.mark.parametrize(
    "wrong",
    [
        Preprocessing(),
        Preprocessing(1.0),
        Preprocessing(2 / 255, (1.0,)),
        Preprocessing(1 / 255, (0.485, 0.456, 0.406)),
    ],
    ids=["0..1", "0..255", "-1..1", "no deviation"],
)
def test_a_wrong_preprocessing(model, wrong):
    culprit = inspection(model, wrong, 256).culprits[0]
    assert culprit.kind == "preprocessing" and culprit.layer is not None
    assert "std: [0.2" in culprit.hint


@pytest.mark.slow
@pytest.mark.parametrize("model", NETWORKS)
def test_channels_in_the_wrong_order(model):
    right = Preprocessing(1 / 255, *NETWORKS[model][1])
    culprit = inspection(model, right, 256, turned=True).culprits[0]
    assert culprit.kind == "preprocessing"
    assert culprit.hint == "Try network.preprocess: {channels: bgr}."
