import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.config.models import Config, PreprocessConfig
from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.pipeline.network import (
    check_network,
    load_network,
    network_files,
    preprocessing_of,
    request_of,
)


def config(**network):
    network = {"model": "lenet5", "dataset": "digits", **network}
    return Config.model_validate({"name": "n", "network": network})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"channels": "bgr"}, None),
        ({"scale": 1.0}, Preprocessing(1.0)),
        ({"mean": 0.5}, Preprocessing(1 / 255, (0.5,))),
        (
            {"mean": (0.1, 0.2, 0.3), "std": 0.5},
            Preprocessing(1 / 255, (0.1, 0.2, 0.3), (0.5,)),
        ),
    ],
)
def test_preprocessing(settings, expected):
    assert preprocessing_of(PreprocessConfig(**settings)) == expected


def test_request(tmp_path):
    given = request_of(config(checkpoint="own.safetensors", preprocess={"scale": 1.0}), tmp_path)
    assert given.checkpoint == tmp_path / "own.safetensors"
    assert given.preprocessing == Preprocessing(1.0)
    assert request_of(config(), tmp_path).checkpoint is None


def test_request_of_the_users_own(tmp_path):
    given = request_of(config(model="python:mine:build", options={"depth": 3}), tmp_path)
    assert (given.model, given.options) == ("python:mine:build", {"depth": 3})


def test_unknown_network(tmp_path):
    unknown = config().model_copy(
        update={"network": config().network.model_copy(update={"model": "lenet6"})}
    )
    with pytest.raises(UserError, match="Unknown network 'lenet6'") as caught:
        check_network(unknown, tmp_path)
    assert caught.value.where == "network.model"


def test_load(tmp_path):
    dataset = datasets.load("digits")
    images = dataset.train.images[:2]
    network = load_network(config(preprocess={"scale": 0.5}), tmp_path, dataset, images)
    np.testing.assert_array_equal(network.layers.inputs(images).numpy(), images * 0.5)


def test_a_missing_checkpoint_is_blamed_on_its_key(tmp_path):
    dataset = datasets.load("digits")
    given = config(checkpoint="none.safetensors")
    with pytest.raises(UserError, match="There is no such checkpoint") as caught:
        load_network(given, tmp_path, dataset, dataset.train.images[:2])
    assert caught.value.where.startswith("network.checkpoint")


def test_files(tmp_path):
    assert sorted(network_files(config(), tmp_path)) == [
        "network.checkpoint",
        "network.checkpoint (record)",
    ]


def test_files_of_the_users_own(tmp_path):
    (tmp_path / "ne_mine.py").write_text("def build(): ...")
    given = config(model="python:ne_mine:build", checkpoint="a.pth")
    assert network_files(given, tmp_path) == {
        "network.model (ne_mine)": tmp_path / "ne_mine.py",
        "network.checkpoint": tmp_path / "a.pth",
    }
