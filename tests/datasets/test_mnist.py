import gzip
import hashlib
import struct

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.datasets import mnist
from hawx_hw.datasets.download import DownloadError
from hawx_hw.errors import UserError

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@pytest.fixture
def contents(monkeypatch, tmp_path):
    """Small files of MNIST's form, whose checksums pass for the official ones; nowhere yet."""
    rng = np.random.default_rng(0)
    made = {}
    for name in NAMES:
        count = 600 if name.startswith("train") else 20
        shape = (count, 28, 28) if "images" in name else (count,)
        array = rng.integers(0, 256 if "images" in name else 10, shape).astype(np.uint8)
        header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *shape)
        made[name] = header + array.tobytes()
    monkeypatch.setattr(
        mnist, "_SHA256", {name: hashlib.sha256(made[name]).hexdigest() for name in NAMES}
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HAWX_DATA", str(tmp_path / "given"))

    def offline(url, **_):
        raise DownloadError(f"{url}: no network in tests")

    monkeypatch.setattr(mnist, "fetch", offline)
    return made


def put(folder, contents, suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        packed = gzip.compress(content) if suffix else content
        (folder / f"{name}{suffix}").write_bytes(packed)


@pytest.mark.parametrize(
    ("place", "suffix"),
    [
        ("given/mnist", ".gz"),
        ("given/mnist", ""),
        ("given/MNIST/raw", ".gz"),
        ("given/MNIST/raw", ""),
        ("cache/hawx_hw/mnist", ".gz"),
    ],
)
def test_each_place(contents, tmp_path, place, suffix):
    put(tmp_path / place, contents, suffix)
    dataset = datasets.load("mnist")
    assert (len(dataset.train), len(dataset.calibration), len(dataset.test)) == (600, 512, 20)
    assert dataset.train.images.tobytes() == contents["train-images-idx3-ubyte"][16:]
    assert dataset.test.labels.astype(np.uint8).tobytes() == contents["t10k-labels-idx1-ubyte"][8:]
    assert dataset.shape == (1, 28, 28)


def test_download_goes_to_the_cache(contents, tmp_path, monkeypatch):
    fetched = []

    def fetch(url, *, largest, progress):
        fetched.append(url)
        if url.startswith(mnist.SOURCES[0]):
            raise DownloadError("the first source is down")
        name = url.rpartition("/")[2].removesuffix(".gz")
        return gzip.compress(contents[name])

    monkeypatch.setattr(mnist, "fetch", fetch)
    first = datasets.load("mnist")
    assert len(fetched) == 8
    assert sorted(p.name for p in (tmp_path / "cache/hawx_hw/mnist").iterdir()) == sorted(
        f"{name}.gz" for name in NAMES
    )
    assert datasets.load("mnist").digest == first.digest
    assert len(fetched) == 8


@pytest.mark.parametrize("answer", [b"<html>", gzip.compress(b"other")], ids=["page", "other"])
def test_a_wrong_download_is_neither_used_nor_kept(contents, tmp_path, monkeypatch, answer):
    monkeypatch.setattr(mnist, "fetch", lambda url, **_: answer)
    with pytest.raises(UserError, match="cannot be downloaded"):
        datasets.load("mnist")
    assert not (tmp_path / "cache").exists()


def test_nowhere(contents, tmp_path):
    with pytest.raises(UserError) as caught:
        datasets.load("mnist")
    text = str(caught.value)
    assert text.startswith(
        "network.dataset: mnist: MNIST is missing: train-images-idx3-ubyte.gz is in no "
        f"data folder ({tmp_path / 'given'}, {tmp_path / 'cache' / 'hawx_hw'}), "
        "and cannot be downloaded"
    )
    assert "no network in tests" in text
    assert "'dataset: digits'" in text


def test_a_damaged_file_is_named(contents, tmp_path):
    put(tmp_path / "given/mnist", contents)
    path = tmp_path / "given/mnist/t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte\.gz: The file cannot be read"):
        datasets.load("mnist")


@pytest.mark.parametrize("offline", [False, True])
def test_a_damaged_file_in_the_cache_is_downloaded_again(contents, tmp_path, monkeypatch, offline):
    folder = tmp_path / "cache/hawx_hw/mnist"
    put(folder, contents)
    path = folder / "t10k-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])

    def fetch(url, *, largest, progress):
        if offline:
            raise DownloadError("no network")
        return whole

    monkeypatch.setattr(mnist, "fetch", fetch)
    if offline:
        with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte\.gz: The file cannot be read"):
            datasets.load("mnist")
    else:
        assert len(datasets.load("mnist").test) == 20
        assert path.read_bytes() == whole


def test_another_content_is_named(contents, tmp_path):
    altered = bytearray(contents["t10k-images-idx3-ubyte"])
    altered[100] ^= 1
    put(tmp_path / "given/mnist", contents | {"t10k-images-idx3-ubyte": bytes(altered)})
    with pytest.raises(UserError, match="not that of the official MNIST file"):
        datasets.load("mnist")


def test_an_unwritable_cache_costs_only_the_cache(contents, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(
        mnist,
        "fetch",
        lambda url, **_: gzip.compress(contents[url.rpartition("/")[2].removesuffix(".gz")]),
    )
    assert len(datasets.load("mnist").test) == 20


def test_the_sources_are_https():
    assert all(source.startswith("https://") and source.endswith("/") for source in mnist.SOURCES)
