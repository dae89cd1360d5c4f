"""The cache of decoded images: equal contents, a limited size, and never needed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.datasets import array_cache
from hawx_hw.datasets.array_cache import read_array, write_array
from tests.datasets.images import noise


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path))
    return tmp_path / "images"


def test_what_was_written(folder: Path) -> None:
    assert read_array("a") is None
    array = noise(3, 1, 4, 5)
    write_array("a", array, ("a note\nof two lines", "ü"))
    cached = read_array("a")
    assert cached is not None and cached.notes == ("a note\nof two lines", "ü")
    np.testing.assert_array_equal(cached.array, array)
    cached.array[0] = 0  # torch takes no other array
    assert read_array("b") is None


def test_the_oldest_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_cache, "LIMIT", 4000)
    for age, key in enumerate("abc"):
        write_array(key, noise(1, 1, 30, 30), ())
        os.utime(folder / key, ns=(age, age))
    assert read_array("a") is not None  # is the youngest now
    write_array("d", noise(1, 1, 30, 40), ())
    assert sorted(path.name for path in folder.iterdir()) == ["a", "c", "d"]


def test_what_is_too_large_is_not_cached(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_cache, "LARGEST", 99)
    write_array("a", noise(1, 1, 10, 10), ())
    assert read_array("a") is None


def test_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "file"))
    write_array("a", noise(1, 1, 2, 2), ())
    assert read_array("a") is None
