from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hawx_hw.config.models import NetworkConfig, PowerConfig, PreprocessConfig, VerifyConfig
from hawx_hw.config.search import SearchConfig
from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import codes
from hawx_hw.pipeline.data import (
    check_images,
    check_select_images,
    dataset_files,
    image_codes,
    load_dataset,
    load_roles,
)
from hawx_hw.util.files import sha256_of
from tests.datasets.images import folder, noise

#: A network of images of that shape.
GRAPH = SimpleNamespace(input="x", tensors={"x": SimpleNamespace(shape=(1, 4, 4))}, codes=codes)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A context of a data set of 30 images of 1 x 4 x 4, of which each fifth is for test."""
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    images = np.random.default_rng(2).integers(0, 256, (30, 4, 4)).astype(np.uint8)
    np.savez(tmp_path / "own.npz", x=images, y=np.arange(30) % 2)
    task = SimpleNamespace(update=lambda done, total: None)
    return SimpleNamespace(
        config=SimpleNamespace(
            network=NetworkConfig(model="lenet5", dataset="own.npz", calibration_images=20),
            search=None,
            verify=VerifyConfig(),
            power=PowerConfig(),
        ),
        base=tmp_path,
        folder=tmp_path / "build",
        progress=SimpleNamespace(task=lambda label, estimate=None: nullcontext(task)),
    )


def test_the_configs_data_set(context: SimpleNamespace) -> None:
    dataset = load_dataset(context)
    assert (len(dataset.train), len(dataset.test)) == (24, 6)
    # Of each class every fifth of twelve training images selects.
    parts = load_roles(context)
    assert (len(parts.learn), len(parts.select), len(parts.test)) == (20, 4, 6)


def test_validation_images_select(context: SimpleNamespace, tmp_path: Path) -> None:
    other = np.zeros((12, 4, 4), np.uint8)
    np.savez(tmp_path / "other.npz", x=other, y=np.arange(12) % 2)
    context.config.network = NetworkConfig(
        model="lenet5", dataset="own.npz", validation="other.npz", calibration_images=24
    )
    parts = load_roles(context)
    assert (len(parts.learn), len(parts.select), len(parts.test)) == (24, 12, 6)
    check_images(context.config, tmp_path, "network.calibration_images")
    files = dataset_files(context.config, tmp_path)
    assert files["network.validation"] == tmp_path / "other.npz"
    context.config.network = context.config.network.model_copy(update={"validation": "gone.npz"})
    with pytest.raises(UserError, match=r"^network\.validation: .*gone\.npz: There is no such"):
        load_roles(context)


def test_no_more_images_select_than_there_are(context: SimpleNamespace, tmp_path: Path) -> None:
    config = context.config
    check_select_images(config, tmp_path)
    config.search = SearchConfig(select_images=4)
    check_select_images(config, tmp_path)
    config.search = SearchConfig(select_images=5)
    with pytest.raises(UserError) as caught:
        check_select_images(config, tmp_path)
    assert str(caught.value) == (
        "search.select_images: There are only 4 selection images, not 5. Ask for 4 or fewer."
    )
    # Of validation images all select, whatever part they are in.
    np.savez(tmp_path / "other.npz", x=np.zeros((5, 4, 4), np.uint8), y=np.zeros(5, int))
    config.network = config.network.model_copy(update={"validation": "other.npz"})
    check_select_images(config, tmp_path)
    config.network = config.network.model_copy(update={"validation": "gone.npz"})
    with pytest.raises(UserError, match=r"^network\.validation: .*There is no such file"):
        check_select_images(config, tmp_path)


def test_an_error_names_the_key(context: SimpleNamespace) -> None:
    context.config.network = NetworkConfig(model="lenet5", dataset="gone.npz")
    with pytest.raises(UserError) as caught:
        load_dataset(context)
    assert caught.value.where is not None and "network.dataset" in caught.value.where


def test_codes_of_test_images(context: SimpleNamespace) -> None:
    test = load_dataset(context).test
    context.config.verify = VerifyConfig(images=3)
    three = image_codes(context, "verify", GRAPH)
    np.testing.assert_array_equal(three, codes(test.images[[0, 2, 4]]))


@pytest.mark.parametrize("section", ["verify", "power"])
def test_more_images_than_there_are(context: SimpleNamespace, section: str) -> None:
    key = f"{section}.images"
    kind = type(getattr(context.config, section))
    # Left out: as many as there are, where there are not 20 or 64.
    assert len(image_codes(context, section, GRAPH)) == 6
    check_images(context.config, context.base, key)
    setattr(context.config, section, kind(images=6))
    assert len(image_codes(context, section, GRAPH)) == 6
    check_images(context.config, context.base, key)
    setattr(context.config, section, kind(images=7))
    for check in (
        lambda: image_codes(context, section, GRAPH),
        lambda: check_images(context.config, context.base, "network.calibration_images", key),
    ):
        with pytest.raises(UserError) as caught:
            check()
        assert str(caught.value) == (
            f"{key}: There are only 6 test images, not 7. Ask for 6 or fewer."
        )


def test_more_training_images_than_there_are(context: SimpleNamespace) -> None:
    keys = ("network.calibration_images", "search.images", "search.profile_images")
    check_images(context.config, context.base, *keys)
    context.config.search = SearchConfig()
    check_images(context.config, context.base, *keys)
    context.config.search = SearchConfig(profile_images=25)
    with pytest.raises(
        UserError, match=r"search\.profile_images: There are only 20 training images"
    ):
        check_images(context.config, context.base, *keys)


def test_the_file_of_the_data_set(context: SimpleNamespace) -> None:
    files = dataset_files(context.config, context.base)
    assert files == {"network.dataset": context.base / "own.npz"}
    context.config.network = NetworkConfig(model="lenet5", dataset="digits")
    assert dataset_files(context.config, context.base) == {}


def test_a_network_of_other_images(context: SimpleNamespace) -> None:
    other = SimpleNamespace(input="x", tensors={"x": SimpleNamespace(shape=(3, 4, 4))})
    with pytest.raises(UserError) as caught:
        image_codes(context, "verify", other)
    assert str(caught.value) == (
        f"network.dataset: The integer graph in {context.folder} takes images of shape (3, 4, 4), "
        f"and those of the data set have (1, 4, 4). Remove the folder {context.folder} and run the "
        "command again."
    )


def test_a_folder_of_images(context: SimpleNamespace, tmp_path: Path) -> None:
    images = {f"own/{n % 2}/{n:02}.png": noise(9, 11, 3, seed=n) for n in range(30)}
    folder(tmp_path, images)
    preprocess = PreprocessConfig(channels="grey", resize=(4, 4))
    network = NetworkConfig(model="lenet5", dataset="own", preprocess=preprocess)
    context.config.network = network
    dataset = load_dataset(context)
    assert (dataset.name, dataset.shape, len(dataset.test)) == ("own/", (1, 4, 4), 6)
    context.config.network = network.model_copy(update={"calibration_images": 20})
    check_images(context.config, tmp_path, "network.calibration_images")
    assert image_codes(context, "verify", GRAPH).shape == (6, 1, 4, 4)
    context.config.network = network.model_copy(update={"calibration_images": 21})
    with pytest.raises(UserError, match="There are only 20 training images, not 21"):
        check_images(context.config, tmp_path, "network.calibration_images")
    before = sha256_of(dataset_files(context.config, tmp_path)["network.dataset"])
    folder(tmp_path, {"own/0/00.png": noise(9, 11, 3, seed=99)})
    assert sha256_of(dataset_files(context.config, tmp_path)["network.dataset"]) != before


def test_images_for_test_and_for_validation_of_the_data_set(
    context: SimpleNamespace, tmp_path: Path
) -> None:
    arrays = {f"{name}{part}": values for part, n in (("", 8), ("_val", 6)) for name, values in (
        ("x", noise(n, 4, 4, seed=n)), ("y", np.arange(n) % 2))}  # fmt: skip
    np.savez(tmp_path / "parts.npz", **arrays)
    context.config.network = NetworkConfig(
        model="lenet5", dataset="parts.npz", test="own.npz", calibration_images=8
    )
    parts = load_roles(context)
    assert (len(parts.learn), len(parts.select), len(parts.test)) == (8, 6, 30)
    check_images(context.config, tmp_path, "network.calibration_images")
    context.config.search = SearchConfig(select_images=6)
    check_select_images(context.config, tmp_path)
    assert list(dataset_files(context.config, tmp_path)) == ["network.dataset", "network.test"]
    context.config.network = context.config.network.model_copy(update={"validation": "own.npz"})
    with pytest.raises(UserError, match="The data set has a part for validation of its own"):
        load_roles(context)
