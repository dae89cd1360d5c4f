import hashlib

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.datasets import cifar10
from hawx_hw.errors import UserError

IMAGES = 7


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Batches of 7 images in CIFAR-10's binary form, whose checksums pass for the official ones."""
    rng = np.random.default_rng(0)
    here = tmp_path / "data" / "cifar10"
    here.mkdir(parents=True)
    digests = {}
    for name in (*cifar10._SHA256, "test_batch.bin"):
        records = rng.integers(0, 256, (IMAGES, 3073)).astype(np.uint8)
        records[:, 0] %= 10
        (here / name).write_bytes(records.tobytes())
        digests[name] = hashlib.sha256(records.tobytes()).hexdigest()
    del digests["test_batch.bin"]
    monkeypatch.setattr(cifar10, "_SHA256", digests)
    monkeypatch.setattr(cifar10, "_IMAGES", IMAGES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HAWX_DATA", str(tmp_path / "data"))
    return here


def test_binary_batches(folder):
    dataset = datasets.load("cifar10")
    assert (len(dataset.train), len(dataset.test), dataset.shape) == (35, 7, (3, 32, 32))
    assert dataset.note == ""
    record = (folder / "data_batch_2.bin").read_bytes()[3073 : 2 * 3073]
    assert dataset.train.labels[8] == record[0]
    assert dataset.train.images[8].tobytes() == record[1:]


def test_a_part_of_the_test_images_is_said(folder):
    (folder / "test_batch.bin").unlink()
    x = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)
    np.savez(folder / "test_1000.npz", x=x, y=np.array([1, 2, 3, 9], np.uint8))
    dataset = datasets.load("cifar10")
    assert dataset.note == "Only the first 4 of the 10,000 test images are available."
    np.testing.assert_array_equal(dataset.test.images[1, 2], x[1, :, :, 2])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((2, 3, 32, 32), np.uint8), [0, 1], "x must be uint8 (n, 32, 32, 3) and y (n,)"),
        (np.zeros((2, 32, 32, 3), np.uint8), [0], "x must be uint8 (n, 32, 32, 3) and y (n,)"),
        (np.zeros((2, 32, 32, 3), np.uint8), [0, 10], "Labels must be whole numbers from 0 to 9."),
    ],
)
def test_a_bad_part(folder, x, y, message):
    (folder / "test_batch.bin").unlink()
    np.savez(folder / "test_1000.npz", x=x, y=np.array(y))
    with pytest.raises(UserError) as caught:
        datasets.load("cifar10")
    assert message in str(caught.value)


def test_a_damaged_batch_is_named(folder):
    content = bytearray((folder / "data_batch_3.bin").read_bytes())
    content[5] ^= 1
    (folder / "data_batch_3.bin").write_bytes(content)
    with pytest.raises(UserError, match=r"data_batch_3\.bin: The content is not that"):
        datasets.load("cifar10")


@pytest.mark.parametrize("missing", ["data_batch_4.bin", "test_batch.bin"])
def test_a_missing_batch_is_named(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(UserError, match=f"CIFAR-10 is missing: {missing} is in no folder"):
        datasets.load("cifar10")
