import numpy as np
import torch
from torch import nn

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.modules.tracing import trace
from hawx_hw.importing.network import ImportedNetwork

IMAGES = np.random.default_rng(0).integers(0, 256, (250, 3, 4, 4)).astype(np.uint8)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(20, 7))


def test_outputs_are_those_of_the_module_for_preprocessed_images():
    module = network().eval()
    preprocessing = Preprocessing(1 / 64, (0.5, 0.25, 1.0), (2.0, 0.5, 1.0))
    imported = ImportedNetwork(trace(module, IMAGES, preprocessing))
    mean, std = (torch.tensor(each).reshape(3, 1, 1) for each in ((0.5, 0.25, 1), (2, 0.5, 1)))
    with torch.inference_mode():
        expected = module((torch.from_numpy(IMAGES) / 64 - mean) / std).numpy()
    outputs = list(imported.outputs(IMAGES))
    assert [len(batch) for batch in outputs] == [100, 100, 50]
    np.testing.assert_allclose(np.concatenate(outputs), expected, rtol=0, atol=1e-4)


def test_parameters_are_those_after_folding():
    imported = ImportedNetwork(trace(network(), IMAGES))
    assert imported.parameters == 5 * 3 * 9 + 5 + 7 * 20 + 7


def test_quantized_where_the_source_prescribes_encodings():
    imported = ImportedNetwork(trace(network(), IMAGES))
    assert not imported.quantized
    imported.layers.encodings["input"] = Encoding(0.5, 3)
    assert imported.quantized
