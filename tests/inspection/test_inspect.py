"""A whole inspection: what it hands on of its parts."""

import json

import pytest

from hawx_hw.datasets.dataset import Split
from tests.inspection import colour
from tests.inspection.networks import inspected, lenet5, split, versions, whole


def test_numbers_of_layers_and_versions():
    given = versions(
        lenet5(), blocks={"fc1": "array(2,2,0)", "conv2": "drum(k=4)"}, compensated=True
    )
    inspection = inspected(given, seen=3)
    assert (inspection.network, inspection.images, inspection.seen) == ("network", 64, 3)
    names = [node.name for node in given.graph.nodes]
    assert [layer.name for layer in inspection.layers] == names
    layers = {layer.name: layer for layer in inspection.layers}
    assert layers["conv2"].blocks == ("drum(k=4)",) and layers["conv1"].blocks == ()
    assert (layers["conv2"].kind, layers["conv2"].channels) == ("Conv2d", 16)
    assert layers["fc1"].built.ratio_db > layers["fc1"].uncompensated.ratio_db
    assert layers["pool1"].int8.alone_db is None and layers["pool1"].typical_db is None
    assert 30 < layers["conv2"].typical_db < 60
    assert layers["conv1"].statistics is None
    accuracy = inspection.accuracy
    assert accuracy.in_float == accuracy.int8 == 1
    assert accuracy.uncompensated is not None and accuracy.built == 1
    assert [flips.versions for flips in inspection.flips] == [("float", "int8"), ("int8", "built")]
    assert 5 < inspection.margin < 50
    assert inspection.trials[0].what == "pixels of -1 to 1"
    assert inspection.rtl is None
    json.dumps(inspection.as_dict(), allow_nan=False)


def test_exact_blocks():
    inspection = inspected(whole())
    assert inspection.accuracy.built is None and len(inspection.flips) == 1
    assert all(layer.built is None and layer.blocks == () for layer in inspection.layers)


def test_recorded_statistics():
    given = versions(colour.network(), preprocessing=colour.PREPROCESSING, images=colour.images())
    inspection = inspected(given, colour.labelled())
    matches = [layer.statistics for layer in inspection.layers]
    assert [match is not None for match in matches] == [True, True, False, False]
    assert matches[0].shift < 1e-3 and matches[1].spread == pytest.approx(1, abs=0.01)


def test_one_image():
    one = Split(split().images[:1], split().labels[:1])
    inspection = inspected(whole(), one)
    assert inspection.images == 1 and inspection.culprits == ()
    json.dumps(inspection.as_dict(), allow_nan=False)
