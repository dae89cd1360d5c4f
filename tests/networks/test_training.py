import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from hawx_hw.config.zoo import ZOO
from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.networks import accuracy, build, load, train, training
from hawx_hw.networks.recipes import Recipe, recipe
from hawx_hw.networks.records import Recorded, recorded
from hawx_hw.networks.tensor_file import unpack
from hawx_hw.networks.training import (
    _batch_sizes,
    _learning_rate,
    _prepared,
    available_device,
)
from hawx_hw.util.files import sha256_file
from hawx_hw.util.seeds import seed_for


def striped(count, seed):
    """Two classes that are easy to distinguish: horizontal and vertical stripes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    images = rng.integers(0, 60, (count, 1, 14, 14))
    for image, label in zip(images, labels, strict=True):
        view = image[0] if label else image[0].T
        view[:: int(rng.integers(3, 5))] += 180
    return Split(images.astype(np.uint8), labels.astype(np.int64))


@pytest.fixture(scope="module")
def dataset():
    # Of these, 74 select and 301 are learned from: three batches.
    learn = striped(375, 0)
    return Dataset("stripes", 2, learn, learn, striped(100, 1))


def files(path):
    return path.read_bytes(), path.with_suffix(".json").read_bytes()


def test_it_learns_and_tells(dataset, tmp_path):
    path = tmp_path / "a.safetensors"
    calls = []
    record = train(
        "lenet5", dataset, epochs=12, output=path, progress=lambda *call: calls.append(call)
    )
    assert record.test_accuracy >= 0.95
    assert calls == [(batches, 36) for batches in range(1, 37)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.safetensors"]
    written = json.loads(path.with_suffix(".json").read_text())
    assert written == record.as_json() | {"recipe": written["recipe"]}
    assert written["checkpoint_sha256"] == sha256_file(path)
    assert written["dataset_sha256"] == dataset.digest
    parts = roles(dataset)
    assert (written["train_images"], written["held_out_images"]) == (301, 74)
    assert len(parts.learn) == 301
    assert written["held_out_sha256"] == parts.select.digest
    assert written["recipe"]["epochs"] == 12
    assert written["torch_version"] == torch.__version__


def test_same_recipe_same_bytes(dataset, tmp_path):
    state = torch.random.get_rng_state()
    for name in ("a", "b"):
        train("lenet5", dataset, seed=5, epochs=1, output=tmp_path / f"{name}.safetensors")
        torch.rand(3)
    torch.random.set_rng_state(state)
    assert files(tmp_path / "a.safetensors") == files(tmp_path / "b.safetensors")
    train("lenet5", dataset, seed=6, epochs=1, output=tmp_path / "b.safetensors")
    assert files(tmp_path / "a.safetensors")[0] != files(tmp_path / "b.safetensors")[0]


def test_the_callers_generator_is_left_alone(dataset, tmp_path):
    state = torch.random.get_rng_state()
    threads = torch.get_num_threads()
    train("lenet5", dataset, epochs=1, output=tmp_path / "a.safetensors")
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_every_epoch_draws_anew(dataset, tmp_path, monkeypatch):
    seeds = []

    def spy(images, limits, generator):
        seeds.append(generator.initial_seed())
        return images

    monkeypatch.setattr(training, "augment", spy)
    train("lenet5", dataset, epochs=3, output=tmp_path / "a.safetensors")
    assert len(seeds) == 9
    assert len(set(seeds)) == 3


def interrupted(dataset, path, at, seed=0):
    """``at``: the batch after which it is interrupted, of three an epoch."""

    def progress(done, total):
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("lenet5", dataset, seed=seed, epochs=3, output=path, progress=progress)


def test_an_interrupted_training_goes_on(dataset, tmp_path):
    path = tmp_path / "a.safetensors"
    train("lenet5", dataset, epochs=3, output=tmp_path / "whole.safetensors")
    interrupted(dataset, path, 8)
    assert not path.exists()
    batches = []
    train("lenet5", dataset, epochs=3, output=path, progress=lambda done, _: batches.append(done))
    assert batches == [7, 8, 9]
    assert files(path) == files(tmp_path / "whole.safetensors")
    assert not path.with_name("a.safetensors.partial").exists()


@pytest.mark.parametrize("what", ["another seed", "truncated", "one bit of a weight", "absent"])
def test_a_state_that_does_not_belong_to_the_training_is_ignored(dataset, tmp_path, what):
    path = tmp_path / "a.safetensors"
    interrupted(dataset, path, 4, seed=int(what == "another seed"))
    partial = path.with_name("a.safetensors.partial")
    content = bytearray(partial.read_bytes())
    if what == "truncated":
        partial.write_bytes(content[:-1])
    elif what == "one bit of a weight":
        content[-1000] ^= 1
        partial.write_bytes(content)
    elif what == "absent":
        partial.unlink()
    batches = []
    train("lenet5", dataset, epochs=3, output=path, progress=lambda done, _: batches.append(done))
    assert batches == list(range(1, 10))


def test_a_training_that_diverges_leaves_no_checkpoint(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(
        training,
        "recipe",
        lambda *given, **named: replace(recipe(*given, **named), learning_rate=float("inf")),
    )
    with pytest.raises(UserError, match=r"stripes: The training diverged: the loss of epoch 1 is"):
        train("lenet5", dataset, epochs=1, output=tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_the_learning_rate_rises_evenly_and_falls_to_zero():
    recipe = Recipe(0, 1, learning_rate=1.0, warm_up=0.1)
    rates = [_learning_rate(recipe, step / 1000) for step in range(1001)]
    assert rates[0] == 0
    # Half of the warm-up: half of the height, less the fall of the cosine by then, cos(9 degrees).
    assert rates[50] == pytest.approx(0.496922, abs=1e-6)
    # cos(60 degrees), cos(90 degrees), cos(120 degrees).
    assert rates[333] == pytest.approx(0.75, abs=1e-3)
    assert rates[500] == pytest.approx(0.5)
    assert rates[667] == pytest.approx(0.25, abs=1e-3)
    assert rates[1000] == pytest.approx(0, abs=1e-12)
    assert all(before < after for before, after in pairwise(rates[:100]))
    assert all(before > after for before, after in pairwise(rates[100:]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "Epochs must be at least 1, not 0"),
        ({"seed": -1}, "Seed must be at least 0, not -1"),
        ({"output": "a.pt"}, "Output must end in .safetensors, not 'a.pt'"),
    ],
)
def test_refuses(dataset, tmp_path, change, message):
    settings = {"output": "a.safetensors"} | change
    settings["output"] = tmp_path / settings["output"]
    with pytest.raises(ValueError, match=f"^{message}$"):
        train("lenet5", dataset, **settings)


@pytest.mark.parametrize("model", ["cnn_small", "resnet8"])
def test_networks_with_normalization_learn_and_go_on_after_an_interruption(
    dataset, tmp_path, model
):
    """SGD, momentum, and statistics of the normalization are a part of the state."""
    settings = {"options": {"width": 4}, "epochs": 3}
    whole, path = tmp_path / "whole.safetensors", tmp_path / "a.safetensors"
    record = train(model, dataset, output=whole, **settings)
    assert record.options["width"] == 4
    assert record.test_accuracy >= 0.9

    def stop(done, total):
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model, dataset, output=path, progress=stop, **settings)
    batches = []
    train(model, dataset, output=path, progress=lambda done, _: batches.append(done), **settings)
    assert batches == [7, 8, 9]
    assert files(path) == files(whole)


@pytest.mark.parametrize(
    "model",
    [
        "lenet5",
        "cnn_small",
        "resnet8",
        "resnet20",
        "vgg11",
        "resnet18",
        pytest.param("efficientnet_lite0", marks=pytest.mark.slow),
    ],
)
def test_every_kind_of_network_of_the_zoo_can_be_trained(model, tmp_path):
    rng = np.random.default_rng(0)
    learn = Split(
        rng.integers(0, 256, (12, 3, 32, 32), dtype=np.uint8), np.arange(12, dtype=np.int64) % 2
    )
    photographs = Dataset("photographs", 2, learn, learn, learn)
    path = tmp_path / "a.safetensors"
    options = {"width": 2} if "width" in ZOO[model] else {}
    # The learning rate of the first step is zero.
    record = train(model, photographs, options=options, epochs=2, output=path)
    assert record.recipe.augmentation.flip == (model != "lenet5")
    state = unpack(path.read_bytes())[0]
    loaded = load(model, photographs, path).state_dict()
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], state[name]) for name in state)
    first = next(name for name in state if name.endswith("weight"))
    torch.manual_seed(seed_for(0, "weights"))
    untrained = build(model, (3, 32, 32), 2, options).state_dict()
    assert not torch.equal(state[first], untrained[first])


def test_a_state_of_other_options_is_ignored(dataset, tmp_path):
    path = tmp_path / "a.safetensors"

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("cnn_small", dataset, options={"width": 2}, epochs=1, output=path, progress=stop)
    batches = []

    def record(done, total):
        batches.append(done)

    train("cnn_small", dataset, options={"width": 3}, epochs=1, output=path, progress=record)
    assert batches == [1, 2, 3]


def test_the_record_has_what_the_network_takes_of_pixels(dataset, tmp_path):
    path = tmp_path / "a.safetensors"
    record = train("cnn_small", dataset, options={"width": 2}, epochs=1, output=path)
    assert recorded(path) == Recorded("cnn_small", record.recipe.preprocessing, {"width": 2})
    network = load("cnn_small", dataset, path)
    measured = accuracy(
        network,
        dataset.test.images,
        dataset.test.labels,
        preprocessing=record.recipe.preprocessing,
    )
    assert measured == record.test_accuracy


def test_images_are_prepared_as_the_table_of_pixels_has_them():
    preprocessing = Preprocessing(0.5, (1.0, 2.0), (3.0, 4.0))
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16).repeat(2, axis=1)
    prepared = _prepared(torch.from_numpy(pixels).to(torch.float32) / 255, preprocessing)
    assert np.allclose(prepared.numpy(), preprocessing.real(pixels), atol=1e-5)


def test_one_image_alone_is_no_batch_of_a_network_that_normalizes():
    plain, normalizing = nn.Linear(1, 1), nn.Sequential(nn.BatchNorm2d(1))
    assert _batch_sizes(257, 128, plain) == [128, 128, 1]
    assert _batch_sizes(257, 128, normalizing) == [128, 129]
    assert _batch_sizes(129, 128, normalizing) == [129]
    assert _batch_sizes(130, 128, normalizing) == [128, 2]
    assert _batch_sizes(128, 128, normalizing) == [128]
    assert _batch_sizes(1, 128, plain) == [1]
    with pytest.raises(UserError, match="One training image is too few"):
        _batch_sizes(1, 128, normalizing)


def test_padding_shortcuts_are_not_trained(dataset, tmp_path):
    path = tmp_path / "a.safetensors"
    train("resnet8", dataset, options={"width": 2, "shortcut": "pad"}, epochs=1, output=path)
    shortcut = load("resnet8", dataset, path).layer2[0].shortcut.weight
    assert shortcut.unique().tolist() == [0, 1]


def test_the_processor_is_the_device_where_there_is_no_other(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    assert available_device() == "cpu"
    monkeypatch.setattr(
        torch.accelerator, "current_accelerator", lambda check_available: torch.device("cuda", 1)
    )
    assert available_device() == "cuda"
