"""All tensors of all versions, the same however many images come at a time."""

import numpy as np
import pytest
import torch

from hawx_hw.emulation import Emulator
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Tensor
from hawx_hw.inspection import versions as module
from hawx_hw.inspection.versions import Versions, real_values
from tests.inspection.networks import lenet5, split, versions, whole

IMAGES = split().images[:6]


def test_real_values_of_codes():
    codes = np.array([[-128, 3, 127]], dtype=np.int8)
    values = real_values(codes, Tensor((3,), 0.5, 3))
    assert values.dtype == torch.float32
    assert values.tolist() == [[-65.5, 0, 62]]


def test_every_tensor_of_every_version():
    given = versions(lenet5(), blocks={"fc1": "array(2,2,0)"}, compensated=True)
    (batch,) = given.batches(IMAGES)
    codes = given.graph.codes(IMAGES)
    real = dict(given.layers.evaluate(given.layers.inputs(IMAGES, np.float32)))
    for expected, actual in (
        (fast.run_all(given.graph, codes), batch.int8),
        (Emulator(given.graph).run_all(codes, given.assignment), batch.uncompensated),
        (Emulator(given.built).run_all(codes, given.assignment), batch.built),
        ({name: value.numpy() for name, value in real.items()}, batch.real),
    ):
        for name in expected:
            np.testing.assert_array_equal(expected[name], actual[name], err_msg=name)
    assert (batch.uncompensated["fc1"] != batch.int8["fc1"]).any()
    assert (batch.uncompensated["fc1"] != batch.built["fc1"]).any()


def test_exact_blocks_have_no_further_versions():
    (batch,) = whole().batches(IMAGES)
    assert not whole().approximate
    assert batch.uncompensated is None and batch.built is None


@pytest.mark.parametrize("limit", [1, 300_000])
def test_few_images_at_a_time_where_tensors_are_large(limit, monkeypatch):
    (together,) = whole().batches(IMAGES)
    monkeypatch.setattr(module, "_BATCH_BYTES", limit)
    parts = list(whole().batches(IMAGES))
    size = 7 * sum(tensor.size for tensor in whole().graph.tensors.values())
    assert len(parts[0].int8["fc3"]) == max(1, limit // size) < len(IMAGES)
    for name, expected in together.int8.items():
        actual = np.concatenate([part.int8[name] for part in parts])
        np.testing.assert_array_equal(actual, expected)


def test_a_change_of_scale_has_the_values_of_its_input():
    """Behind a pooling whose output has a scale of its own, prescribed by a file."""
    from hawx_hw.importing.encoding import Encoding
    from hawx_hw.importing.modules.tracing import trace
    from hawx_hw.quantize.calibration import quantize_layers

    layers = trace(lenet5(), IMAGES)
    layers.encodings["pool1"] = Encoding(0.05, -128)
    graph = quantize_layers(layers, IMAGES, name="rescaled")
    added = next(node for node in graph.nodes if layers.layer(node.name) is None)
    given = Versions(layers, graph, {}, graph)
    (batch,) = given.batches(IMAGES)
    assert given.layer(added) is None
    assert torch.equal(batch.real[added.name], batch.real[added.inputs[0]])
