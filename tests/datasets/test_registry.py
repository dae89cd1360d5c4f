import os
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.datasets import NAMES, files
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from tests import material


def test_names():
    assert datasets.NAMES == ("cifar10", "digits", "mnist")


def test_unknown_name():
    with pytest.raises(UserError) as caught:
        datasets.load("digit")
    assert str(caught.value) == (
        "Unknown dataset 'digit'. Use one of cifar10, digits, mnist, or the path of an .npz file "
        "with x and y, of a folder of images, or of a .csv file that lists them."
    )


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_sizes(name, monkeypatch):
    dataset = material.dataset(name)  # skips where its files are missing
    if os.environ.get("HAWX_TEST_MATERIAL"):
        monkeypatch.setenv("HAWX_DATA", str(material.material("data")))
    assert datasets.sizes(name) == (len(dataset.train), len(dataset.test))
    assert datasets.select_count(name) == len(roles(dataset).select)


@pytest.mark.parametrize("own_test", [False, True])
def test_sizes_of_a_file(tmp_path, own_test):
    labels = np.array([0] * 14 + [1] * 9 + [7] * 4)
    images = np.zeros((len(labels), 4, 4), dtype=np.uint8)
    more = {"x_test": images[:3], "y_test": labels[:3]} if own_test else {}
    np.savez(tmp_path / "x.npz", x=images, y=labels, **more)
    dataset = datasets.load("x.npz", base=tmp_path)
    assert datasets.sizes("x.npz", base=tmp_path) == (len(dataset.train), len(dataset.test))
    assert datasets.select_count("x.npz", base=tmp_path) == len(roles(dataset).select) > 0


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("digit", "Unknown dataset 'digit'"),
        ("gone.npz", "There is no such file"),
        ("~nosuchuser/x.npz", "There is no user for the ~ of '~nosuchuser/x.npz'"),
        ("a\0.npz", "A path holds no NUL"),
        (f"{'a' * 300}.npz", "A name in a path has at most 255 bytes, not 304"),
        (f"{'a' * 300}/x.npz", "A name in a path has at most 255 bytes, not 300"),
    ],
    ids=range(6),
)
def test_names_of_nothing(path, message):
    for function in (datasets.load, datasets.sizes):
        with pytest.raises(UserError, match=message):
            function(path)


def test_files_that_may_change_while_the_name_stays(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HAWX_DATA", str(tmp_path))
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    assert files("own.npz", base=tmp_path) == {"network.dataset": tmp_path / "own.npz"}
    assert files("/own.npz", base=tmp_path) == {"network.dataset": Path("/own.npz")}
    for name in (*NAMES, "letters"):
        assert files(name, base=tmp_path) == {}
    (tmp_path / "cifar10").mkdir()
    for name in ("test_1000.npz", "test_batch.bin"):
        (tmp_path / "cifar10" / name).write_bytes(b"")
        assert files("cifar10") == {f"network.dataset ({name})": tmp_path / "cifar10" / name}
