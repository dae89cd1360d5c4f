import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets, networks
from hawx_hw.datasets.class_list import of_names
from hawx_hw.datasets.labels import Labels, classes_of
from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing import sources
from hawx_hw.importing.sources import Request
from hawx_hw.networks.tensor_file import pack
from hawx_hw.util.files import sha256_file


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
    images = digits.train.images[:4]
    network = sources.load(Request("lenet5", Path()), digits, images)
    with pytest.raises(UserError, match="has 10 outputs, and the data set 11 classes"):
        sources._check_outputs(network, replace(digits, classes=11))


def test_fewer_classes_than_outputs(digits):
    """Numbers and lists state which output is which class; the order of some names does not."""
    images = digits.train.images[:4]
    network = sources.load(Request("lenet5", Path()), digits, images)
    assert network.notes == ()
    some = digits.train.take(digits.train.labels < 7)
    fewer = replace(digits, train=some, calibration=some, test=some, classes=7)
    (note,) = sources._check_outputs(network, fewer)
    assert note == (
        "The network has 10 outputs, and the data set 7 classes: class 0 is taken for output 0, "
        "and outputs from 7 on for wrong answers."
    )
    names = Labels(np.array([*"abcdefg"]))
    sorted_names = replace(fewer, labelling=classes_of([names]))
    with pytest.raises(UserError, match="which output is which class is not known") as caught:
        sources._check_outputs(network, sorted_names)
    assert "classes.txt" in caught.value.hint
    listed = classes_of([names], listed=of_names([*"abcdefg"], "classes.txt", "f"))
    assert sources._check_outputs(network, replace(fewer, labelling=listed)) == (note,)


def test_title():
    assert sources.title("lenet5") == "lenet5"


@pytest.fixture
def stored(digits, tmp_path):
    """Weights of a narrow network of the zoo, without a record."""
    path = tmp_path / "small.safetensors"
    path.write_bytes(pack(networks.build("cnn_small", digits.shape, 10, {"width": 3}).state_dict()))
    return path


def test_options_and_a_note_where_nothing_states_the_preprocessing(digits, stored):
    request = Request("cnn_small", Path(), stored, options={"width": 3})
    network = sources.load(request, digits, digits.train.images[:4])
    assert network.layers.layers[0].weight.shape == (3, 1, 3, 3)
    assert network.layers.preprocessing == Preprocessing()
    assert network.notes == (
        "Nothing states what the network takes of pixels, which is taken to be pixel / 255. If it "
        "is something else, set network.preprocess.",
    )
    given = Preprocessing(1.0, (128.0,), (128.0,))
    request = Request("cnn_small", Path(), stored, given, {"width": 3})
    network = sources.load(request, digits, digits.train.images[:4])
    assert (network.layers.preprocessing, network.notes) == (given, ())


def test_the_record_states_preprocessing_and_options(digits, stored):
    recorded = {"scale": 1.0, "mean": [128.0], "std": [128.0]}
    content = {
        "checkpoint_sha256": sha256_file(stored),
        "model": "cnn_small",
        "options": {"width": 3},
        "recipe": {"preprocessing": recorded},
    }
    stored.with_suffix(".json").write_text(json.dumps(content))
    images = digits.train.images[:4]
    network = sources.load(Request("cnn_small", Path(), stored), digits, images)
    assert network.layers.preprocessing == Preprocessing(1.0, (128.0,), (128.0,))
    assert network.notes == ()
    given = Preprocessing(0.5)
    network = sources.load(Request("cnn_small", Path(), stored, given), digits, images)
    assert network.layers.preprocessing == given


@pytest.fixture
def own(tmp_path):
    """A network of the user's own, in two modules beside the config."""
    (tmp_path / "so_helper.py").write_text("WIDTH = 6\n")
    (tmp_path / "so_net.py").write_text(
        "from torch import nn\n"
        "from so_helper import WIDTH\n"
        "def build(shape, classes, bias='yes'):\n"
        "    return nn.Sequential(nn.Conv2d(shape[0], WIDTH, 3, bias=bias == 'yes'), nn.ReLU(),\n"
        "        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * WIDTH, classes))\n"
    )
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for name in ("so_net", "so_helper"):
        sys.modules.pop(name, None)


