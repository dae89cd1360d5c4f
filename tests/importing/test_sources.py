from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing import sources
from hawx_hw.importing.sources import Request


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def test_zoo(digits):
    images = digits.train.images[:4]
    network = sources.load(Request("lenet5", Path()), digits, images)
    assert [layer.name for layer in network.layers.layers] == [
        "conv1", "pool1", "conv2", "pool2", "flatten", "fc1", "fc2", "fc3",
    ]  # fmt: skip
    given = Preprocessing(1 / 128)
    again = sources.load(Request("lenet5", Path(), preprocessing=given), digits, images)
    np.testing.assert_array_equal(again.layers.inputs(images), images / 128)


def test_unknown():
    with pytest.raises(UserError, match=r"Unknown network 'lenet6'") as caught:
        sources.check(Request("lenet6", Path()))
    assert caught.value.where == "network.model"
    assert "lenet5" in caught.value.hint


def test_files_of_the_zoo(tmp_path):
    files = sources.source_files(Request("lenet5", tmp_path), "digits")
    assert sorted(files) == ["checkpoint", "record"]
    own = sources.source_files(Request("lenet5", tmp_path, tmp_path / "own"), "digits")
    assert own == {"checkpoint": tmp_path / "own"}


def test_more_classes_than_outputs(digits):
    from dataclasses import replace

    images = digits.train.images[:4]
    network = sources.load(Request("lenet5", Path()), digits, images)
    with pytest.raises(UserError, match="has 10 outputs, and the data set 11 classes"):
        sources._check_outputs(network, replace(digits, classes=11))


def test_title():
    assert sources.title("lenet5") == "lenet5"
