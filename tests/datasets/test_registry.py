import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.datasets import NAMES, Counts, Options, files
from hawx_hw.datasets.preparation import Preparation, resized
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from hawx_hw.util.files import FileSet
from tests import material
from tests.datasets.images import folder, noise


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


#: Files of data sets of every kind, by the path that names them.
KINDS: dict[str, dict[str, bytes | np.ndarray | str]] = {
    "folder": {f"folder/{c}/{n}.png": noise(4, 4, seed=n) for n in range(12) for c in "ab"},
    "parts/": {
        f"parts/{part}/{c}/{n}.png": noise(4, 4, seed=n + 50 * at)
        for n in range(7)
        for c in "01"
        for at, part in enumerate(("train", "test", "val"))
    },
    "t.csv": {
        **{f"{n}.png": noise(4, 4, seed=n) for n in range(24)},
        "t.csv": "file,label\n" + "".join(f"{n}.png,{n % 2}\n" for n in range(24)),
    },
    "named": {
        **{f"named/{n}.png": noise(4, 4, seed=n) for n in range(6)},
        "named/classes.txt": "\n".join("abcdefgh"),
    },
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for files_of_kind in KINDS.values():
        folder(tmp_path, files_of_kind)
    rng = np.random.default_rng(1)
    for name, suffix in (("x.npz", ""), ("y.npz", "_train")):
        arrays = {f"x{suffix}": noise(30, 4, 4), f"y{suffix}": rng.integers(0, 3, 30)}
        np.savez(tmp_path / name, **arrays)
    return tmp_path


@pytest.mark.parametrize("test", [None, "named", "x.npz", "folder"])
@pytest.mark.parametrize("name", [*KINDS, "x.npz", "y.npz"])
def test_counts_agree_with_what_is_loaded(base: Path, name: str, test: str | None) -> None:
    options = Options(test=test)
    try:
        dataset = datasets.load(name, base=base, options=options)
    except UserError as error:
        with pytest.raises(UserError) if "Too few" not in str(error) else nullcontext():
            datasets.counts(name, base=base, options=options)
        return
    parts = roles(dataset)
    counted = datasets.counts(name, base=base, options=options)
    assert counted == Counts(
        len(dataset.train), len(parts.learn), len(parts.select), len(parts.test)
    )
    assert datasets.sizes(name, base=base, options=options) == (counted.train, counted.test)
    assert datasets.select_count(name, base=base, options=options) == counted.select
    split = datasets.load_validation(name, base=base, dataset=dataset, options=options)
    assert len(split) == datasets.image_count(name, base=base)


def test_a_folder_is_a_name_with_a_stroke(base: Path) -> None:
    """So that no folder is taken for a data set that comes with hawx, nor its checkpoint."""
    (base / "folder").rename(base / "digits")
    assert datasets.load("digits", base=base).name == "digits"
    own = datasets.load("./digits", base=base)
    assert (own.name, own.shape, own.labelling is None) == ("digits/", (1, 4, 4), False)
    assert own.note == "Classes in the order of labels: a 0, b 1."


def test_files_of_folders(base: Path) -> None:
    (named,) = files("named", base=base).values()
    assert isinstance(named, FileSet) and len(named.names) == 7
    both = files("x.npz", base=base, options=Options(test="folder"))
    assert both["network.dataset"] == base / "x.npz"
    assert isinstance(both["network.test"], FileSet) and len(both["network.test"].names) == 24


def test_images_of_a_named_data_set_are_prepared() -> None:
    plain = datasets.load("digits")
    prepared = datasets.load("digits", options=Options(preparation=Preparation("rgb", (12, 14))))
    assert prepared.shape == (3, 12, 14)
    np.testing.assert_array_equal(
        prepared.test.images[:, :1], resized(plain.test.images, (12, 14), "stretch")
    )
    assert len(prepared.calibration) == len(plain.calibration)
    with pytest.raises(UserError, match=r"network\.test: The data set digits has a part for test"):
        datasets.load("digits", options=Options(test="x.npz"))
    with pytest.raises(UserError, match="has a part for test"):
        datasets.counts("digits", options=Options(test="x.npz"))


def test_too_large_a_size_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(UserError) as caught:
        datasets.load("digits", options=Options(preparation=Preparation(resize=(10**6, 10**6))))
    assert str(caught.value).startswith(
        "network.preprocess.resize: digits: 1,442 images of 1,000,000 x 1,000,000 pixels have"
    )