def test_a_function_of_the_user(digits, own):
    request = Request("python:so_net:build", own, options={"bias": "no"})
    sources.check(request)
    network = sources.load(request, digits, digits.train.images[:4])
    assert network.layers.layers[0].weight.shape == (6, 1, 3, 3)
    assert not network.layers.layers[0].bias.any()
    assert "pixel / 255" in network.notes[0]
    assert sources.title(request.model) == "build"


def test_its_files_are_known_without_running_it(own):
    (own / "so_net.py").write_text("import so_helper\nraise SystemExit")
    files = sources.source_files(Request("python:so_net:build", own, own / "weights.pth"), "digits")
    assert files == {
        "model (so_net)": own / "so_net.py",
        "model (so_helper)": own / "so_helper.py",
        "checkpoint": own / "weights.pth",
    }


def test_tflite_file(digits, tmp_path):
    from tests.importing.tflite_files.building import File

    file = File()
    size = digits.shape[1] * digits.shape[2]
    weight = np.random.default_rng(0).integers(-9, 10, (10, size)).astype(np.float32)
    file.operator(
        "FULLY_CONNECTED",
        [file.tensor((1, *digits.shape[1:], 1)), file.constant(weight), -1],
        file.tensor((1, 10)),
    )
    path = file.write(tmp_path / "net.TFLITE")
    request = Request("net.TFLITE", tmp_path, preprocessing=Preprocessing(1.0))
    sources.check(request)
    images = digits.train.images[:4]
    network = sources.load(request, digits, images)
    expected = images.reshape(4, size) @ weight.T
    np.testing.assert_allclose(next(network.outputs(images)), expected, rtol=1e-6)
    assert sources.source_files(request, "digits") == {"model": path}
    assert sources.title("folder/net.TFLITE") == "net"


def test_onnx_file(digits, tmp_path):
    from tests.importing.onnx_files.models import model, node, random

    size = digits.shape[1] * digits.shape[2]
    nodes = [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["y"])]
    made = model(nodes, {"w": random(size, 10)}, shape=("n", *digits.shape))
    (tmp_path / "net.ONNX").write_bytes(made.SerializeToString())
    request = Request("net.ONNX", tmp_path, preprocessing=Preprocessing(1.0))
    sources.check(request)
    images = digits.train.images[:4]
    network = sources.load(request, digits, images)
    expected = images.reshape(4, size) @ random(size, 10)
    np.testing.assert_allclose(next(network.outputs(images)), expected, rtol=1e-4, atol=1e-2)
    assert sources.source_files(request, "digits") == {"model": tmp_path / "net.ONNX"}
    assert sources.title("folder/net.onnx") == "net"
    with pytest.raises(UserError, match="has its own weights, and takes no checkpoint") as caught:
        sources.check(Request("net.onnx", tmp_path, tmp_path / "x.safetensors"))
    assert caught.value.where == "network.checkpoint"


def test_files_with_the_weights_of_an_onnx_file(tmp_path):
    import onnx

    from tests.importing.onnx_files.models import model, node, random

    made = model([node("Conv", ["x", "w"], ["y"])], {"w": random(4, 3, 3, 3)})
    path = tmp_path / "net.onnx"
    onnx.save(made, path, save_as_external_data=True, location="w.data", size_threshold=0)
    files = sources.source_files(Request("net.onnx", tmp_path), "digits")
    assert files == {"model": path, "model (w.data)": tmp_path.resolve() / "w.data"}


def test_distributions_of_a_file():
    assert sources.distributions("lenet5") == ()
    assert sources.distributions("a/B.ONNX") == ("onnx",)
    assert "tflite" in sources.distributions("b.tflite")
