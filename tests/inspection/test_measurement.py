"""Measured noise beside that of the definition, of one layer and of all before it."""

import numpy as np
import pytest
import torch

from hawx_hw.graph import fast
from hawx_hw.importing.float_graph import evaluate_layer
from hawx_hw.inspection.measurement import measure
from hawx_hw.inspection.versions import real_values
from tests.inspection.networks import lenet5, split, versions, whole

IMAGES = split().images[:9]


def ratio(expected, actual):
    expected, actual = (np.asarray(each, dtype=np.float64) for each in (expected, actual))
    return 10 * np.log10((expected**2).sum() / ((actual - expected) ** 2).sum())


def by_name(measurement):
    return {layer.node.name: layer for layer in measurement.layers}


def test_the_noise_of_rounding_in_all_layers_and_in_one():
    given, seen = whole(), []
    measurement = measure(given, IMAGES, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(9, 9)]
    (batch,) = given.batches(IMAGES)
    tensors = given.graph.tensors
    layers = by_name(measurement)
    for name, source in (("conv2", "pool1"), ("fc2", "fc1")):
        rounded = real_values(batch.int8[name], tensors[name])
        inputs = real_values(batch.int8[source], tensors[source])
        with torch.inference_mode():
            alone = evaluate_layer(given.layers.layer(name), [inputs])
        assert layers[name].int8.total.ratio_db == pytest.approx(ratio(batch.real[name], rounded))
        assert layers[name].int8.alone.ratio_db == pytest.approx(ratio(alone, rounded))
        assert layers[name].built is None
    assert layers["pool2"].int8.alone.ratio_db is None
    assert layers["pool2"].int8.total.ratio_db is not None
    np.testing.assert_array_equal(measurement.real, batch.real["fc3"].numpy())
    np.testing.assert_array_equal(measurement.int8, batch.int8["fc3"])
    assert measurement.uncompensated is None and measurement.built is None


def test_the_noise_of_blocks_in_all_layers_and_in_one():
    blocks = {"conv1": "drum(k=3)", "fc1": "array(2,2,0)"}
    given = versions(lenet5(), blocks=blocks, compensated=True)
    measurement = measure(given, IMAGES)
    (batch,) = given.batches(IMAGES)
    layers = by_name(measurement)
    tensor = given.graph.tensors["fc1"]
    node = next(node for node in given.graph.nodes if node.name == "fc1")
    rounded = real_values(batch.int8["fc1"], tensor)
    for values, noise in (
        (batch.uncompensated, layers["fc1"].uncompensated),
        (batch.built, layers["fc1"].built),
    ):
        actual = real_values(values["fc1"], tensor)
        # What the exact blocks and the original weights compute of the same inputs.
        zero_point = given.graph.tensors["flatten"].zero_point
        exact = real_values(fast.evaluate(node, [values["flatten"]], zero_point), tensor)
        assert noise.total.ratio_db == pytest.approx(ratio(rounded, actual))
        assert noise.alone.ratio_db == pytest.approx(ratio(exact, actual))
    assert layers["fc2"].uncompensated.alone.ratio_db is None  # exact blocks
    assert layers["fc2"].uncompensated.total.ratio_db is not None
    np.testing.assert_array_equal(measurement.built, batch.built["fc3"])
    assert layers["fc1"].built.total.ratio_db > layers["fc1"].uncompensated.total.ratio_db + 3
