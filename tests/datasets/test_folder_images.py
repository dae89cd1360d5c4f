"""Images of folders: in order, of one size, cached by their content."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.datasets import folder_images
from hawx_hw.datasets.folder_images import file_set, open_source
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.errors import UserError
from hawx_hw.util.files import sha256_of
from tests import material
from tests.datasets.images import encoded, folder, noise


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("HAWX_CACHE", str(folder))
    return folder / "images"


def images(
    path: Path, preparation: Preparation | None = None
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    return open_source(path).images(preparation or Preparation(), None)


def test_images_follow_their_labels(tmp_path: Path) -> None:
    pixels = {f"{part}/{label}/{n}.png": noise(5, 6, 3, seed=n) for n, (part, label) in enumerate(
        [("train", "b"), ("test", "a"), ("train", "a"), ("val", "b"), ("train", "b")])}  # fmt: skip
    source = open_source(folder(tmp_path / "data", pixels))
    parts, notes = source.images(Preparation(), None)
    assert notes == ()
    assert {part: labels.values.tolist() for part, labels in source.labels.items()} == {
        "train": ["a", "b", "b"],
        "test": ["a"],
        "val": ["b"],
    }
    for part, numbers in (("train", (2, 0, 4)), ("test", (1,)), ("val", (3,))):
        expected = np.stack([noise(5, 6, 3, seed=n).transpose(2, 0, 1) for n in numbers])
        np.testing.assert_array_equal(parts[part], expected)


def test_a_table_in_mixed_order(tmp_path: Path) -> None:
    table = "file,label,split\n2.png,0,train\n1.png,1,test\n0.png,1,train\n1.png,1,train\n"
    files = {f"{n}.png": noise(4, 4, seed=n) for n in range(3)}
    parts, _ = images(folder(tmp_path, {**files, "t.csv": table}) / "t.csv")
    for part, numbers in (("train", (2, 0, 1)), ("test", (1,))):
        expected = np.stack([noise(4, 4, seed=n)[np.newaxis] for n in numbers])
        np.testing.assert_array_equal(parts[part], expected)


def test_grey_and_color_together_are_rgb(tmp_path: Path) -> None:
    grey, color = noise(4, 4), noise(4, 4, 3)
    alpha = np.concatenate([color, noise(4, 4, 1)], axis=2)
    path = folder(tmp_path, {"c/1.png": grey, "c/2.png": color, "c/3.png": grey, "c/4.png": alpha})
    (path / "c" / "notes.txt").touch()
    parts, notes = images(path)
    expected = [np.repeat(grey[np.newaxis], 3, axis=0), color.transpose(2, 0, 1)] * 2
    np.testing.assert_array_equal(parts["train"], np.stack(expected))
    assert notes == (
        "1 of 4 images has transparency, which is dropped (c/4.png).",
        "2 of 4 images have no color and become RGB like the others (c/1.png).",
        "A file is no image and left out: c/notes.txt.",
    )
    # The same out of the cache.
    again, repeated = images(path)
    np.testing.assert_array_equal(again["train"], parts["train"])
    assert repeated == notes


def test_sizes_that_differ(tmp_path: Path) -> None:
    path = folder(tmp_path, {"c/1.png": noise(4, 6), "c/2.png": noise(6, 4)})
    with pytest.raises(UserError) as caught:
        images(path)
    assert str(caught.value) == (
        f"{path}/c/2.png: The image has 6 x 4 pixels, and c/1.png has 4 x 6. State "
        "network.preprocess.resize: [H, W] and fit: stretch, crop or pad, by which all come to one "
        "size."
    )
    parts, _ = images(path, Preparation("rgb", (3, 3), "pad"))
    assert parts["train"].shape == (2, 3, 3, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encoded(noise(9, 9))[:-30], "The image cannot be read: "),
        (encoded(noise(9, 9), "GIF"), "The image cannot be read: it is no PNG, JPEG or WebP"),
        (b"", "The image cannot be read: it is no PNG"),
    ],
)
def test_a_damaged_file_is_refused_by_name(
    tmp_path: Path, cache: Path, content: bytes, message: str
) -> None:
    path = folder(tmp_path, {"c/1.png": noise(9, 9), "c/2.png": content})
    with pytest.raises(UserError) as caught:
        images(path)
    assert str(caught.value).startswith(f"{path}/c/2.png: {message}")
    assert not [*cache.iterdir()]


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder(tmp_path, {"c/1.png": noise(4, 4), "c/2.png": noise(4, 4)})
    monkeypatch.setattr(folder_images, "BYTES_MAX", 31)
    with pytest.raises(UserError, match=r"2 images of shape \(1, 4, 4\) have 0.0 GiB, more than"):
        images(path)
    monkeypatch.setattr(folder_images, "FILE_BYTES_MAX", 9)
    with pytest.raises(UserError, match=r"1\.png: The file has [0-9]+ bytes, more than 9"):
        images(path)


def test_pipes_are_no_files(tmp_path: Path) -> None:
    path = folder(tmp_path, {"c/1.png": noise(4, 4)})
    os.mkfifo(path / "c" / "2.png")
    with pytest.raises(UserError, match=r"c/2\.png: The file cannot be read: It is a pipe"):
        images(path)


def test_the_cache_follows_contents_names_and_preparation(tmp_path: Path, cache: Path) -> None:
    path = folder(tmp_path / "data", {"c/1.png": noise(4, 4), "c/2.png": noise(4, 4, seed=1)})
    first = images(path)[0]["train"]
    assert len(list(cache.iterdir())) == 1
    np.testing.assert_array_equal(images(path)[0]["train"], first)
    assert len(list(cache.iterdir())) == 1
    images(path, Preparation(resize=(2, 2)))
    assert len(list(cache.iterdir())) == 2
    folder(path, {"c/2.png": noise(4, 4, seed=2)})
    assert (images(path)[0]["train"][1] == noise(4, 4, seed=2)).all()
    (path / "c" / "2.png").rename(path / "c" / "0.png")
    assert (images(path)[0]["train"][0] == noise(4, 4, seed=2)).all()


def test_a_damaged_cache_is_not_believed(tmp_path: Path, cache: Path) -> None:
    path = folder(tmp_path / "data", {"c/1.png": noise(4, 4)})
    first = images(path)[0]["train"]
    [file] = cache.iterdir()
    content = bytearray(file.read_bytes())
    content[-40] ^= 1
    file.write_bytes(content)
    np.testing.assert_array_equal(images(path)[0]["train"], first)


def test_progress_counts_images(tmp_path: Path) -> None:
    path = folder(tmp_path, {f"c/{n}.png": noise(2, 2) for n in range(70)})
    seen: list[tuple[int, int | None]] = []
    open_source(path).images(Preparation(), lambda done, total: seen.append((done, total)))
    assert seen == [(n + 1, 70) for n in range(70)]


def test_parts_without_training(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are images for test and val, and none for training"):
        open_source(folder(tmp_path, {"test/c/1.png": "", "val/c/1.png": ""}))


def test_files_that_decide(tmp_path: Path) -> None:
    path = folder(tmp_path / "d", {"b.png": "1", "a.png": "2", "classes.txt": "a\nb\n", "x": ""})
    files = file_set(path)
    assert (files.names, files.mentioned) == (("a.png", "b.png", "classes.txt"), ("x",))
    before = sha256_of(files)
    folder(path, {".hidden": "another", "x": "another"})
    assert sha256_of(file_set(path)) == before
    (path / "x").rename(path / "y")
    assert sha256_of(file_set(path)) != before
    before = sha256_of(file_set(path))
    folder(path, {"classes.txt": "b\na\n"})
    assert sha256_of(file_set(path)) != before


def test_the_sample_of_imagenet() -> None:
    source = open_source(material.material("data/imagenet_sample"))
    assert source.labels["train"].values[:3].tolist() == ["000", "001", "002"]
    assert source.listed is not None
    assert len(source.listed.names) == len(source.labels["train"].values) == 1000


@pytest.mark.slow
def test_the_whole_sample_of_imagenet() -> None:
    parts, notes = images(material.material("data/imagenet_sample"))
    assert (parts["train"].shape, notes) == ((1000, 3, 224, 224), ())
